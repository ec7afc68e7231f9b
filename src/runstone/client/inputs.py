"""Which datasets and models a run used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runstone.entities import Dataset, DatasetInput, InputTag, LoggedModelInput
from runstone.errors import InvalidValue
from runstone.records import Inputs

from .checks import check_run_id, many, shown, texts
from .guard import guarded
from .runs import writable
from .session import Session

#: The tag that says what a dataset was used for.
CONTEXT = "mlflow.data.context"
#: What a list of models that a run uses looks like, for errors.
MODELS = "[LoggedModelInput(model.model_id)]"


@guarded
def log_input(
    dataset: Any = None, context: str | None = None, tags: dict[str, str] | None = None, model: LoggedModelInput | None = None
) -> None:
    """Say that the active run uses a dataset, or a logged model.

    Args:
        dataset: such as :func:`runstone.data.from_pandas` makes; any object with MLflow's ``to_dict``.
        context: what for, such as ``training``.
        tags: further tags of this use.
        model: a logged model.

    Raises: InvalidValue for anything that is no dataset.
    """
    log_inputs([dataset] if dataset is not None else None, [context], [tags], [model] if model is not None else None)


@guarded
def log_inputs(
    datasets: list[Any] | None = None,
    contexts: list[str | None] | None = None,
    tags_list: list[dict[str, str] | None] | None = None,
    models: list[LoggedModelInput | None] | None = None,
) -> None:
    """Several datasets at once; ``contexts`` and ``tags_list``, where given, have one entry for each."""
    given = many(datasets, "datasets", "[runstone.data.from_pandas(frame)]")
    used_models = many(models, "models", MODELS)
    words = _as_many(contexts, given, "contexts")
    tags = _as_many(tags_list, given, "tags_list")
    used = [dataset_input(one, word, more) for one, word, more in zip(given, words, tags, strict=True) if one is not None]
    log, _ = writable(None, "log_inputs")
    log.append(Inputs(log.run_id, used, [model for model in used_models if model is not None]))


def _as_many(given: Sequence[Any] | None, datasets: Sequence[Any], name: str) -> Sequence[Any]:
    if given is None or not datasets:
        return [None] * len(datasets)
    if len(given) != len(datasets):
        raise InvalidValue(
            f"{name} has {len(given)} entries for {len(datasets)} datasets; give one for each, None where there is none."
        )
    return given


def dataset_input(dataset: Any, context: str | None = None, tags: dict[str, str] | None = None) -> DatasetInput:
    """A dataset's use, as it is recorded."""
    all_tags = texts(tags or {}, "tag")
    if context is not None:
        all_tags = {CONTEXT: str(context), **all_tags}
    return DatasetInput(entity(dataset), [InputTag(key, value) for key, value in all_tags.items()])


def entity(dataset: Any) -> Dataset:
    """What is recorded of a dataset. Raises InvalidValue."""
    if isinstance(dataset, Dataset):
        return dataset
    told = dataset.to_dict() if callable(getattr(dataset, "to_dict", None)) else None
    if not isinstance(told, dict) or not {"name", "digest", "source", "source_type"} <= told.keys():
        raise InvalidValue(f"{shown(dataset)} is no dataset; runstone.data.from_pandas, from_numpy and the like make one.")
    return Dataset(
        str(told["name"]),
        str(told["digest"]),
        str(told["source_type"]),
        str(told["source"]),
        _text(told.get("schema")),
        _text(told.get("profile")),
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


class InputCalls:
    """The input methods of ``MlflowClient``."""

    @property
    def _session(self) -> Session:
        raise NotImplementedError("a client knows its session")

    @guarded
    def log_inputs(
        self, run_id: str, datasets: Sequence[DatasetInput] | None = None, models: Sequence[LoggedModelInput] | None = None
    ) -> None:
        """Say that a run uses these. Raises NotFound."""
        given = many(datasets, "datasets", "[DatasetInput(dataset._to_mlflow_entity())]")
        used_models = many(models, "models", MODELS)
        for one in given:
            if not isinstance(one, DatasetInput):
                raise InvalidValue(
                    f"{shown(one)} is no DatasetInput; wrap the dataset: DatasetInput(dataset._to_mlflow_entity())."
                )
        log = self._session.log(check_run_id(run_id))
        log.append(Inputs(log.run_id, given, used_models))
