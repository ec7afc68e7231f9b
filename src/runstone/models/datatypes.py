"""The types of a signature, under MLflow's names, and their JSON form.

    boolean integer long float double string binary datetime      one value
    Array(type)  Object([Property…])  Map(type)  AnyType()        made of others
    SparkMLVector()                                               a vector of Spark ML's

JSON: ``"long"``, or ``{"type": "long"}`` where a type stands inside another; ``{"type": "array", "items": …}``,
``{"type": "object", "properties": {name: {…, "required": bool}}}``, ``{"type": "map", "values": …}``, ``{"type": "any"}``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, TypeAlias

import numpy as np

from runstone.errors import InvalidValue


class DataType(Enum):
    """One value of a column. The numbers are MLflow's."""

    boolean = 1
    integer = 2
    long = 3
    float = 4
    double = 5
    string = 6
    binary = 7
    datetime = 8

    def __repr__(self) -> str:
        return self.name

    def to_numpy(self) -> np.dtype[Any]:
        """The NumPy dtype of such a column."""
        dtype: np.dtype[Any] = np.dtype(_NUMPY[self])
        return dtype

    def to_pandas(self) -> np.dtype[Any]:
        """The dtype of such a column in a frame."""
        return np.dtype(object) if self in (DataType.string, DataType.binary) else self.to_numpy()

    def to_python(self) -> type:
        """The Python type of one value."""
        return _PYTHON[self]

    def to_dict(self) -> dict[str, Any]:
        return {"type": self.name}


_NUMPY: dict[DataType, Any] = {
    DataType.boolean: "bool",
    DataType.integer: "int32",
    DataType.long: "int64",
    DataType.float: "float32",
    DataType.double: "float64",
    DataType.string: "str",
    DataType.binary: "bytes",
    DataType.datetime: "datetime64[ns]",
}
_PYTHON: dict[DataType, type] = {
    DataType.boolean: bool,
    DataType.integer: int,
    DataType.long: int,
    DataType.float: float,
    DataType.double: float,
    DataType.string: str,
    DataType.binary: bytes,
    DataType.datetime: datetime.date,
}


class BaseType:
    """A type made of others. Equal when its JSON form is."""

    def to_dict(self) -> dict[str, Any]:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BaseType) and type(other) is type(self) and other.to_dict() == self.to_dict()

    def __hash__(self) -> int:
        return hash(repr(self))


AnyDataType: TypeAlias = DataType | BaseType


class Array(BaseType):
    """A list whose items have one type."""

    def __init__(self, dtype: AnyDataType | str) -> None:
        self.dtype = as_type(dtype)

    def to_dict(self) -> dict[str, Any]:
        return {"type": "array", "items": self.dtype.to_dict()}

    def __repr__(self) -> str:
        return f"Array({self.dtype!r})"


class SparkMLVector(Array):
    """A vector of Spark ML's; here, a list of doubles."""

    def __init__(self) -> None:
        super().__init__(DataType.double)

    def to_dict(self) -> dict[str, Any]:
        return {"type": "sparkml_vector"}

    def __repr__(self) -> str:
        return "SparkML vector"


class Map(BaseType):
    """A dict with text keys whose values have one type."""

    def __init__(self, value_type: AnyDataType | str) -> None:
        self.value_type = as_type(value_type)

    def to_dict(self) -> dict[str, Any]:
        return {"type": "map", "values": self.value_type.to_dict()}

    def __repr__(self) -> str:
        return f"Map(str -> {self.value_type!r})"


class AnyType(BaseType):
    """Anything: not checked."""

    def to_dict(self) -> dict[str, Any]:
        return {"type": "any"}

    def __repr__(self) -> str:
        return "Any"


class Property(BaseType):
    """One key of an :class:`Object`; ``required=False`` means that it may be absent or None."""

    def __init__(self, name: str, dtype: AnyDataType | str, required: bool = True) -> None:
        self.name, self.dtype, self.required = name, as_type(dtype), required

    def to_dict(self) -> dict[str, Any]:
        return {self.name: {**self.dtype.to_dict(), "required": self.required}}

    def __repr__(self) -> str:
        return f"{self.name}: {self.dtype!r} ({'required' if self.required else 'optional'})"


class Object(BaseType):
    """A dict with known keys, in the order given.

    Raises:
        InvalidValue: a name occurs twice, or there is none.
    """

    def __init__(self, properties: Iterable[Property]) -> None:
        self.properties = sorted(properties, key=lambda item: item.name)  # as MLflow writes them, whatever order they came in
        names = [item.name for item in self.properties]
        if not names or len(set(names)) != len(names):
            raise InvalidValue(f"An object type needs properties with different names; it got {names}.")

    def to_dict(self) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for item in self.properties:
            members.update(item.to_dict())
        return {"type": "object", "properties": members}

    def __repr__(self) -> str:
        return "{" + ", ".join(map(repr, self.properties)) + "}"


def as_type(given: AnyDataType | str) -> AnyDataType:
    """A type from itself or from its name. Raises InvalidValue for a name that is none."""
    if isinstance(given, (DataType, BaseType)):
        return given
    if isinstance(given, str) and given in DataType.__members__:
        return DataType[given]
    names = ", ".join(DataType.__members__)
    raise InvalidValue(f"Unsupported type {given!r}; there are {names}, Array, Object, Map and AnyType.")


def read_type(told: Mapping[str, Any] | str) -> AnyDataType:
    """A type from its JSON form. Raises InvalidValue for one that this version does not know."""
    if isinstance(told, str):
        return AnyType() if told == "any" else as_type(told)
    kind = told.get("type")
    if kind == "array" and "items" in told:
        return Array(read_type(told["items"]))
    if kind == "map" and "values" in told:
        return Map(read_type(told["values"]))
    if kind == "object" and "properties" in told:
        members = told["properties"].items()
        return Object(Property(name, read_type(item), item.get("required", True)) for name, item in members)
    if kind == "sparkml_vector":
        return SparkMLVector()
    if isinstance(kind, str):
        return read_type(kind)
    raise InvalidValue(f"{dict(told)!r} is no type of a signature: 'type' is missing.")
