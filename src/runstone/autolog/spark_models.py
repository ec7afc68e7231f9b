"""The model that Spark ML fitted: whether it is kept, what it takes and gives, an example of that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pyspark.ml import Model, PipelineModel
from pyspark.ml.functions import vector_to_array

from runstone.errors import InvalidValue
from runstone.models import infer_signature
from runstone.models.flavors import spark as flavor

from . import core, spark_stages

if TYPE_CHECKING:
    from .spark import SparkOptions

#: Rows of the training data that a model's example has.
EXAMPLE_ROWS = 5
#: Params that name columns which only ``fit`` reads, or which are made.
_NOT_READ = {
    "labelCol", "weightCol", "censorCol", "foldCol", "validationIndicatorCol", "predictionCol", "probabilityCol",
    "rawPredictionCol", "outputCol", "outputCols", "leafCol", "quantilesCol", "topicDistributionCol",
}  # fmt: skip


def keep(options: SparkOptions, model: Any, data: Any) -> str | None:
    """Log the model that a fit gave, and of a search its best; the first's id as a logged model."""
    if not hasattr(model, "write") or not _allowed(model, options.log_model_allowlist):
        return None
    signature, example = _described(options, model, data)
    found = flavor.log_model(
        model, name="model", registered_model_name=options.registered_model_name,
        signature=False if signature is None else signature, input_example=example,
    )  # fmt: skip
    if hasattr(model, "bestModel"):
        flavor.log_model(model.bestModel, name="best_model")
    model_id: str | None = found.model_id
    return model_id


def _allowed(model: Any, names: Sequence[str] | None) -> bool:
    """Whether a list of classes, ``some.module.*`` among them, has the model's and those of all fitted models within."""
    if not names:
        return True

    def listed(kind: type) -> bool:
        full = f"{kind.__module__}.{kind.__name__}"
        return any(full.startswith(name[:-1]) if name.endswith("*") else full == name for name in map(str.strip, names))

    return all(listed(type(one)) for one in _within(model) if isinstance(one, Model))


def _within(model: Any) -> Iterator[Any]:
    """The model and what it is made of."""
    yield model
    best = getattr(model, "bestModel", None)
    inside = [] if best is None else [best]
    inside += model.stages if isinstance(model, PipelineModel) else list(getattr(model, "models", None) or [])[:1]
    for one in inside:
        yield from _within(one)


def _described(options: SparkOptions, model: Any, data: Any) -> tuple[Any, Any]:
    """Signature and input example, each ``None`` where it is not wanted or cannot be had."""
    if not options.log_model_signatures and not options.log_input_examples:
        return None, None
    signature = example = None
    try:
        output = flavor.output_of(model, data)
        taken = data.select(needed(model, data, output))
        if options.log_model_signatures:
            gives = model.transform(taken.limit(1)).select(output)
            signature = infer_signature(taken, gives)
            assert signature.outputs is not None
            signature.outputs.inputs[0].name = None
        if options.log_input_examples:
            vectors = [one.name for one in taken.schema.fields if type(one.dataType).__name__ == "VectorUDT"]
            plain = taken.limit(EXAMPLE_ROWS).withColumns({name: vector_to_array(name) for name in vectors})
            example = plain.toPandas()
    except Exception as problem:
        core.warn(options, "signature", f"autolog: the model's signature or example could not be had: {problem}")
    return signature, example


def needed(model: Any, data: Any, output: str) -> list[str]:
    """The columns of a frame that a model predicts from, in the frame's order.

    Those that its stages name as read; of those that a stage names alone, each is left out once, since a stage may do without
    (an indexer of labels does). Where that is not enough, every other column is left out once. Spark plans, and runs nothing.

    Args:
        output: the column that the model's predictions are in.

    Raises:
        InvalidValue: the model cannot predict from this frame at all.
    """
    few = data.limit(1)

    def fails(frame: Any) -> bool:
        try:
            model.transform(frame).select(output)
        except Exception:
            return True
        return False

    named, alone = set(), set()
    for stage in _within(model):
        for param, value in spark_stages.values(stage).items():
            columns = [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else []
            if param not in _NOT_READ:
                found = {one for one in columns if isinstance(one, str) and one in data.columns}
                named |= found
                alone |= found if isinstance(value, str) else set()
    kept = [name for name in data.columns if name in named and (name not in alone or fails(few.drop(name)))]
    if kept and not fails(few.select(kept)):
        return kept
    if fails(few):
        raise InvalidValue(f"{type(model).__name__} cannot predict from the data that it was fitted to.")
    return [name for name in data.columns if fails(few.drop(name))]
