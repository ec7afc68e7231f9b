"""Parameters of ``predict(data, params=…)``: names, types, defaults."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from runstone.client.notices import warn_once
from runstone.errors import InvalidValue

from .datatypes import AnyDataType, DataType, Object, as_type, read_type
from .infer import infer_type


class ParamSpec:
    """One parameter.

    Args:
        name: its name.
        dtype: the type of the value, or of each item when ``shape`` is given.
        default: the value when the caller gives none; None allows None.
        shape: None for one value, ``(-1,)`` for a list.

    Raises:
        InvalidValue: the default is of another type.
    """

    def __init__(self, name: str, dtype: AnyDataType | str, default: Any, shape: Sequence[int] | None = None) -> None:
        self.name, self.dtype, self.shape = str(name), as_type(dtype), None if shape is None else tuple(shape)
        if self.shape not in (None, (-1,)):
            raise InvalidValue(f"Param {name!r} has shape {shape!r}; one value is None, a list is (-1,).")
        self.default = self.accept(default)

    def accept(self, value: Any) -> Any:
        """The value as the model will get it. Raises InvalidValue when it cannot be converted without loss."""
        if value is None:
            return None
        if self.shape is None:
            return _convert(value, self.dtype, self.name)
        if not isinstance(value, (list, tuple, np.ndarray)) or getattr(value, "ndim", 1) != 1:
            raise InvalidValue(f"Param {self.name!r} is a list of {self.dtype!r}; it got {value!r}.")
        return [_convert(item, self.dtype, self.name) for item in (value.tolist() if isinstance(value, np.ndarray) else value)]

    def to_dict(self) -> dict[str, Any]:
        default = self.default.isoformat() if isinstance(self.default, (datetime.date, datetime.datetime)) else self.default
        shape = None if self.shape is None else list(self.shape)
        return {"name": self.name, "default": default, "shape": shape, **self.dtype.to_dict()}

    @classmethod
    def from_json_dict(cls, **told: Any) -> ParamSpec:
        """From the JSON form; ``dtype`` is the old word for ``type``."""
        if not {"name", "default"} <= told.keys() or not {"type", "dtype"} & told.keys():
            raise InvalidValue(f"A param needs 'name', 'type' and 'default'; it got {told!r}.")
        kind = read_type({"type": told.get("dtype"), **told})
        default = told["default"]
        if kind is DataType.datetime and isinstance(default, str):
            default = datetime.datetime.fromisoformat(default)
        return cls(told["name"], kind, default, told.get("shape"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ParamSpec) and other.to_dict() == self.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shape = "" if self.shape is None else f" (shape: {self.shape})"
        return f"{self.name!r}: {self.dtype!r} (default: {self.default}){shape}"


class ParamSchema:
    """Parameters with different names. Raises InvalidValue for a name that occurs twice."""

    def __init__(self, params: Sequence[ParamSpec]) -> None:
        self.params = list(params)
        names = [item.name for item in self.params]
        if len(set(names)) != len(names):
            raise InvalidValue(f"The names of params must differ; it got {names}.")

    def __len__(self) -> int:
        return len(self.params)

    def __iter__(self) -> Iterator[ParamSpec]:
        return iter(self.params)

    def to_dict(self) -> list[dict[str, Any]]:
        return [item.to_dict() for item in self.params]

    def to_json(self) -> str:
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, json_str: str) -> ParamSchema:
        return cls([ParamSpec.from_json_dict(**told) for told in json.loads(json_str)])

    def complete(self, given: Mapping[str, Any] | None) -> dict[str, Any]:
        """The caller's values, converted, with defaults for the rest. Names that are none are ignored with a warning.

        Raises:
            InvalidValue: a value of another type.
        """
        if given is not None and not isinstance(given, Mapping):
            raise InvalidValue(f"params is a dict of name to value; it got {type(given).__name__}.")
        given = {str(name): value for name, value in (given or {}).items()}
        names = [item.name for item in self.params]
        if unknown := sorted(set(given) - set(names)):
            warn_once(f"unknown params {unknown}", f"params {unknown} are ignored: the model's signature knows {names}.")
        return {item.name: item.accept(given.get(item.name, item.default)) for item in self.params}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ParamSchema) and other.params == self.params

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.params)


def known_params(schema: ParamSchema | None, given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The params for a call of ``predict``; None where the signature has none. Raises InvalidValue if some are given then."""
    if schema is not None:
        return schema.complete(given)
    if given:
        raise InvalidValue(
            f"The model takes no params: its signature has none, and it got {sorted(map(str, given))}. "
            "Log it with infer_signature(…, params={name: default})."
        )
    return None


def infer_params(params: Mapping[str, Any]) -> ParamSchema:
    """From names and default values: one value, a list or 1-d array, or a dict. Raises InvalidValue."""
    if not isinstance(params, Mapping) or not params:
        raise InvalidValue(f"params is a dict of name to default value, not empty; it got {params!r}.")
    return ParamSchema([_infer_param(name, value) for name, value in params.items()])


def _infer_param(name: str, value: Any) -> ParamSpec:
    if isinstance(value, (list, tuple, np.ndarray)):
        items = value.tolist() if isinstance(value, np.ndarray) else list(value)
        kinds = {repr(kind): kind for kind in map(infer_type, items)}
        kind = next(iter(kinds.values()), None)
        if len(kinds) != 1 or not isinstance(kind, DataType):
            raise InvalidValue(f"Param {name!r} is a list; it needs items of one plain type, and got {items[:10]!r}.")
        return ParamSpec(name, kind, items, (-1,))
    inferred = infer_type(value)
    if not isinstance(inferred, (DataType, Object)):
        raise InvalidValue(f"Param {name!r} needs a default with a type: a number, a text, a list or a dict; it got {value!r}.")
    return ParamSpec(name, inferred, value)


def _convert(value: Any, kind: AnyDataType, name: str) -> Any:
    """Whole numbers become floats; nothing else changes its type."""
    plain = value.item() if isinstance(value, np.generic) else value
    if not isinstance(kind, DataType):
        fits = isinstance(plain, Mapping)
    elif kind in (DataType.integer, DataType.long):
        fits = isinstance(plain, int) and not isinstance(plain, bool)
    elif kind in (DataType.float, DataType.double):
        fits = isinstance(plain, (int, float)) and not isinstance(plain, bool)
        plain = float(plain) if fits else plain
    else:
        if kind is DataType.datetime and isinstance(plain, str):  # JSON has no dates
            with suppress(ValueError):
                plain = datetime.datetime.fromisoformat(plain.replace("Z", "+00:00"))
        fits = isinstance(plain, kind.to_python())
    if not fits:
        raise InvalidValue(
            f"Param {name!r} is of type {kind!r}; {value!r} ({type(value).__name__}) cannot be converted safely."
        )
    return plain
