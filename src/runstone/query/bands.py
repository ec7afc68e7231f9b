"""Many curves as one band: where the middle of them runs, how far they spread, and what none of them exceeds.

Pure functions of NumPy arrays. A curve takes one value in each bin of the x axis (the mean of its finite points there; between
bins with points it is interpolated, outside of its own range it has none), so a run that logged often counts no more than
another. Quantiles are those of Hyndman & Fan (1996), type 7, NumPy's default; the interval of a mean is Student's t.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from runstone._lazy import later

from .samples import t_quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = later("numpy")

Floats: TypeAlias = "NDArray[np.float64]"


class Band(Struct, frozen=True):
    """Arrays of shape (bins,); NaN where no curve reaches. ``runs`` counts the curves in each bin; ``least`` and ``greatest``
    are of all finite points, so that a lone spike shows."""

    xs: Floats
    middle: Floats
    low: Floats
    high: Floats
    least: Floats
    greatest: Floats
    runs: NDArray[np.intp]


def edges_of(start: float, end: float, bins: int, log: bool = False) -> Floats:
    """Edges of equally wide bins, shape (bins + 1,); equally wide in the logarithm with ``log`` (``start`` > 0)."""
    if end <= start:
        end = start + 1
    return np.geomspace(start, end, bins + 1) if log else np.linspace(start, end, bins + 1)


def centres(edges: Floats, log: bool = False) -> Floats:
    """The middle of each bin."""
    return np.sqrt(edges[1:] * edges[:-1]) if log else (edges[1:] + edges[:-1]) / 2


def band(curves: Sequence[tuple[Floats, Floats]], edges: Floats, log: bool = False, mean: bool = False) -> Band:
    """Of curves (xs ascending, values), each shape (n,).

    Args:
        mean: the middle is the mean and ``low`` to ``high`` its 95 % interval (none where one curve is alone); else the
            middle is the median, and between ``low`` and ``high`` lie the 10 to 90 % of the curves.
    """
    xs, bins = centres(edges, log), len(edges) - 1
    least, greatest = np.full(bins, np.inf), np.full(bins, -np.inf)
    places = np.concatenate([np.empty(0), *(curve[0] for curve in curves)])
    values = np.concatenate([np.empty(0), *(curve[1] for curve in curves)])
    row = np.repeat(np.arange(len(curves)), [len(curve[1]) for curve in curves])
    good = np.isfinite(values) & (places >= edges[0]) & (places <= edges[-1])
    row, places, values = row[good], places[good], values[good]
    column = np.clip(np.searchsorted(edges, places, "right") - 1, 0, bins - 1)
    np.minimum.at(least, column, values)
    np.maximum.at(greatest, column, values)
    cell = row * bins + column
    counts = np.bincount(cell, minlength=len(curves) * bins)
    # shares are summed, not values: many near the largest float must not become infinite
    rows: Floats = np.bincount(cell, values / counts[cell], minlength=len(curves) * bins).astype(np.float64)
    rows[counts == 0] = np.nan
    rows = rows.reshape(len(curves), bins)
    _fill_gaps(rows, xs)
    runs = np.isfinite(rows).sum(axis=0)
    middle, low, high = _mean(rows, runs) if mean else _quantiles(rows, runs)
    nothing = ~np.isfinite(least)
    least[nothing] = greatest[nothing] = np.nan
    return Band(xs, middle, low, high, least, greatest, runs)


def _fill_gaps(rows: Floats, xs: Floats) -> None:
    """Straight lines between the bins that a curve has points in; nothing before its first and after its last."""
    there = np.isfinite(rows)
    first, last = there.argmax(axis=1), rows.shape[1] - 1 - there[:, ::-1].argmax(axis=1)
    for i in np.flatnonzero(there.any(axis=1) & (last - first + 1 > there.sum(axis=1))):
        between = slice(first[i], last[i] + 1)
        inside = there[i, between]
        rows[i, between] = np.interp(xs[between], xs[between][inside], rows[i, between][inside])


def _quantiles(rows: Floats, runs: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
    if not len(rows):
        nothing = np.full(rows.shape[1], np.nan)
        return nothing, nothing, nothing
    ordered = np.sort(rows, axis=0)  # NaN last
    columns = np.arange(rows.shape[1])
    found = []
    for share in (0.5, 0.1, 0.9):
        place = share * np.maximum(runs - 1, 0)
        below = np.floor(place).astype(np.intp)
        above = np.minimum(below + 1, np.maximum(runs - 1, 0))
        part = place - below
        found.append(ordered[below, columns] * (1 - part) + ordered[above, columns] * part)
    return found[0], found[1], found[2]


def _mean(rows: Floats, runs: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
    count = np.where(runs > 0, runs, 1)
    middle = np.where(runs > 0, np.nansum(rows / count, axis=0), np.nan)
    spread = np.sqrt(np.nansum((rows - middle) ** 2, axis=0) / np.maximum(runs - 1, 1))
    factor = {n: t_quantile(0.975, n - 1) / math.sqrt(n) for n in {int(n) for n in runs} if n > 1}
    reach = spread * np.array([factor.get(int(n), math.nan) for n in runs])
    return middle, middle - reach, middle + reach
