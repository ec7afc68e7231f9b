"""Data held against a schema before a model sees it: named columns in order, types converted where nothing is lost.

What the real mlflow accepts for some four hundred pairs of type and data is kept beside the tests; where we differ on
purpose the test names it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from numbers import Number
from typing import Any

import numpy as np

from runstone.client.checks import shown
from runstone.client.notices import warn_once
from runstone.errors import InvalidValue

from .datatypes import AnyDataType, AnyType, Array, DataType, Map, Object
from .frames import is_frame, is_gap, is_series, is_sparse, pandas
from .schema import ColSpec, Schema, TensorSpec


def enforce_schema(data: Any, schema: Schema) -> Any:
    """The data in the form that the schema promises the model.

    Columns give a DataFrame: in the schema's order, without the columns it does not name. Tensors give an array, or a
    dict of arrays.

    Args:
        data: DataFrame, Series, array, sparse matrix, dict, list of dicts or of rows, or one value.
        schema: of the model's inputs.

    Raises:
        InvalidValue: a column is missing or cannot be converted safely; the message names it.
    """
    if not isinstance(schema, Schema):
        raise InvalidValue(
            f"The schema is a runstone.models.Schema, such as model.metadata.get_input_schema(), not {shown(schema)}."
        )
    if schema.is_tensor_spec():
        return _tensors(data, schema)
    if all(isinstance(kind, AnyType) for kind in schema.input_types()):
        return data
    return _columns(_frame(data, schema), schema)


# --- columns -----------------------------------------------------------------------------------------------------------


def _frame(data: Any, schema: Schema) -> Any:
    """The data as a frame. Raises InvalidValue when its columns cannot be told."""
    if is_frame(data):
        return data
    frame = pandas().DataFrame
    if isinstance(data, Mapping):
        return frame(data) if _is_table(data, schema) else frame([dict(data)])
    if isinstance(data, list) and data and all(isinstance(row, Mapping) for row in data):
        return frame(data)
    single = len(schema) == 1
    if is_series(data) and single:
        return data.to_frame(data.name if data.name is not None else schema.input_names()[0])
    if data is None or is_series(data) or is_sparse(data):
        raise InvalidValue(f"The model takes columns {_names(schema)}; it got {type(data).__name__}. A DataFrame works.")
    if single and not schema.has_input_names():
        return frame({0: data if isinstance(data, (list, np.ndarray)) else [data]})
    if schema.has_input_names() or getattr(data, "ndim", 2) != 2 or not isinstance(data, (list, np.ndarray)):
        raise InvalidValue(
            f"The model takes columns {_names(schema)}; {_told(data)} does not say which is which. "
            "A DataFrame with these columns works, and so does a dict or a list of dicts."
        )
    return frame(data)


def _is_table(data: Mapping[Any, Any], schema: Schema) -> bool:
    """Whether a dict holds columns rather than one row: all values are lists, deeper than their column's own lists."""
    kinds = schema.input_types_dict() if schema.has_input_names() else {}
    return bool(data) and all(
        is_series(value) or (isinstance(value, (list, np.ndarray)) and _depth(value) > _type_depth(kinds.get(name)))
        for name, value in data.items()
    )


def _depth(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.ndim
    return 1 + (_depth(value[0]) if value else 0) if isinstance(value, list) else 0


def _type_depth(kind: AnyDataType | None) -> int:
    return 1 + _type_depth(kind.dtype) if isinstance(kind, Array) else 0


def _columns(frame: Any, schema: Schema) -> Any:
    if not frame.columns.is_unique:
        twice = list(dict.fromkeys(frame.columns[frame.columns.duplicated()]))
        raise InvalidValue(f"The data has the columns {twice} more than once; the model takes {_names(schema)}.")
    if not schema.has_input_names():
        if frame.shape[1] < len(schema):
            raise InvalidValue(f"The model takes {len(schema)} columns; the data has {frame.shape[1]}: {list(frame.columns)}.")
        names = list(frame.columns[: len(schema)])
        return _converted(frame, dict(zip(names, schema.inputs, strict=True)))
    missing = [name for name in schema.required_input_names() if name not in frame.columns]
    extra = [name for name in frame.columns if name not in schema.input_names()]
    if missing:
        beside = f" There are columns it does not know: {extra}." if extra else ""
        raise InvalidValue(f"The model needs columns {missing}, which the data lacks.{beside} It takes {_names(schema)}.")
    if extra:
        warn_once(f"extra columns {extra}", f"columns {extra} are ignored: the model's signature does not name them.")
    return _converted(frame, {name: item for name, item in schema.input_dict().items() if name in frame.columns})


def _converted(frame: Any, wanted: Mapping[Any, ColSpec | TensorSpec]) -> Any:
    return pandas().DataFrame({name: _column(frame[name], item.type, item.required) for name, item in wanted.items()})


def _column(values: Any, kind: Any, required: bool) -> Any:
    """One column as the type demands. Raises InvalidValue."""
    if isinstance(kind, AnyType):
        return values
    if not isinstance(kind, DataType):
        for position, value in enumerate(values):
            _check(value, kind, required, f"column {values.name!r}, row {position}")
        return values
    if _is_objects(values.dtype) and kind not in (DataType.string, DataType.binary):
        values = values.infer_objects()
    converted = _safe(values, kind, required)
    if converted is None:
        raise InvalidValue(
            f"Column {values.name!r} is {values.dtype}; the model takes {_shown(kind)}, and the conversion is not safe. "
            f"{_advice(values, kind)}"
        )
    return converted


def _safe(values: Any, kind: DataType, required: bool) -> Any:
    """Converted values, or None where something could be lost."""
    dtype, target = values.dtype, kind.to_numpy()
    if kind in (DataType.string, DataType.binary):
        return values if _is_text(dtype) else None
    if dtype == target:
        return values
    if kind is DataType.datetime:
        return _dates(values)
    if _is_objects(dtype) and kind is DataType.boolean:
        return values if all(isinstance(value, (bool, np.bool_)) or is_gap(value) for value in values) else None
    if _is_objects(dtype):
        numbers = kind is DataType.double and all(_is_number(value) for value in values)
        return values.astype(target) if numbers else None
    plain = getattr(dtype, "numpy_dtype", dtype)  # the NumPy type within a nullable one
    if not isinstance(plain, np.dtype):
        return None
    if plain is not dtype and plain.kind != "f" and bool(values.isna().any()):
        return values if plain == target and not required else None
    if plain == target:
        return values.astype(target)
    whole, grows = plain.kind in "iu" and target.kind in "if", plain.itemsize < target.itemsize
    wider = plain.kind == target.kind and plain.itemsize <= target.itemsize
    fits = wider or (whole and grows and (target.kind == "i" or target.itemsize == 8))
    return values.astype(target) if fits else None


def _dates(values: Any) -> Any:
    """Dates in nanoseconds, those with a zone as they are; None for anything else."""
    dtype = values.dtype
    if not isinstance(dtype, np.dtype):
        return values if str(dtype).startswith("datetime64") else None
    if dtype.kind == "O":
        if not all(isinstance(value, datetime.date) or is_gap(value) for value in values):
            return None
        if any(getattr(value, "tzinfo", None) is not None for value in values):
            return values
    return values.astype(DataType.datetime.to_numpy()) if dtype.kind in "MO" else None


def _is_objects(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind == "O"


def _is_text(dtype: Any) -> bool:
    if isinstance(dtype, np.dtype):
        return dtype.kind in "OUS"
    if type(dtype).__name__ == "CategoricalDtype":
        return _is_text(dtype.categories.dtype)
    return type(dtype).__name__ == "StringDtype"


def _is_number(value: Any) -> bool:
    return is_gap(value) or (isinstance(value, Number) and not isinstance(value, (bool, complex)))


def _shown(kind: DataType) -> str:
    return repr(kind) if kind in (DataType.string, DataType.binary) else f"{kind!r} ({kind.to_numpy()})"


def _advice(values: Any, kind: DataType) -> str:
    name = getattr(values.dtype, "name", str(values.dtype))
    if kind in (DataType.integer, DataType.long) and name.startswith("float"):
        return "Whole numbers with gaps become floats in pandas; log the model with a signature of doubles, or fill the gaps."
    return f"Convert it first, for example with astype({kind.to_pandas().name!r}), or log the model with another signature."


def _check(value: Any, kind: AnyDataType, required: bool, place: str) -> None:
    """Raises InvalidValue unless one value is of a type made of others."""
    if isinstance(kind, AnyType):
        return
    if is_gap(value):
        if required:
            raise InvalidValue(f"There is no value in {place}, where the model needs {kind!r}.")
        return
    if isinstance(kind, Array) and isinstance(value, (list, tuple, np.ndarray)):
        for position, item in enumerate(value):
            _check(item, kind.dtype, True, f"{place}, item {position}")
    elif isinstance(kind, Map) and isinstance(value, Mapping):
        for key, item in value.items():
            _check(item, kind.value_type, True, f"{place}, key {key!r}")
    elif isinstance(kind, Object) and isinstance(value, Mapping):
        known = [item.name for item in kind.properties]
        if extra := [key for key in value if key not in known]:
            raise InvalidValue(f"The value in {place} has the keys {extra}, which the model does not know; it takes {known}.")
        for item in kind.properties:
            _check(value.get(item.name), item.dtype, item.required, f"{place}, key {item.name!r}")
    elif not (isinstance(kind, DataType) and _of_type(value, kind)):
        raise InvalidValue(f"The value in {place} is {type(value).__name__}; the model takes {kind!r}: {str(value)[:100]!r}.")


def _of_type(value: Any, kind: DataType) -> bool:
    if kind in (DataType.string, DataType.binary, DataType.boolean):
        return isinstance(value, (kind.to_python(), np.bool_) if kind is DataType.boolean else kind.to_python())
    if kind is DataType.datetime:
        return isinstance(value, (kind.to_python(), np.datetime64))
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    return whole or (kind in (DataType.float, DataType.double) and isinstance(value, (float, np.floating)))


# --- tensors -----------------------------------------------------------------------------------------------------------


def _tensors(data: Any, schema: Schema) -> Any:
    if not schema.has_input_names():
        only = schema.inputs[0]
        assert isinstance(only, TensorSpec)
        return _tensor(data.to_numpy() if is_frame(data) else data, only)
    if is_frame(data):
        data = {name: np.array(data[name].tolist()) for name in data.columns}
    if not isinstance(data, Mapping):
        raise InvalidValue(f"The model takes tensors {_names(schema)}, as a dict of arrays; it got {_told(data)}.")
    if missing := [name for name in schema.required_input_names() if name not in data]:
        raise InvalidValue(f"The model needs tensors {missing}, which the data lacks. It takes {_names(schema)}.")
    if extra := [name for name in data if name not in schema.input_names()]:
        warn_once(f"extra tensors {extra}", f"tensors {extra} are ignored: the model's signature does not name them.")
    return {name: _tensor(data[name], item) for name, item in schema.input_dict().items() if isinstance(item, TensorSpec)}


def _tensor(data: Any, wanted: TensorSpec) -> Any:
    place = "the input" if wanted.name is None else f"tensor {wanted.name!r}"
    if not (isinstance(data, np.ndarray) or is_sparse(data)):
        raise InvalidValue(
            f"For {place} the model takes an array of {wanted.type}, shape {wanted.shape}; it got {_told(data)}."
        )
    if data.dtype.kind != wanted.type.kind or (wanted.type.kind not in "US" and data.dtype != wanted.type):
        raise InvalidValue(
            f"For {place} the model takes {wanted.type}; the array is {data.dtype}. Use array.astype({str(wanted.type)!r})."
        )
    fits = len(data.shape) == len(wanted.shape) and all(
        want in (-1, have) for want, have in zip(wanted.shape, data.shape, strict=True)
    )
    if not fits:
        raise InvalidValue(f"For {place} the model takes shape {wanted.shape} (-1: any length); the array has {data.shape}.")
    return data


def _names(schema: Schema) -> str:
    names = schema.input_names()
    shown = ", ".join(repr(name) for name in names[:20])
    return f"[{shown}{f' and {len(names) - 20} more' if len(names) > 20 else ''}]"


def _told(data: Any) -> str:
    shape = getattr(data, "shape", None)
    return f"{type(data).__name__}{f' of shape {tuple(shape)}' if shape is not None else ''}"
