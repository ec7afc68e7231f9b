"""All pages of a search as one list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from runstone.entities import PagedList

T = TypeVar("T")

#: Rows asked for at once.
PAGE = 5000


def all_pages(page: Callable[[int, str | None], PagedList[T]], most: int | None) -> list[T]:
    """Ask ``page(count, token)`` until it has no more, or ``most`` were found."""
    found: list[T] = []
    token: str | None = None
    while most is None or len(found) < most:
        part = page(PAGE if most is None else min(PAGE, most - len(found)), token)
        found += part
        token = part.token
        if not token:
            break
    return found
