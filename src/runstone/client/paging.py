"""All pages of a search as one list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from runstone.entities import PagedList
from runstone.errors import InvalidValue

from .checks import whole

T = TypeVar("T")

#: Rows asked for at once.
PAGE = 5000
#: Most rows of one page, as MLflow's.
PAGE_CAP = 50_000


def page_size(max_results: Any) -> int:
    """How many rows a page may have. Raises InvalidValue."""
    most = whole(max_results, "max_results")
    if not 1 <= most <= PAGE_CAP:
        raise InvalidValue(
            f"max_results={most:,}: a page has 1 to {PAGE_CAP:,} rows. The token of each page asks for the next (page_token=…)."
        )
    return most


def all_pages(page: Callable[[int, str | None], PagedList[T]], most: int | None) -> list[T]:
    """Ask ``page(count, token)`` until it has no more, or ``most`` were found.

    Raises: InvalidValue where ``most`` is no whole number."""
    if most is not None:
        most = whole(most, "max_results")
    found: list[T] = []
    token: str | None = None
    while most is None or len(found) < most:
        part = page(PAGE if most is None else min(PAGE, most - len(found)), token)
        found += part
        token = part.token
        if not token:
            break
    return found
