"""Which params matter for a metric: permutation importance of a forest, and each param's own association.

The interval of an importance is that of half-samples: as many forests as there are halves are grown on random halves of the
runs, and their spread is the standard error (delete-d jackknife, Shao & Wu 1989, for random forests Ishwaran & Lu 2019). The
answer to one question is always the same: what is drawn by chance starts from a fixed seed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from runstone._lazy import later

from .association import Association, correlation_ratio, ranks, spearman
from .forest import permutation_importance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = later("numpy")

Floats: TypeAlias = "NDArray[np.float64]"

Value = float | int | str | None

#: Runs with a value below which nothing is said, and beyond which a sample is looked at.
LEAST_RUNS, MOST_RUNS = 10, 1_000
MOST_COLUMNS = 40
_TREES, _HALVES, _HALF_TREES = 80, 12, 20
_SEED = 20_261_126


class Importance(Struct, frozen=True):
    """``importance`` is how much a forest's squared error grows when the param is shuffled, in variances of the metric
    (0 … 2), ``low`` to ``high`` its 95 % interval. ``correlation`` is that of the param alone. ``numeric``: its values are
    numbers; ``runs`` have it; ``distinct`` values."""

    name: str
    numeric: bool
    runs: int
    distinct: int
    importance: float
    low: float
    high: float
    correlation: Association


class Importances(Struct, frozen=True):
    """The most important first. ``explained`` is the share of the variance that the forest explains of runs it has not seen:
    near or below zero, importances say nothing. ``runs`` had a finite value, ``used`` of them were looked at."""

    runs: int
    used: int
    explained: float | None
    params: list[Importance]
    words: str


def importances(columns: Mapping[str, Sequence[Value]], target: Sequence[Value]) -> Importances:
    """Of columns (params, as text or numbers) for a metric, each of length n; ``None`` is not there."""
    y = np.array([_number(value) for value in target], np.float64)
    # beyond this a square is no number any more
    there = np.flatnonzero(np.isfinite(y) & (np.abs(np.nan_to_num(y)) < 1e150))
    runs = len(there)
    draw = np.random.default_rng(_SEED)
    if runs > MOST_RUNS:
        there = np.sort(draw.choice(there, MOST_RUNS, replace=False))
    y = y[there]
    places = there.tolist()
    varying = {name: kept for name, values in columns.items() if len(set(kept := [values[i] for i in places])) > 1}
    if runs < LEAST_RUNS:
        return Importances(runs, len(there), None, [], f"{runs} runs have a finite value; it takes {LEAST_RUNS}.")
    if np.ptp(y) == 0 or not varying:
        same = "the metric" if np.ptp(y) == 0 else "every param"
        return Importances(runs, len(there), None, [], f"Nothing to explain: {same} is equal in all runs.")
    names = list(varying)[:MOST_COLUMNS]
    encoded = [_encoded(varying[name]) for name in names]
    x = np.column_stack([codes for codes, _ in encoded])
    kinds = [not numeric for _, numeric in encoded]
    share, explained = permutation_importance(x, y, _TREES, draw, kinds)
    error = _standard_error(x, y, draw, kinds)
    found = [
        Importance(
            name,
            encoded[i][1],
            sum(value is not None for value in varying[name]),
            len(set(varying[name])),
            float(share[i]),
            float(share[i] - 1.96 * error[i]),
            float(share[i] + 1.96 * error[i]),
            _association(varying[name], encoded[i][1], y),
        )
        for i, name in enumerate(names)
    ]
    found.sort(key=lambda one: -one.importance)
    return Importances(runs, len(there), explained, found, _words(found, explained, len(there)))


def _standard_error(x: Floats, y: Floats, draw: np.random.Generator, kinds: list[bool]) -> Floats:
    n = len(y)
    halves = []
    for _ in range(_HALVES):
        rows = draw.permutation(n)[: n // 2]
        if np.ptp(y[rows]) > 0:
            halves.append(permutation_importance(x[rows], y[rows], _HALF_TREES, draw, kinds)[0])
    if len(halves) < 2:
        return np.full(x.shape[1], math.nan)
    d = n - n // 2
    error: Floats = np.std(halves, axis=0, ddof=1) * math.sqrt((n // 2) / d)
    return error


def _number(value: Value) -> float:
    try:
        return math.nan if value is None else float(value)
    except ValueError:
        return math.nan


def _encoded(values: Sequence[Value]) -> tuple[Floats, bool]:
    """Ranks of numbers, with what is missing below them all; or a code for each text."""
    numbers = np.array([_number(value) for value in values])
    missing = np.array([value is None for value in values])
    if not np.isnan(numbers[~missing]).any():
        codes = np.zeros(len(values))
        codes[~missing] = ranks(numbers[~missing])
        return codes, True
    order = {value: place for place, value in enumerate(dict.fromkeys(values))}
    return np.array([order[value] for value in values], np.float64), False


def _association(values: Sequence[Value], numeric: bool, y: Floats) -> Association:
    there = [i for i, value in enumerate(values) if value is not None]
    if numeric:
        return spearman(np.array([_number(values[i]) for i in there]), y[there])
    return correlation_ratio([values[i] for i in there], y[there])


def _words(found: Sequence[Importance], explained: float, used: int) -> str:
    if not explained > 0.05:
        return f"The params explain next to nothing of the metric in these {used} runs; their order below says little."
    sure = [one.name for one in found if one.low > 0][:3]
    share = f"The params explain {explained * 100:.0f} % of the variance of runs that were held back"
    return f"{share}; most of it {', '.join(sure)}." if sure else f"{share}; no single one stands out."
