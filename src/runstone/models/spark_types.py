"""What a model gives, as columns of Spark's: which type they have, and the values in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from runstone._lazy import need
from runstone.client.notices import warn_once
from runstone.errors import InvalidValue

from .datatypes import AnyDataType, Array, DataType, Map, Object
from .frames import is_frame, is_gap, is_series, pandas
from .schema import ColSpec, Schema, TensorSpec

#: Spark's plain types by the names of their classes: NumPy's type of such a column, and the kinds of NumPy's that become it.
_PLAIN = {
    "BooleanType": ("bool", "b"),
    "IntegerType": ("int32", "iu"),
    "LongType": ("int64", "iu"),
    "FloatType": ("float32", "iuf"),
    "DoubleType": ("float64", "iuf"),
}
_PYTHON: dict[str, tuple[type, ...]] = {"b": (bool,), "iu": (int,), "iuf": (int, float)}
#: Types that a signature can name besides.
_OTHER = ("StringType", "TimestampType", "BinaryType")
_NAMED = {
    DataType.boolean: "BooleanType",
    DataType.integer: "IntegerType",
    DataType.long: "LongType",
    DataType.float: "FloatType",
    DataType.double: "DoubleType",
    DataType.string: "StringType",
    DataType.binary: "BinaryType",
    DataType.datetime: "TimestampType",
}
WORKS = (
    "int, long, float, double, string and boolean work, arrays of them (array<double>), maps (map<string, double>) and, for "
    "several outputs, structs of these (label string, scores array<double>)."
)


def result_type_of(given: Any, outputs: Schema | None) -> Any:
    """The type of a model's predictions in Spark.

    Args:
        given: a type of Spark's or its DDL text; None takes that of the signature's outputs, ``double`` where there are none.
        outputs: of the model's signature.

    Raises:
        InvalidValue: no type, or one that predictions cannot have.
    """
    types = need("pyspark.sql.types", "spark_udf")
    if given is None and outputs is None:
        warn_once(
            "spark_udf result_type", "the model's signature has no outputs, so spark_udf gives doubles; result_type= says else."
        )
        return types.DoubleType()
    if given is None:
        assert outputs is not None
        found = [_of_output(one, types) for one in outputs]
        names = [str(name) for name in outputs.input_names()]
        fields = [types.StructField(name, kind) for name, kind in zip(names, found, strict=True)]
        return found[0] if len(found) == 1 else types.StructType(fields)
    kind = _read(given) if isinstance(given, str) else given
    if not isinstance(kind, types.DataType) or not _possible(kind):
        raise InvalidValue(f"result_type={given!r} is no type that spark_udf can give: {WORKS}")
    return kind


def _read(text: str) -> Any:
    functions = need("pyspark.sql.functions", "spark_udf")
    try:
        return functions.udf(lambda: None, "boolean" if text.strip() == "bool" else text).returnType
    except Exception as cause:  # the parser's own errors have a class for each session, and a page of text
        raise InvalidValue(f"result_type={text!r} is no type of Spark's: {WORKS}") from cause


def _possible(kind: Any) -> bool:
    name = type(kind).__name__
    if name == "ArrayType":
        return _possible(kind.elementType)
    if name == "MapType":
        return type(kind.keyType).__name__ == "StringType" and _possible(kind.valueType)
    if name == "StructType":
        return bool(kind.fields) and all(_possible(field.dataType) for field in kind.fields)
    return name in _PLAIN or name in _OTHER


def _of_output(spec: ColSpec | TensorSpec, types: Any) -> Any:
    """A column's type; a row of a tensor is an array, and one of a tensor of one dimension an array of one, as in MLflow."""
    if isinstance(spec, ColSpec):
        return _of_type(spec.type, types)
    plain = [kind for kind in DataType if kind.to_numpy() == spec.type]
    if not plain:
        raise InvalidValue(f"The model gives a tensor of {spec.type}, which Spark has no type for; say result_type=. {WORKS}")
    found = _of_type(plain[0], types)
    for _ in spec.shape[1:] or (1,):
        found = types.ArrayType(found)
    return found


def _of_type(kind: AnyDataType, types: Any) -> Any:
    if isinstance(kind, DataType):
        return getattr(types, _NAMED[kind])()
    if isinstance(kind, Array):
        return types.ArrayType(_of_type(kind.dtype, types))
    if isinstance(kind, Map):
        return types.MapType(types.StringType(), _of_type(kind.value_type, types))
    if isinstance(kind, Object):
        return types.StructType([types.StructField(one.name, _of_type(one.dtype, types)) for one in kind.properties])
    raise InvalidValue(
        f"The model's signature says {kind!r} of its output, which is no type of Spark's; say result_type=. {WORKS}"
    )


# --- values ------------------------------------------------------------------------------------------------------------


def as_column(result: Any, kind: Any, rows: int) -> Any:
    """Predictions as Spark takes them from a worker: a Series, or a frame for a struct.

    Of several columns a plain type has the first that fits it, an array all of them, as in MLflow.

    Args:
        result: what ``predict`` gave: frame, Series, array, list or dict of columns.
        kind: Spark's type.
        rows: how many were asked for.

    Raises:
        InvalidValue: nothing in it has that type, or it is of another length.
    """
    name = type(kind).__name__
    if name == "StructType":
        found = _struct(_frame(result), kind)
    elif name == "MapType" or (name == "ArrayType" and _holds_lists(result)):
        values = result.iloc[:, 0] if is_frame(result) else result
        found = pandas().Series([_value(one, kind) for one in values], dtype=object)
    else:
        frame, item = _frame(result), kind.elementType if name == "ArrayType" else kind
        every = [_column(frame.iloc[:, place], item) for place in range(frame.shape[1])]
        fitting = [column for column in every if column is not None]
        if not fitting:
            raise InvalidValue(
                f"The model gives nothing that is {item.simpleString()}: its columns are {_told(frame)}. Say another "
                "result_type=; string and array<string> take everything."
            )
        table = pandas().concat(fitting, axis=1).to_numpy().tolist() if name == "ArrayType" else None
        found = fitting[0] if table is None else pandas().Series(table, dtype=object)
    if len(found) != rows:
        raise InvalidValue(f"The model gave {len(found)} predictions for {rows} rows; spark_udf needs one for each.")
    return found


def _frame(result: Any) -> Any:
    frame = pandas().DataFrame
    if is_frame(result):
        return result
    if is_series(result):
        return result.to_frame()
    if isinstance(result, Mapping):
        return frame({name: list(values) for name, values in result.items()})
    if isinstance(result, list) and result and hasattr(result[0], "model_dump"):
        return frame([one.model_dump() for one in result])
    return frame([result] if np.isscalar(result) else result)


def _struct(frame: Any, kind: Any) -> Any:
    places = {str(name): place for place, name in enumerate(frame.columns)}
    if missing := [field.name for field in kind.fields if field.name not in places]:
        raise InvalidValue(
            f"The model gives no {missing}, which result_type={kind.simpleString()} names; it gives {_told(frame)}."
        )
    found = {field.name: _column(frame.iloc[:, places[field.name]], field.dataType) for field in kind.fields}
    for field in kind.fields:
        if found[field.name] is None:
            raise InvalidValue(
                f"Column {field.name!r} of the predictions is no {field.dataType.simpleString()}; the model gives "
                f"{_told(frame)}."
            )
    return pandas().DataFrame(found)


def _column(values: Any, kind: Any) -> Any:
    """One column in Spark's type; None if it is of another."""
    name = type(kind).__name__
    if name in _PLAIN:
        target, kinds = np.dtype(_PLAIN[name][0]), _PLAIN[name][1]
        values = values.infer_objects()
        plain = getattr(values.dtype, "numpy_dtype", values.dtype)  # the NumPy type within a nullable one
        if isinstance(plain, np.dtype) and plain.kind != "O":
            if plain.kind not in kinds or (kinds == "iu" and plain != target and plain.itemsize >= target.itemsize):
                return None
            if plain is values.dtype or not values.isna().any():
                return values.astype(target)
    try:
        return pandas().Series([_value(one, kind) for one in values], dtype=object, index=values.index)
    except InvalidValue:
        return None


def _value(value: Any, kind: Any) -> Any:
    """One value in Spark's type. Raises InvalidValue."""
    name = type(kind).__name__
    if is_gap(value):
        return value if isinstance(value, float) and name in ("FloatType", "DoubleType") else None
    value = value.model_dump() if hasattr(value, "model_dump") else value
    plain: Any = value.item() if isinstance(value, np.generic) else value
    if name == "StringType":
        return str(value)
    if name in _OTHER:
        return value
    if name == "ArrayType" and isinstance(value, list | tuple | np.ndarray):
        return [_value(one, kind.elementType) for one in value]
    if name == "MapType" and isinstance(value, Mapping):
        return {str(key): _value(one, kind.valueType) for key, one in value.items()}
    if name == "StructType" and isinstance(value, Mapping):
        return {field.name: _value(value.get(field.name), field.dataType) for field in kind.fields}
    kinds = _PLAIN[name][1] if name in _PLAIN else ""
    if isinstance(plain, bool) == (kinds == "b") and isinstance(plain, _PYTHON.get(kinds, ())):
        return plain
    raise InvalidValue(f"The model gives {str(value)[:100]!r} ({type(value).__name__}), which is no {kind.simpleString()}.")


def _holds_lists(result: Any) -> bool:
    """Whether each row is a list already; the rows of a plain table are put together faster."""
    if is_frame(result):
        return result.shape[1] == 1 and _holds_lists(result.iloc[:, 0])
    if isinstance(result, np.ndarray) and result.dtype.kind != "O":
        return result.ndim > 2
    if not is_series(result) and not isinstance(result, list | np.ndarray):
        return False
    return any(isinstance(one, list | tuple | np.ndarray) for one in result)


def _told(frame: Any) -> str:
    return ", ".join(f"{name!r} ({kind})" for name, kind in list(frame.dtypes.items())[:20])
