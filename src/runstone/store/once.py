"""Points that a caller may have sent before: only those are kept that the store does not have yet.

A point after a series' last one is new without a look; so a steady log costs nothing here. Only for others the stored
points of those steps are read.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from runstone.contracts import Series
from runstone.records import Metrics

from .arrivals import Arrival, by_series
from .series import SeriesState, kept

#: (run, key, first step, last step, 0, None) to the points that are stored.
Stored: TypeAlias = Callable[[str, str, int, int, int, None], Series]
#: Step, timestamp, value (``None`` for NaN).
_Point: TypeAlias = "tuple[int, int, float | None]"


def unseen(run_id: str, records: Sequence[Metrics], states: dict[str, SeriesState], stored: Stored) -> Sequence[Metrics]:
    """The points of these records, each once, without those that are stored."""
    if _all_after(records, states):
        return records
    keys: list[str] = []
    series: list[int] = []
    points: list[_Point] = []
    for key, arrival in by_series(records):
        fresh = _fresh(run_id, key, arrival, states.get(key), stored)
        if fresh:
            series += [len(keys)] * len(fresh)
            keys.append(key)
            points += fresh
    if not points:
        return ()
    steps, timestamps, values = zip(*points, strict=True)
    count = len(points)
    plain = [float("nan") if value is None else value for value in values]
    columns = (
        struct.pack(f"<{count}I", *series),
        struct.pack(f"<{count}q", *steps),
        struct.pack(f"<{count}d", *plain),
        struct.pack(f"<{count}q", *timestamps),
    )
    return (Metrics(run_id, keys, *columns),)


def _all_after(records: Sequence[Metrics], states: dict[str, SeriesState]) -> bool:
    """Whether each point comes after the last one of its series, stored or sent before it."""
    latest: dict[str, tuple[int, int, float]] = {}
    for record in records:
        for index, step, timestamp, value in zip(
            np.frombuffer(record.series, "<u4").tolist(),
            np.frombuffer(record.steps, "<i8").tolist(),
            np.frombuffer(record.timestamps, "<i8").tolist(),
            np.frombuffer(record.values, "<f8").tolist(),
            strict=True,
        ):
            key, point = record.keys[index], (step, timestamp, value)
            last = latest.get(key)
            if last is None:
                state = states.get(key)
                if state is not None and state.summary is not None:
                    summary = state.summary
                    last = (summary.last_step, summary.last_timestamp, summary.last)
            if last is not None and not point > last:
                return False
            latest[key] = point
    return True


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
