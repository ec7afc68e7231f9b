"""The points of ``Metrics`` records, sorted out by series. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from runstone.entities import Summary
from runstone.errors import InvalidValue
from runstone.query.summary import summarise, summarise_ordered
from runstone.records import Metrics

from .chunks import Points, ordered

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
    if count and int(np.frombuffer(record.series, "<u4").max()) >= len(record.keys):
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


def by_series(records: Sequence[Metrics]) -> Iterator[tuple[str, Arrival]]:
    """Each key once, its points in the order of the records and within them."""
    if sum(len(record.series) for record in records) // 4 <= _FEW:
        return _few(records)
    return _many(records)


def _few(records: Sequence[Metrics]) -> Iterator[tuple[str, Arrival]]:
    found: dict[str, Arrival] = {}
    for record in records:
        arrivals: list[Arrival | None] = [None] * len(record.keys)
        columns = (
            np.frombuffer(record.series, "<u4").tolist(),
            np.frombuffer(record.steps, "<i8").tolist(),
            np.frombuffer(record.timestamps, "<i8").tolist(),
            np.frombuffer(record.values, "<f8").tolist(),
        )
        for index, step, timestamp, value in zip(*columns, strict=True):
            arrival = arrivals[index]
            if arrival is None:
                arrival = arrivals[index] = found.setdefault(record.keys[index], Arrival([], [], []))
            arrival.steps.append(step)
            arrival.timestamps.append(timestamp)
            arrival.values.append(value)
    yield from found.items()


def _many(records: Sequence[Metrics]) -> Iterator[tuple[str, Arrival]]:
    numbers: dict[str, int] = {}
    parts = []
    for record in records:
        places = np.array([numbers.setdefault(key, len(numbers)) for key in record.keys], "<u4")
        parts.append(places[np.frombuffer(record.series, "<u4")] if len(places) else places)
    index = np.concatenate(parts)
    if len(numbers) <= 1 << 16:
        index = index.astype("<u2")  # a stable sort of short words is a radix sort
    order = index.argsort(kind="stable")
    ends = np.bincount(index, minlength=len(numbers)).cumsum().tolist()
    steps, timestamps, values = (
        np.concatenate([np.frombuffer(getattr(record, name), kind) for record in records])[order]
        for name, kind in (("steps", "<i8"), ("timestamps", "<i8"), ("values", "<f8"))
    )
    start = 0
    for key, end in zip(numbers, ends, strict=True):
        if end > start:
            yield key, Arrival(steps[start:end], timestamps[start:end], values[start:end])
        start = end
