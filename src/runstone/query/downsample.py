"""Fewer points that look the same: the lowest and the highest of every stretch, and both ends.

Pure functions of NumPy arrays. Stretches have equally many points each, so that a curve keeps its detail where it was
logged often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runstone._lazy import later

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = later("numpy")


def extremes(values: NDArray[np.float64], points: int) -> NDArray[np.intp]:
    """Indices, rising, of about ``points`` of ``values`` (shape (n,)): first, last, and each stretch's least and greatest.

    All n when ``points`` ≥ n. A stretch of nothing but NaN keeps its first point, so that the gap can be seen. At least
    the ends and the least and greatest of all come back, however small ``points`` is.
    """
    count = len(values)
    if points >= count or count <= 4:
        return np.arange(count)
    stretches = max(1, (points - 2) // 2)
    return extremes_of_stretches(values, -(-count // stretches))


def extremes_of_stretches(values: NDArray[np.float64], length: int) -> NDArray[np.intp]:
    """The same for stretches of ``length`` points (the last may be shorter)."""
    count = len(values)
    whole = count - count % length
    picked = [np.array([0, count - 1])]
    if whole:
        picked += _picked(values[:whole].reshape(-1, length), 0)
    if whole < count:
        picked += _picked(values[whole:].reshape(1, -1), whole)
    found = np.sort(np.concatenate(picked))
    # not numpy.unique: its first call imports numpy.ma, which holds training up for 30 ms
    first = np.ones(len(found), dtype=bool)
    np.not_equal(found[1:], found[:-1], out=first[1:])
    return found[first]


def _picked(rows: NDArray[np.float64], offset: int) -> list[NDArray[np.intp]]:
    starts = offset + np.arange(len(rows)) * rows.shape[1]
    nan = np.isnan(rows)
    low, high = rows, rows
    if nan.any():
        low, high = np.where(nan, np.inf, rows), np.where(nan, -np.inf, rows)
    found = [starts + low.argmin(axis=1), starts + high.argmax(axis=1)]
    # ±inf stands in for NaN above: where it won, a real point of that stretch must not be lost
    if nan.any():
        found.append(starts + nan.argmin(axis=1))
        found.append(starts[nan.all(axis=1)])
    return found
