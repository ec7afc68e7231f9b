"""Points that a caller may have sent before: only those are kept that the store does not have yet.

A point after a series' last one is new without a look; so a steady log costs nothing here. Only for others the stored
points of those steps are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from operator import lt
from typing import Any, TypeAlias

from runstone.contracts import Series
from runstone.entities import Summary

from .arrivals import Arrival
from .series import SeriesState, kept

#: (run, key, first step, last step, 0, None) to the points that are stored.
Stored: TypeAlias = Callable[[str, str, int, int, int, None], Series]
#: Step, timestamp, value (``None`` for NaN).
_Point: TypeAlias = "tuple[int, int, float | None]"


def unseen(run_id: str, arrivals: Mapping[str, Arrival], states: dict[str, SeriesState], stored: Stored) -> dict[str, Arrival]:
    """The points, each once, without those that are stored."""
    found: dict[str, Arrival] = {}
    for key, arrival in arrivals.items():
        state, came = states.get(key), arrival.steps
        before = state.summary if state is not None else None
        behind = before is None or came[0] > before.last_step
        # the first as nearly always, without a call
        if (behind and _rises(came)) or _all_after(arrival, before):
            found[key] = arrival
            continue
        fresh = _fresh(run_id, key, arrival, state, stored)
        if fresh:
            steps, timestamps, values = zip(*fresh, strict=True)
            plain = [float("nan") if value is None else value for value in values]
            found[key] = Arrival(list(steps), list(timestamps), plain)
    return found


def _rises(steps: Any) -> bool:
    if isinstance(steps, list):
        return all(map(lt, steps, islice(steps, 1, None)))
    return bool((steps[1:] > steps[:-1]).all())


def _all_after(arrival: Arrival, before: Summary | None) -> bool:
    """Whether each point comes after the one before it, and the first after the last one that is stored."""
    steps = _plain(arrival.steps)
    if (before is None or steps[0] > before.last_step) and all(map(lt, steps, islice(steps, 1, None))):
        return True
    timestamps, values = _plain(arrival.timestamps), _plain(arrival.values)
    if before is not None and not (steps[0], timestamps[0], values[0]) > (before.last_step, before.last_timestamp, before.last):
        return False
    points = list(zip(steps, timestamps, values, strict=True))
    return all(map(lt, points, islice(points, 1, None)))


def _fresh(run_id: str, key: str, arrival: Arrival, state: SeriesState | None, stored: Stored) -> list[_Point]:
    columns = (_plain(arrival.steps), _plain(arrival.timestamps), map(kept, _plain(arrival.values)))
    points: dict[_Point, None] = dict.fromkeys(zip(*columns, strict=True))
    if state is None or state.summary is None:
        return list(points)
    last = state.summary
    points.pop((last.last_step, last.last_timestamp, kept(last.last)), None)
    doubtful = [point for point in points if not _after(point, last.last_step, last.last_timestamp, last.last)]
    if doubtful:
        steps = [point[0] for point in doubtful]
        there = stored(run_id, key, min(steps), max(steps), 0, None)
        for point in zip(there.steps.tolist(), there.timestamps.tolist(), map(kept, there.values.tolist()), strict=True):
            points.pop(point, None)
    return list(points)


def _after(point: _Point, step: int, timestamp: int, value: float) -> bool:
    """Whether a point comes after the series' last one, so that it cannot be stored. NaN comes after nothing."""
    if (point[0], point[1]) != (step, timestamp):
        return (point[0], point[1]) > (step, timestamp)
    return point[2] is not None and point[2] > value


def _plain(column: Any) -> list[Any]:
    found: list[Any] = column if isinstance(column, list) else column.tolist()
    return found
