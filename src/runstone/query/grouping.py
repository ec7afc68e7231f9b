"""Runs put together by what they share: how many, and of each number its mean, deviation and best.

Runs belong together when all their values of the grouping columns are equal; a missing value equals only another missing
one. NaN takes no part in a mean and never is best; how many values took part is told beside.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

from runstone._lazy import later

from .identity import is_seed
from .objective import MIN, Meaning, direction_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = later("numpy")

#: Group of each run, in the order of the runs: shape (runs,).
Places: TypeAlias = "NDArray[np.int64]"

Value = float | int | str | None


class Coded(Struct, frozen=True, eq=False):
    """A column: its values, and for each run the place of its own among them, -1 where it has none. They are different ones,
    unless they are an ``array`` of numbers."""

    values: Sequence[float | int | str]
    codes: NDArray[np.integer[Any]]

    def numbers(self) -> NDArray[np.float64]:
        """The value of each run, shape (runs,); NaN where that is no number or missing."""
        plain = isinstance(self.values, array) or set(map(type, self.values)) <= {int, float}
        known = self.values if plain else [value if isinstance(value, (int, float)) else np.nan for value in self.values]
        numbers: NDArray[np.float64] = np.append(np.array(known, np.float64), np.nan)[self.codes]  # -1 is the last
        return numbers

    def distinct(self) -> Coded:
        """The same with each value once; NaN is one value."""
        if not isinstance(self.values, array):
            return self
        values, places = np.unique(np.array(self.values), return_inverse=True)
        return Coded(values.tolist(), np.append(places.reshape(-1), -1)[self.codes])


class Spread(Struct, frozen=True):
    """Numbers of one column, group by group: arrays of shape (groups,). ``deviation`` is that of a sample (n - 1), NaN
    below two values. ``best_row`` is the row of the best value, -1 where a group has none. Means of nothing are NaN."""

    n: NDArray[np.int64]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    best: NDArray[np.float64]
    best_row: NDArray[np.int64]


def all_but_seed(params: Sequence[tuple[str, int]]) -> list[str]:
    """Params (key, distinct values) that tell one kind of run from another: those that vary and are no seed."""
    return [key for key, distinct in params if distinct > 1 and not is_seed(key)]


def group(columns: Sequence[Coded], rows: int) -> tuple[list[tuple[Value, ...]], Places]:
    """The different combinations of values, in the order of their first run, and each run's place among them."""
    places = np.zeros(rows, np.int64)
    first = np.zeros(min(rows, 1), np.int64)
    columns = [column.distinct() for column in columns]
    for column in columns:
        # numbered anew after each column, so that no product outgrows the numbers
        mixed = places * (len(column.values) + 1) + column.codes
        _, first, places = np.unique(mixed, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    cells = [[column.values[code] if code >= 0 else None for code in column.codes[first[order]].tolist()] for column in columns]
    return list(zip(*cells, strict=True)) if columns else [()] * len(order), rank[places.reshape(-1)]


def spread(numbers: NDArray[np.float64], places: Places, groups: int, smaller_is_better: bool) -> Spread:
    """The numbers of one column, NaN where a run has none."""
    known = np.flatnonzero(~np.isnan(numbers))
    at, there = (places[known], numbers[known]) if len(known) < len(numbers) else (places, numbers)
    n = np.bincount(at, minlength=groups).astype(np.int64)
    with np.errstate(all="ignore"):
        mean = np.bincount(at, weights=there, minlength=groups) / np.where(n, n, 1)
        off = there - mean[at]
        squares = np.bincount(at, weights=off * off, minlength=groups)
        deviation = np.sqrt(squares / np.where(n > 1, n - 1, 1))
    mean[n == 0] = np.nan
    deviation[n < 2] = np.nan
    best, best_row = np.full(groups, np.inf if smaller_is_better else -np.inf), np.full(groups, -1, np.int64)
    (np.minimum if smaller_is_better else np.maximum).at(best, at, there)
    reached = np.flatnonzero(there == best[at])[::-1]  # the first of equal ones is written last
    best_row[at[reached]] = known[reached]
    best[n == 0] = np.nan
    return Spread(n, mean, deviation, best, best_row)


def smaller_is_better(key: str, said: Mapping[str, Meaning]) -> bool:
    """Of a metric: as was said of it, else by its name."""
    return ((said[key].direction if key in said else None) or direction_of(key)) == MIN


def sorted_groups(by: NDArray[np.float64], descending: bool) -> NDArray[np.int64]:
    """Places of groups in order of a number; NaN last in both directions, equal ones as they came."""
    return np.lexsort((np.arange(len(by)), -by if descending else by, np.isnan(by)))


def common_values(column: Coded, contains: str, limit: int) -> tuple[list[tuple[str, int]], int]:
    """(value, runs), the most frequent first, of those that contain a text in any case; and how many different ones."""
    column = column.distinct()
    runs = np.bincount(column.codes + 1, minlength=len(column.values) + 1)[1:].tolist()
    wanted = contains.lower()
    found = [(text, n) for text, n in zip(map(str, column.values), runs, strict=True) if n and wanted in text.lower()]
    found.sort(key=lambda pair: (-pair[1], pair[0]))
    return found[:limit], len(found)
