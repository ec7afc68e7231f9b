"""The columns or tensors that a model takes or gives, and their JSON form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from runstone.errors import InvalidValue

from .datatypes import AnyDataType, DataType, as_type, read_type


class ColSpec:
    """One column.

    Args:
        type: a :class:`~runstone.models.datatypes.DataType`, its name, or a type made of others.
        name: the column's name; None for the only column, or for columns told apart by position.
        required: whether it must be there and free of gaps.
    """

    def __init__(self, type: AnyDataType | str, name: str | int | None = None, required: bool = True) -> None:
        self.type, self.name, self.required = as_type(type), name, required

    def to_dict(self) -> dict[str, Any]:
        named = {} if self.name is None else {"name": self.name}
        return {**self.type.to_dict(), **named, "required": self.required}

    @classmethod
    def from_json_dict(cls, **told: Any) -> ColSpec:
        """From the JSON form. ``optional``, the word of old versions, is the opposite of ``required``."""
        required = told.get("required", not told.get("optional", False))
        return cls(read_type({key: told[key] for key in told if key not in ("name", "required")}), told.get("name"), required)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ColSpec) and other.to_dict() == self.to_dict()

    __hash__ = None  # type: ignore[assignment]  # it may hold types with lists in them

    def __repr__(self) -> str:
        named = "" if self.name is None else f"{self.name!r}: "
        return f"{named}{self.type!r} ({'required' if self.required else 'optional'})"


class TensorSpec:
    """One tensor.

    Args:
        type: its NumPy dtype; bytes and text carry no length.
        shape: its shape, -1 where any length will do.
        name: its name; None for the only one.
    """

    required = True

    def __init__(self, type: np.dtype[Any], shape: Sequence[int], name: str | None = None) -> None:
        if not isinstance(type, np.dtype):
            raise InvalidValue(f"A tensor's type is a numpy.dtype, not {type!r}; numpy.dtype({type!r}) may be what is meant.")
        self.type, self.shape, self.name = clean_dtype(type), tuple(int(size) for size in shape), name

    def to_dict(self) -> dict[str, Any]:
        named = {} if self.name is None else {"name": self.name}
        return {**named, "type": "tensor", "tensor-spec": {"dtype": _dtype_name(self.type), "shape": list(self.shape)}}

    @classmethod
    def from_json_dict(cls, **told: Any) -> TensorSpec:
        tensor = told.get("tensor-spec")
        if not isinstance(tensor, dict) or not {"dtype", "shape"} <= tensor.keys():
            raise InvalidValue(f"A tensor needs 'tensor-spec' with 'dtype' and 'shape'; it got {told!r}.")
        return cls(np.dtype(tensor["dtype"]), tensor["shape"], told.get("name"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorSpec) and other.to_dict() == self.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        named = "" if self.name is None else f"{self.name!r}: "
        return f"{named}Tensor({_dtype_name(self.type)!r}, {self.shape})"


class Schema:
    """Columns, or tensors; never both. All have different names, or none has one (columns), or there is one (tensors).

    Raises:
        InvalidValue: none of this.
    """

    def __init__(self, inputs: Sequence[ColSpec | TensorSpec]) -> None:
        self.inputs = list(inputs)
        kinds = {type(item) for item in self.inputs}
        if not self.inputs or not kinds <= {ColSpec, TensorSpec} or len(kinds) != 1:
            raise InvalidValue(f"A schema is a list of ColSpec or a list of TensorSpec, not empty; it got {self.inputs!r}.")
        names = [item.name for item in self.inputs]
        if None in names and any(name is not None for name in names):
            raise InvalidValue(f"A schema has names for all of its inputs or for none; it got {names}.")
        if None not in names and len(set(names)) != len(names):
            raise InvalidValue(f"The names of a schema must differ; it got {names}.")
        if names[0] is None and len(names) > 1 and self.is_tensor_spec():
            raise InvalidValue("A schema of several tensors needs a name for each.")

    def __len__(self) -> int:
        return len(self.inputs)

    def __iter__(self) -> Iterator[ColSpec | TensorSpec]:
        return iter(self.inputs)

    def is_tensor_spec(self) -> bool:
        return isinstance(self.inputs[0], TensorSpec)

    def has_input_names(self) -> bool:
        return self.inputs[0].name is not None

    def input_names(self) -> list[str | int]:
        """Names, or positions where there are none."""
        return [position if item.name is None else item.name for position, item in enumerate(self.inputs)]

    def required_input_names(self) -> list[str | int]:
        return [name for name, item in zip(self.input_names(), self.inputs, strict=True) if item.required]

    def optional_input_names(self) -> list[str | int]:
        return [name for name, item in zip(self.input_names(), self.inputs, strict=True) if not item.required]

    def input_types(self) -> list[Any]:
        return [item.type for item in self.inputs]

    def input_dict(self) -> dict[str | int, ColSpec | TensorSpec]:
        """Name to column or tensor. Raises InvalidValue where there are no names."""
        if not self.has_input_names():
            raise InvalidValue("This schema has no names.")
        return dict(zip(self.input_names(), self.inputs, strict=True))

    def input_types_dict(self) -> dict[str | int, Any]:
        return {name: item.type for name, item in self.input_dict().items()}

    def numpy_types(self) -> list[np.dtype[Any]]:
        """NumPy dtypes; ``object`` for types made of others."""
        types = self.input_types()
        return [item.to_numpy() if isinstance(item, DataType) else _plain(item) for item in types]

    def pandas_types(self) -> list[np.dtype[Any]]:
        """Dtypes of a frame's columns."""
        if self.is_tensor_spec():
            raise InvalidValue("Tensors have no column types.")
        return [item.to_pandas() if isinstance(item, DataType) else np.dtype(object) for item in self.input_types()]

    def to_dict(self) -> list[dict[str, Any]]:
        return [item.to_dict() for item in self.inputs]

    def to_json(self) -> str:
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, json_str: str) -> Schema:
        """Raises InvalidValue for what is no schema."""
        try:
            told = json.loads(json_str)
        except ValueError as cause:
            raise InvalidValue(f"A schema is a JSON list; this is not JSON ({cause}): {json_str[:200]!r}") from cause
        if not isinstance(told, list) or not all(isinstance(item, dict) for item in told):
            raise InvalidValue(f"A schema is a JSON list of objects; it got {json_str[:200]!r}.")
        return cls([_read(item) for item in told])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and other.inputs == self.inputs

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.inputs)


def clean_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Text and bytes without their length, everything else as it is."""
    return np.dtype(dtype.char) if dtype.char in "US" else dtype


def _dtype_name(dtype: np.dtype[Any]) -> str:
    return {"U": "str", "S": "bytes"}.get(dtype.char, str(dtype.name))


def _plain(dtype: Any) -> np.dtype[Any]:
    return dtype if isinstance(dtype, np.dtype) else np.dtype(object)


def _read(told: Mapping[str, Any]) -> ColSpec | TensorSpec:
    return TensorSpec.from_json_dict(**told) if told.get("type") == "tensor" else ColSpec.from_json_dict(**told)
