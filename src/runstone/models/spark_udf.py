"""A model as a function of Spark's columns. Each Python worker loads it once and predicts batch after batch."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
import typing
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import runstone
from runstone._lazy import need
from runstone.client.notices import warn_once
from runstone.errors import InvalidValue, NotSupported
from runstone.settings import ALLOW_PICKLE, TRACKING_URI

from .environment import warn_of_differences
from .frames import is_frame, pandas
from .locate import local_folder
from .manifest import Model
from .params import ParamSchema, known_params
from .policy import ALLOW, DENY, TRUSTED, loading_from, policy
from .pyfunc import PyFuncModel, load_folder, settings_of
from .python_function import read_config
from .risks import allow_code
from .schema import Schema, TensorSpec
from .signature import ModelSignature
from .spark_types import as_column, result_type_of

#: So many models a Python worker keeps; it outlives queries, and each call of :func:`spark_udf` is another model to it.
KEPT = 4
_loaded: dict[str, Any] = {}


class Sent(NamedTuple):
    """What the workers are told of a model."""

    token: str
    place: str  #: the folder, or the name of the archive that Spark unpacked
    unpacked: bool
    uri: str
    config: dict[str, Any]
    variables: dict[str, str]
    policy: str


def load_here(folder: Path, sent: Sent) -> PyFuncModel:
    """The model in the worker itself."""
    return load_folder(folder, sent.uri, suppress_warnings=True, model_config=sent.config or None)


def over_columns(
    spark: Any,
    model_uri: str | os.PathLike[str],
    result_type: Any,
    params: Mapping[str, Any] | None,
    extra_env: Mapping[str, str] | None,
    model_config: Mapping[str, Any] | str | os.PathLike[str] | None,
    load: Callable[[Path, Sent], Any] = load_here,
) -> Callable[..., Any]:
    """:func:`runstone.pyfunc.spark_udf`, whose arguments these are.

    Args:
        load: called once in each worker with the model's folder; gives what has its ``predict(data, params)``.
    """
    functions = need("pyspark.sql.functions", "spark_udf")
    _possible(spark)
    folder = local_folder(model_uri).resolve()
    meta = Model.load(folder)
    settings_of(meta, model_uri)
    if load is load_here:
        warn_of_differences(folder)
    with loading_from(model_uri):
        allow_code(folder)
    inputs, outputs, accepted = _parts(meta.signature)
    kind, known = result_type_of(result_type, outputs), known_params(accepted, params)
    variables = {TRACKING_URI.name: str(runstone.get_tracking_uri()), **(extra_env or {})}
    place, unpacked = _sent(spark, folder)
    sent = Sent(
        uuid.uuid4().hex, place, unpacked, os.fspath(model_uri), read_config(model_config), variables, policy()
    )  # fmt: skip

    def predict(batches: Any) -> Any:
        with _variables(sent):
            model = _model(sent, load)
            for batch in batches:
                columns = batch if isinstance(batch, tuple) else (batch,)
                if len(columns[0]):
                    yield as_column(model.predict(_data(columns, inputs), known), kind, len(columns[0]))

    predict.__annotations__ = _hints(kind)
    udf = functions.pandas_udf(predict, kind)

    @functools.wraps(udf)
    def call(*columns: Any) -> Any:
        if len(columns) > 1:
            _named(len(columns), inputs)
        return udf(*(columns or _own_columns(inputs)))

    call.metadata = meta  # type: ignore[attr-defined]
    return call


def _parts(signature: ModelSignature | None) -> tuple[Schema | None, Schema | None, ParamSchema | None]:
    return (None, None, None) if signature is None else (signature.inputs, signature.outputs, signature.params)


def _hints(kind: Any) -> dict[str, Any]:
    """From which Spark reads that a function takes and gives batches."""
    several: Any = typing.Union[pandas().Series, pandas().DataFrame]  # noqa: UP007
    given: Any = pandas().DataFrame if kind.typeName() == "struct" else pandas().Series
    return {"batches": typing.Iterator[typing.Tuple[several, ...]], "return": typing.Iterator[given]}  # noqa: UP006


def _possible(spark: Any) -> None:
    need("pyarrow", "spark_udf")
    if type(spark).__module__.startswith("pyspark.sql.connect"):
        raise NotSupported("spark_udf cannot send a model over Spark Connect; a session with a sparkContext works.")
    if not hasattr(spark, "sparkContext"):
        raise InvalidValue(f"spark is a SparkSession; it got {type(spark).__name__}.")


def _sent(spark: Any, folder: Path) -> tuple[str, bool]:
    """Where workers find the model, and whether Spark unpacks it there: not where they are processes of this machine."""
    context = spark.sparkContext
    if context.master.split("[")[0] == "local":
        return str(folder), False
    name = f"runstone-model-{uuid.uuid4().hex}"
    drafts = tempfile.mkdtemp(prefix="runstone-spark-")
    atexit.register(shutil.rmtree, drafts, ignore_errors=True)  # executors that join later ask for it too
    context.addArchive(shutil.make_archive(os.path.join(drafts, name), "zip", folder))
    return f"{name}.zip", True


# --- columns -----------------------------------------------------------------------------------------------------------


def _own_columns(inputs: Schema | None) -> list[str]:
    """The columns that the signature names, as Spark reads names."""
    if inputs is None or not inputs.has_input_names():
        raise InvalidValue(
            "The model's signature names no columns, so spark_udf's function must be called with those to predict from."
        )
    if optional := inputs.optional_input_names():
        raise InvalidValue(
            f"The model's signature has optional columns, {optional}, which the data may lack: call spark_udf's function with "
            "the columns that there are, as one struct."
        )
    return ["`" + str(name).replace("`", "``") + "`" for name in inputs.input_names()]


def _named(count: int, inputs: Schema | None) -> list[Any]:
    """Names of so many columns. Raises InvalidValue when some are missing."""
    if inputs is None or (inputs.is_tensor_spec() and not inputs.has_input_names()):
        return [str(position) for position in range(count)]
    names = inputs.input_names()
    if missing := [name for name in inputs.required_input_names() if name in names[count:]]:
        raise InvalidValue(
            f"The model takes the {len(names)} columns {names} and got {count}: {missing} are missing. Columns are taken in "
            "the signature's order; one struct of columns is taken by name."
        )
    if count > len(names):
        warn_once(
            f"spark_udf {count}",
            f"the model takes {len(names)} columns, {names}; the last {count - len(names)} of {count} are ignored.",
        )
    return names[:count]


def _data(columns: tuple[Any, ...], inputs: Schema | None) -> Any:
    """A batch as ``predict`` takes it."""
    frame = columns[0]
    if len(columns) > 1 or not is_frame(frame):
        names = _named(len(columns), inputs)
        values = [one.to_dict("records") if is_frame(one) else one for one in columns]
        frame = pandas().DataFrame(dict(zip(names, values, strict=False)))
    if inputs is None or not inputs.is_tensor_spec():
        return frame
    tensors = {name: one for name, one in zip(inputs.input_names(), inputs, strict=True) if isinstance(one, TensorSpec)}
    if inputs.has_input_names():
        return {name: _tensor(frame[[name]], one) for name, one in tensors.items() if name in frame.columns}
    return _tensor(frame, tensors[0])


def _tensor(frame: Any, wanted: TensorSpec) -> Any:
    values = np.array(frame.iloc[:, 0].tolist()) if frame.shape[1] == 1 else frame.to_numpy()
    try:
        values = values.astype(wanted.type)
        return values.reshape(wanted.shape) if wanted.shape.count(-1) < 2 else values
    except ValueError as cause:
        raise InvalidValue(
            f"Columns {list(frame.columns)} do not make a tensor of {wanted.type} and shape {wanted.shape}: {cause}"
        ) from cause


# --- in a worker -------------------------------------------------------------------------------------------------------


def _model(sent: Sent, load: Callable[[Path, Sent], Any]) -> Any:
    if sent.token not in _loaded:
        while len(_loaded) >= KEPT:
            del _loaded[next(iter(_loaded))]
        place = need("pyspark", "spark_udf").SparkFiles.get(sent.place) if sent.unpacked else sent.place
        _loaded[sent.token] = load(Path(place), sent)
    return _loaded[sent.token]


@contextmanager
def _variables(sent: Sent) -> Iterator[None]:
    """The environment that the model was promised, with the stricter of both machines' policies for pickles."""
    before = dict(os.environ)
    os.environ.update(sent.variables)
    os.environ[ALLOW_PICKLE.name] = max(policy(), sent.policy, key=(ALLOW, TRUSTED, DENY).index)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
