"""What all that is read back has in common, as in MLflow: it is printed by name, and ``dict(entity)`` is its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from msgspec import Struct

E = TypeVar("E", bound="Entity")


class Entity(Struct, frozen=True):
    """Iterated over it gives its fields' names and values, sorted by name."""

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter([(name, getattr(self, name)) for name in sorted(self.__struct_fields__)])

    def __repr__(self) -> str:
        return said(self)

    @classmethod
    def from_dictionary(cls: type[E], the_dict: Mapping[str, Any]) -> E:
        """Of a dict of its fields; what it has besides is left out."""
        return cls(**{name: value for name, value in the_dict.items() if name in cls.__struct_fields__})


def said(entity: Any) -> str:
    """MLflow's form for what is iterated over as names and values."""
    return f"<{type(entity).__name__}: {', '.join(f'{name}={value!r}' for name, value in entity)}>"
