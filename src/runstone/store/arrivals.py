"""The points of ``Metrics`` records, sorted out by series. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from runstone._lazy import later
from runstone.entities import Summary
from runstone.errors import InvalidValue
from runstone.query.summary import summarise, summarise_ordered
from runstone.records import Metrics

from .chunks import Points, joined, ordered

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = later("numpy")

#: Up to so many points plain Python is faster than arrays.
_FEW = 1024


def checked(record: Metrics) -> Metrics:
    """The record, if its columns fit together. Raises InvalidValue."""
    count = len(record.series) // 4
    if (len(record.series), len(record.steps), len(record.values), len(record.timestamps)) != (4 * count, *[8 * count] * 3):
        raise InvalidValue(
            f"Metrics of run {record.run_id!r} have columns of {len(record.series)}, {len(record.steps)}, {len(record.values)} "
            f"and {len(record.timestamps)} bytes; {count} points need {4 * count} and three times {8 * count}."
        )
    few = struct.unpack(f"<{count}I", record.series) if count <= _FEW else ()
    if count and (max(few) if few else np.frombuffer(record.series, "<u4").max()) >= len(record.keys):
        raise InvalidValue(f"Metrics of run {record.run_id!r} name a series beyond the {len(record.keys)} keys they list.")
    return record


class Arrival:
    """Points of one series as they came, at least one, as lists or as arrays of shape (n,)."""

    __slots__ = ("steps", "timestamps", "values")

    def __init__(
        self,
        steps: list[int] | NDArray[np.int64],
        timestamps: list[int] | NDArray[np.int64],
        values: list[float] | NDArray[np.float64],
    ) -> None:
        self.steps, self.timestamps, self.values = steps, timestamps, values

    def __len__(self) -> int:
        return len(self.values)

    def points(self) -> Points:
        return Points(np.asarray(self.steps, "<i8"), np.asarray(self.timestamps, "<i8"), np.asarray(self.values, "<f8"))

    def summary(self) -> Summary:
        if isinstance(self.steps, list):
            return summarise(self.steps, self.timestamps, self.values)  # type: ignore[arg-type]  # lists, all three
        points = ordered(self.points())
        return summarise_ordered(points.steps, points.timestamps, points.values)

    def then(self, later: Arrival) -> Arrival:
        """These points, and then those."""
        if isinstance(self.steps, list) and isinstance(later.steps, list):
            lists: Any = (self.steps + later.steps, self.timestamps + later.timestamps, self.values + later.values)
            return Arrival(*lists)
        both = joined([self.points(), later.points()])
        return Arrival(both.steps, both.timestamps, both.values)


def by_series(records: Sequence[Metrics]) -> dict[str, Arrival]:
    """Each key once, its points in the order of the records and within them."""
    if sum(len(record.series) for record in records) // 4 <= _FEW:
        return _few(records)
    return dict(_many(records))


def _few(records: Sequence[Metrics]) -> dict[str, Arrival]:
    found: dict[str, Arrival] = {}
    for record in records:
        for key in record.keys:
            if key not in found:
                found[key] = Arrival([], [], [])
        arrivals: Any = [found[key] for key in record.keys]
        count = len(record.series) // 4
        steps = struct.unpack(f"<{count}q", record.steps)
        timestamps = struct.unpack(f"<{count}q", record.timestamps)
        values = struct.unpack(f"<{count}d", record.values)
        if len(arrivals) == 1:
            arrivals[0].steps += steps
            arrivals[0].timestamps += timestamps
            arrivals[0].values += values
            continue
        series, width = struct.unpack(f"<{count}I", record.series), len(arrivals)
        if not count % width and series == tuple(range(width)) * (count // width):
            # each step brings every key in one order, as most callers log
            for place, arrival in enumerate(arrivals):
                arrival.steps += steps[place::width]
                arrival.timestamps += timestamps[place::width]
                arrival.values += values[place::width]
            continue
        for index, step, timestamp, value in zip(series, steps, timestamps, values, strict=True):
            arrival = arrivals[index]
            arrival.steps.append(step)
            arrival.timestamps.append(timestamp)
            arrival.values.append(value)
    return {key: arrival for key, arrival in found.items() if arrival.steps}


def _many(records: Sequence[Metrics]) -> Iterator[tuple[str, Arrival]]:
    keys = dict.fromkeys(key for record in records for key in record.keys)
    numbers = {key: number for number, key in enumerate(keys)}
    columns = (
        np.concatenate([np.frombuffer(getattr(record, name), kind) for record in records])
        for name, kind in (("steps", "<i8"), ("timestamps", "<i8"), ("values", "<f8"))
    )
    if len(numbers) == 1:
        yield next(iter(numbers)), Arrival(*columns)
        return
    places = [np.array([numbers[key] for key in record.keys], "<u4") for record in records]
    index = np.concatenate(
        [place[np.frombuffer(one.series, "<u4")] for place, one in zip(places, records, strict=True) if len(place)]
    )
    if len(numbers) <= 1 << 16:
        index = index.astype("<u2")  # a stable sort of short words is a radix sort
    order = index.argsort(kind="stable")
    ends = np.bincount(index, minlength=len(numbers)).cumsum().tolist()
    steps, timestamps, values = (column[order] for column in columns)
    start = 0
    for key, end in zip(numbers, ends, strict=True):
        if end > start:
            yield key, Arrival(steps[start:end], timestamps[start:end], values[start:end])
        start = end
