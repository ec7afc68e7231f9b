"""Type hints of ``predict`` as a signature, and data held against them.

``list[X]`` is a batch of X: a text, number, boolean, bytes, date, dict, list, or a pydantic model. Hints of frames and arrays
say nothing of their columns; an input example does.
"""

from __future__ import annotations

import datetime
import types
import typing
from typing import Any

import numpy as np

from runstone.errors import InvalidValue

from .datatypes import AnyDataType, AnyType, Array, DataType, Map, Object, Property
from .frames import is_frame
from .schema import ColSpec, Schema

_PLAIN = {
    str: DataType.string, int: DataType.long, float: DataType.double, bool: DataType.boolean, bytes: DataType.binary,
    datetime.datetime: DataType.datetime,
}  # fmt: skip


def schema_of(hint: Any) -> Schema | None:
    """The schema that ``list[X]`` means; ``None`` for hints that mean none."""
    item = item_of(hint)
    if item is None:
        return None
    kind = _type(item)
    return None if kind is None else Schema([ColSpec(kind, required=not _optional(item)[1])])


def item_of(hint: Any) -> Any:
    """``X`` of ``list[X]``, else ``None``."""
    arguments = typing.get_args(hint)
    return arguments[0] if typing.get_origin(hint) is list and arguments else None


def as_batch(data: Any, hint: Any) -> Any:
    """Data as the list that ``list[X]`` asks for, each item checked; unchanged for other hints.

    Raises:
        InvalidValue: it is no list, or an item of another type; the message names its place.
    """
    item = item_of(hint)
    if item is None or (kind := _type(item)) is None:
        return data
    if is_frame(data):
        rows = data.to_dict("records") if len(data.columns) > 1 or isinstance(kind, Object) else data.iloc[:, 0].tolist()
    elif isinstance(data, np.ndarray) or hasattr(data, "tolist"):
        rows = data.tolist()
    else:
        rows = data
    if not isinstance(rows, list):
        raise InvalidValue(f"The model takes a {_name(hint)}; it got {type(data).__name__}.")
    return [_item(value, item, f"[{place}]") for place, value in enumerate(rows)]


def _item(value: Any, hint: Any, place: str) -> Any:
    hint, optional = _optional(hint)
    if value is None and optional:
        return None
    validate = getattr(hint, "model_validate", None)
    if validate is not None:  # pydantic's
        try:
            return value if isinstance(value, hint) else validate(value)
        except ValueError as cause:
            raise InvalidValue(f"The input at {place} is no {hint.__name__}: {cause}") from cause
    if hint in _PLAIN:
        if isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
            return value
        if hint is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        raise InvalidValue(f"The input at {place} is a {hint.__name__}; it got {value!r} ({type(value).__name__}).")
    origin, arguments = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin is list and isinstance(value, list):
        return [_item(one, arguments[0], f"{place}[{at}]") for at, one in enumerate(value)] if arguments else value
    if origin is dict and isinstance(value, dict):
        return {key: _item(one, arguments[1], f"{place}[{key!r}]") for key, one in value.items()} if arguments else value
    if origin in (list, dict):
        raise InvalidValue(f"The input at {place} is a {_name(hint)}; it got {value!r} ({type(value).__name__}).")
    return value


def _type(hint: Any) -> AnyDataType | None:
    """As a type of signatures; ``None`` for what has none."""
    hint, _ = _optional(hint)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if fields := getattr(hint, "model_fields", None):
        parts = [(name, _type(field.annotation), field.is_required()) for name, field in fields.items()]
        return Object([Property(name, kind or AnyType(), required) for name, kind, required in parts])
    origin, arguments = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin is list and arguments:
        inner = _type(arguments[0])
        return None if inner is None else Array(inner)
    if origin is dict and len(arguments) == 2 and arguments[0] is str:
        inner = _type(arguments[1])
        return None if inner is None else Map(inner)
    return AnyType() if origin in (list, dict) or hint is Any else None


def _optional(hint: Any) -> tuple[Any, bool]:
    """The hint without ``None``, and whether ``None`` was in it."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [one for one in typing.get_args(hint) if one is not type(None)]
        if len(rest) == 1:
            return rest[0], True
    return hint, False


def _name(hint: Any) -> str:
    return getattr(hint, "__name__", str(hint)) if not typing.get_args(hint) else str(hint).replace("typing.", "")
