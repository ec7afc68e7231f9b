"""Runs put together by what they share: how many, and of each number its mean, deviation and best.

Runs belong together when all their values of the grouping columns are equal; a missing value equals only another missing
one. NaN takes no part in a mean and never is best; how many values took part is told beside.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from .identity import is_seed
from .objective import MIN, direction_of

Value = float | int | str | None
#: Group of each run, in the order of the runs: shape (runs,).
Places = NDArray[np.int64]


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


def group(columns: Sequence[Sequence[Value]], rows: int) -> tuple[list[tuple[Value, ...]], Places]:
    """The different combinations of values, in the order of their first run, and each run's place among them."""
    places = np.empty(rows, np.int64)
    known: dict[tuple[Value, ...], int] = {}
    if not columns:
        places[:] = 0
        return ([()] if rows else []), places
    for row, values in enumerate(zip(*columns, strict=True)):
        # NaN is not equal to itself, so that each would be a group
        key = tuple("NaN" if isinstance(value, float) and value != value else value for value in values)
        places[row] = known.setdefault(key, len(known))
    return list(known), places


def spread(values: Sequence[Value], places: Places, groups: int, smaller_is_better: bool) -> Spread:
    """The numbers of one column. What is no number counts as missing."""
    numbers = np.array([value if isinstance(value, (int, float)) else np.nan for value in values], np.float64)
    known = ~np.isnan(numbers)
    at, there = places[known], numbers[known]
    n = np.bincount(at, minlength=groups).astype(np.int64)
    with np.errstate(all="ignore"):
        mean = np.bincount(at, weights=there, minlength=groups) / np.where(n, n, 1)
        off = there - mean[at]
        squares = np.bincount(at, weights=off * off, minlength=groups)
        deviation = np.sqrt(squares / np.where(n > 1, n - 1, 1))
    mean[n == 0] = np.nan
    deviation[n < 2] = np.nan
    rows = np.flatnonzero(known)
    sign = 1.0 if smaller_is_better else -1.0
    order = np.lexsort((rows, sign * there, at))
    best, best_row = np.full(groups, np.nan), np.full(groups, -1, np.int64)
    if len(order):
        sorted_at = at[order]
        first = np.concatenate(([True], sorted_at[1:] != sorted_at[:-1]))
        best[sorted_at[first]] = there[order[first]]
        best_row[sorted_at[first]] = rows[order[first]]
    return Spread(n, mean, deviation, best, best_row)


def smaller_is_better(key: str, objective: tuple[str, str] | None) -> bool:
    """Of a metric: as the objective (key, direction) says if it is that, else by its name."""
    if objective is not None and objective[0] == key:
        return objective[1] == MIN
    return direction_of(key) == MIN


def sorted_groups(by: NDArray[np.float64], descending: bool) -> NDArray[np.int64]:
    """Places of groups in order of a number; NaN last in both directions, equal ones as they came."""
    return np.lexsort((np.arange(len(by)), -by if descending else by, np.isnan(by)))


def common_values(values: Sequence[Value], contains: str, limit: int) -> tuple[list[tuple[str, int]], int]:
    """(value, runs), the most frequent first, of those that contain a text in any case; and how many different ones."""
    counts: dict[str, int] = {}
    for value in values:
        if value is not None:
            text = str(value)
            counts[text] = counts.get(text, 0) + 1
    wanted = contains.lower()
    found = [(text, runs) for text, runs in counts.items() if wanted in text.lower()]
    found.sort(key=lambda pair: (-pair[1], pair[0]))
    return found[:limit], len(found)
