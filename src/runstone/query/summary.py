"""What is known of a series without reading it: the arithmetic of :class:`~runstone.entities.Summary`.

``first`` and ``last`` are the least and the greatest point by (step, timestamp); between equals the first keeps the one
that came first, the last takes the greater value, NaN below every number. ``min``, ``max`` and ``mean`` ignore NaN; the
first two keep the least step among equals. Means of two parts are put together by their difference, as in Chan, Golub and
LeVeque, "Algorithms for computing the sample variance" (1983): equal values keep their mean exactly, and large ones do not
overflow.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from operator import lt
from typing import TYPE_CHECKING

from runstone.entities import Summary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Sums of fewer than 2**60 values below this are finite.
_LARGE = 1e290


def _rank(value: float) -> tuple[bool, float]:
    return (True, value) if value == value else (False, 0.0)


def summarise(steps: Sequence[int], timestamps: Sequence[int], values: Sequence[float]) -> Summary:
    """Of a few points, in the order they came; at least one. Raises IndexError for none."""
    total = sum(values)
    if (len(values) == 1 or steps[0] < steps[-1]) and total - total == 0 and all(map(lt, steps, islice(steps, 1, None))):
        # one, or one after the other, and all finite, as nearly always: no loop of ours
        low, high = min(values), max(values)
        return Summary(
            len(values), 0, values[0], steps[0], timestamps[0], values[-1], steps[-1], timestamps[-1],
            low, steps[values.index(low)], high, steps[values.index(high)], _between(low, total / len(values), high),
        )  # fmt: skip
    first = last = lowest = highest = 0
    nans = 0
    found = False
    for i, (step, timestamp, value) in enumerate(zip(steps, timestamps, values, strict=True)):
        if i:
            if (step, timestamp) < (steps[first], timestamps[first]):
                first = i
            if (step, timestamp, _rank(value)) > (steps[last], timestamps[last], _rank(values[last])):
                last = i
        if value != value:
            nans += 1
        elif not found:
            found, lowest, highest = True, i, i
        else:
            if value < values[lowest] or (value == values[lowest] and step < steps[lowest]):
                lowest = i
            if value > values[highest] or (value == values[highest] and step < steps[highest]):
                highest = i
    return Summary(
        len(values), nans, values[first], steps[first], timestamps[first], values[last], steps[last], timestamps[last],
        values[lowest] if found else None, steps[lowest] if found else None,
        values[highest] if found else None, steps[highest] if found else None,
        _mean([value for value in values if value == value] if nans else values),
    )  # fmt: skip


def summarise_ordered(steps: NDArray[np.int64], timestamps: NDArray[np.int64], values: NDArray[np.float64]) -> Summary:
    """Of many points that are ordered by (step, timestamp): arrays of shape (n,), n ≥ 1."""
    count = len(values)
    nan = values != values
    nans = int(nan.sum())
    lowest = highest = None
    if nans < count:
        # among equals the first index is the least step
        lowest = int((values if not nans else _filled(values, nan, float("inf"))).argmin())
        highest = int((values if not nans else _filled(values, nan, float("-inf"))).argmax())
        if nans and nan[lowest]:  # every number is +inf
            lowest = int((~nan).argmax())
        if nans and nan[highest]:
            highest = int((~nan).argmax())
    last = count - 1
    tie = last
    while tie and steps[tie - 1] == steps[last] and timestamps[tie - 1] == timestamps[last]:
        tie -= 1
        if _rank(float(values[tie])) > _rank(float(values[last])):
            last = tie
    return Summary(
        count, nans, float(values[0]), int(steps[0]), int(timestamps[0]),
        float(values[last]), int(steps[last]), int(timestamps[last]),
        None if lowest is None else float(values[lowest]), None if lowest is None else int(steps[lowest]),
        None if highest is None else float(values[highest]), None if highest is None else int(steps[highest]),
        mean_of(values[~nan] if nans else values),
    )  # fmt: skip


def mean_of(values: NDArray[np.float64]) -> float | None:
    """Of an array of shape (n,) without NaN; see :class:`~runstone.entities.Summary`."""
    count = len(values)
    if not count:
        return None
    low, high = float(values.min()), float(values.max())
    if low > -_LARGE and high < _LARGE:
        return _between(low, float(values.sum()) / count, high)
    return _mean(values.tolist())


def _mean(values: Sequence[float]) -> float | None:
    """Of numbers that may be infinite, or too large for their sum."""
    if not values:
        return None
    infinite = {value for value in values if value - value != 0}
    if infinite:
        return infinite.pop() if len(infinite) == 1 else None
    total = sum(values) / len(values)
    if total - total != 0:
        total = sum(value / len(values) for value in values)  # shares do not overflow
    return _between(min(values), total, max(values))


def _between(low: float, mean: float, high: float) -> float:
    """What rounding carried past the ends comes back: of three times 0.1 too."""
    return low if mean < low else high if mean > high else mean


def _filled(values: NDArray[np.float64], where: NDArray[np.bool_], by: float) -> NDArray[np.float64]:
    filled: NDArray[np.float64] = values.copy()
    filled[where] = by
    return filled


def combine(earlier: Summary, later: Summary) -> Summary:
    """Of a series whose points came in two parts, ``earlier`` first."""
    if (
        later.first_step > earlier.last_step
        and (earlier.min is not None and earlier.max is not None)
        and (later.min is not None and later.max is not None)
    ):
        # what came later lies behind, and there are numbers on both sides, as nearly always
        low = earlier if earlier.min <= later.min else later
        high = earlier if earlier.max >= later.max else later
        return Summary(
            earlier.count + later.count, earlier.nans + later.nans, earlier.first, earlier.first_step, earlier.first_timestamp,
            later.last, later.last_step, later.last_timestamp, low.min, low.min_step, high.max, high.max_step,
            mean_of_both(earlier.count - earlier.nans, earlier.mean, later.count - later.nans, later.mean),
        )  # fmt: skip
    first, last = earlier, later
    if (later.first_step, later.first_timestamp) < (earlier.first_step, earlier.first_timestamp):
        first = later
    if (earlier.last_step, earlier.last_timestamp, _rank(earlier.last)) > (
        later.last_step,
        later.last_timestamp,
        _rank(later.last),
    ):
        last = earlier
    low, high = _extreme(earlier, later, earlier.min, later.min, -1), _extreme(earlier, later, earlier.max, later.max, 1)
    return Summary(
        earlier.count + later.count, earlier.nans + later.nans, first.first, first.first_step, first.first_timestamp,
        last.last, last.last_step, last.last_timestamp, low.min, low.min_step, high.max, high.max_step,
        mean_of_both(earlier.count - earlier.nans, earlier.mean, later.count - later.nans, later.mean),
    )  # fmt: skip


def mean_of_both(before: int, mean: float | None, more: int, other: float | None) -> float | None:
    """Of ``before`` and ``more`` numbers, NaN not among them, whose means are these."""
    if not (before and more):
        return mean if before else other
    if mean is None or other is None:  # both infinities were there
        return None
    share = more / (before + more)
    whole = mean + (other - mean) * share
    if whole - whole != 0:
        whole = mean * (1 - share) + other * share
    return whole if whole == whole else None


def _extreme(earlier: Summary, later: Summary, old: float | None, new: float | None, sign: int) -> Summary:
    if old is None or new is None:
        return later if old is None else earlier
    if old == new:
        old_step, new_step = (earlier.min_step, later.min_step) if sign < 0 else (earlier.max_step, later.max_step)
        return later if new_step is not None and old_step is not None and new_step < old_step else earlier
    return later if (new - old) * sign > 0 else earlier
