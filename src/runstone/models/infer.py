"""Signatures from data: which MLflow type describes these values?

What the real mlflow says about some ninety kinds of data is kept beside the tests; where we differ on purpose the test
names it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from runstone.errors import InvalidValue

from .datatypes import AnyDataType, AnyType, Array, DataType, Map, Object, Property
from .frames import is_frame, is_gap, is_series, is_spark_frame, is_sparse
from .infer_spark import schema_of
from .schema import ColSpec, Schema, TensorSpec, clean_dtype

_SCALARS: dict[type, DataType] = {
    bool: DataType.boolean,
    int: DataType.long,
    float: DataType.double,
    str: DataType.string,
    bytes: DataType.binary,
    bytearray: DataType.binary,
}


def infer_schema(data: Any) -> Schema:
    """The schema of a frame (also Spark's), a series, an array, a sparse matrix, a dict, a list or one value.

    Raises:
        InvalidValue: the data has no describable type; the message names the place.
    """
    if is_frame(data):
        return Schema([_column(data[name], name) for name in data.columns])
    if is_series(data):
        return Schema([_column(data, data.name)])
    if isinstance(data, np.ndarray):
        return Schema([_tensor(data)])
    if is_spark_frame(data):
        return schema_of(data)
    if is_sparse(data):
        return Schema([TensorSpec(clean_dtype(data.data.dtype), (-1, *data.shape[1:]))])
    if isinstance(data, Mapping):
        return _of_dict(data)
    if isinstance(data, list) and data and all(isinstance(item, Mapping) for item in data):
        return _of_records(data)
    if isinstance(data, list):
        found = _merge(map(infer_type, data), "the list")
        return Schema([ColSpec(found or AnyType(), required=not any(map(is_gap, data)))])
    return Schema([ColSpec(infer_type(data) or AnyType())])


def infer_type(value: Any) -> AnyDataType | None:
    """The type of one value; None for a gap. Raises InvalidValue."""
    if is_gap(value):
        return None
    if isinstance(value, np.ndarray):
        return Array(_of_dtype(value.dtype)) if value.ndim == 1 and value.dtype.kind != "O" else infer_type(value.tolist())
    if isinstance(value, np.generic):
        return _of_dtype(value.dtype)
    if isinstance(value, (datetime.date, datetime.datetime)):
        return DataType.datetime
    if isinstance(value, Mapping):
        return Object(_properties([value]))
    if isinstance(value, (list, tuple)):
        return Array(_merge(map(infer_type, value), "the list") or AnyType())
    for kind, named in _SCALARS.items():
        if isinstance(value, kind):
            return named
    raise InvalidValue(f"A value of type {type(value).__name__} has no type in a signature: {str(value)[:100]!r}.")


def _tensor(array: np.ndarray[Any, Any], name: str | None = None) -> TensorSpec:
    if array.ndim == 0:
        raise InvalidValue("An array without axes has no signature: the first axis counts the rows. Use array.reshape(1).")
    return TensorSpec(clean_dtype(array.dtype), (-1, *array.shape[1:]), name)


def _of_dict(data: Mapping[Any, Any]) -> Schema:
    if not data or not all(isinstance(name, str) for name in data):
        raise InvalidValue(f"A dict needs text keys, at least one, to have a signature; it has {list(data)[:10]}.")
    if all(isinstance(value, np.ndarray) for value in data.values()):
        return Schema([_tensor(value, name) for name, value in data.items()])
    return Schema([ColSpec(item.dtype, item.name, item.required) for item in _properties([data])])


def _of_records(rows: Sequence[Mapping[Any, Any]]) -> Schema:
    return Schema([ColSpec(item.dtype, item.name, item.required) for item in _properties(rows)])


def _properties(rows: Sequence[Mapping[Any, Any]]) -> list[Property]:
    """One property for each key of any row; optional when a row lacks it or has a gap there."""
    names = dict.fromkeys(name for row in rows for name in row)
    found = []
    for name in names:
        values = [row.get(name) for row in rows]
        kind = _merge(map(infer_type, values), f"key {name!r}")
        found.append(Property(str(name), kind or AnyType(), required=not any(map(is_gap, values))))
    return found


def _merge(types: Iterable[AnyDataType | None], place: str) -> AnyDataType | None:
    """The one type that all have; objects unite their keys. Raises InvalidValue when they disagree."""
    merged: AnyDataType | None = None
    for item in types:
        if item is None or item == merged:
            continue
        merged = item if merged is None else _both(merged, item, place)
    return merged


def _both(one: AnyDataType, other: AnyDataType, place: str) -> AnyDataType:
    if isinstance(one, Object) and isinstance(other, Object):
        first, second = ({item.name: item for item in side.properties} for side in (one, other))
        united = []
        for name in dict.fromkeys([*first, *second]):
            kind = _merge((side[name].dtype for side in (first, second) if name in side), f"key {name!r}")
            required = all(name in side and side[name].required for side in (first, second))
            united.append(Property(name, kind or AnyType(), required))
        return Object(united)
    if isinstance(one, Array) and isinstance(other, Array):
        return Array(_merge((one.dtype, other.dtype), place) or AnyType())
    if isinstance(one, Map) and isinstance(other, Map):
        return Map(_merge((one.value_type, other.value_type), place) or AnyType())
    if isinstance(one, AnyType) or isinstance(other, AnyType):
        return other if isinstance(one, AnyType) else one
    raise InvalidValue(f"The values of {place} have different types, {one!r} and {other!r}; a signature needs one.")


def _column(series: Any, name: Any) -> ColSpec:
    """A frame's column: by dtype where it tells, else by its values."""
    dtype = series.dtype
    gaps = bool(series.isna().any())
    if not isinstance(dtype, np.dtype):
        kind = _of_extension(series)
    elif dtype.kind == "O":
        kind = _of_objects(series)
    else:
        kind = _of_dtype(dtype)
    return ColSpec(kind, name, required=not gaps)


def _of_extension(series: Any) -> AnyDataType:
    """pandas' own dtypes: nullable numbers by the NumPy type within, categories by their values."""
    inner = getattr(series.dtype, "numpy_dtype", None)
    if isinstance(inner, np.dtype) and inner.kind in "biuf":
        return _of_dtype(inner)
    if str(series.dtype).startswith("datetime64"):
        return DataType.datetime
    return _of_objects(series.astype(object))


def _of_objects(series: Any) -> AnyDataType:
    values = series.tolist()
    kind = _merge(map(infer_type, values), f"column {series.name!r}")
    if kind is None:
        return AnyType() if values else DataType.string
    # Whole numbers beside gaps turn into floats as soon as a frame touches them.
    return DataType.double if kind is DataType.long and any(map(is_gap, values)) else kind


def _of_dtype(dtype: np.dtype[Any]) -> DataType:
    kind, size = dtype.kind, dtype.itemsize
    if kind == "b":
        return DataType.boolean
    if kind in "iu":
        bits = size * 8 + (kind == "u")
        if bits <= 32:
            return DataType.integer
        if bits <= 64:
            return DataType.long
    if kind == "f" and size <= 8:
        return DataType.double if size == 8 else DataType.float
    if kind in "US":
        return DataType.string if kind == "U" else DataType.binary
    if kind == "M":
        return DataType.datetime
    raise InvalidValue(f"NumPy's {dtype} has no type in a signature; the widest are int64, float64 and datetime64[ns].")
