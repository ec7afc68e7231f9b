"""Points as MLflow sends them, as columns; and back, as its JSON."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import repeat
from typing import Any

import msgspec
from msgspec import Struct

from runstone.contracts import Series
from runstone.errors import InvalidValue
from runstone.records import MetricLinks, Metrics, Record

from .limits import check_keys, unusual_key
from .messages import Point
from .reading import json_number, missing, number

_encoder = msgspec.json.Encoder()
_MOST = (1 << 63) - 1
#: The columns of one point.
_LONG, _DOUBLE, _FIRST_KEY = struct.Struct("<q"), struct.Struct("<d"), struct.pack("<I", 0)


class _Plain(Struct):
    """A point as it goes out."""

    key: str
    value: Any
    timestamp: int
    step: int


class _Owned(_Plain):
    run_id: str


def metric_records(run_id: str, points: Sequence[Point], path: str = "{}") -> list[Record]:
    """One :class:`Metrics` record, and a link for each point that names a model or a dataset.

    ``path`` is how errors name the field of a point, ``metrics[{}].{}`` where there are several.

    Raises:
        InvalidValue: a key, value, step or timestamp that cannot be.
    """
    if len(points) == 1 and _plain(point := points[0]):  # nearly every ``log-metric``: nothing to put into columns
        step, value, timestamp = _LONG.pack(point.step), _DOUBLE.pack(point.value), _LONG.pack(point.timestamp)
        return [Metrics(run_id, [point.key], _FIRST_KEY, step, value, timestamp)]
    values: list[Any] = [point.value for point in points]
    timestamps = [point.timestamp for point in points]
    if not (set(map(type, values)) == {float} and min(timestamps) >= 0 and max(timestamps) <= _MOST):
        values = _checked(points, path)
    numbers: dict[str, int] = {}
    series = [numbers.setdefault(point.key, len(numbers)) for point in points]
    if any(map(unusual_key, numbers)):
        check_keys([point.key for point in points], path.format("{}", "key") if path != "{}" else "key")
    try:
        metrics = Metrics.of(run_id, list(numbers), series, [point.step for point in points], values, timestamps)
    except struct.error as cause:
        raise InvalidValue("A step does not fit 64 bits: it must be between -2^63 and 2^63 - 1.") from cause
    records: list[Record] = [metrics]
    if any([point.model_id or point.dataset_name for point in points]):  # a list is made faster than a generator is asked
        records += [
            _link(run_id, point, value)
            for point, value in zip(points, values, strict=True)
            if point.model_id or point.dataset_name
        ]
    return records


def _plain(point: Point) -> bool:
    """Whether there is nothing about a point that needs a closer look."""
    return (
        type(point.value) is float
        and 0 <= point.timestamp <= _MOST
        and -_MOST <= point.step <= _MOST
        and not (point.model_id or point.dataset_name or unusual_key(point.key))
    )


def _checked(points: Sequence[Point], path: str) -> list[float]:
    """The values, one by one. Raises InvalidValue for the first value or timestamp that cannot be."""
    several = path != "{}"
    values = []
    for place, point in enumerate(points):
        value = point.value
        if type(value) is not float:
            name = path.format(place, "value") if several else "value"
            if value is None:
                raise missing(name)
            value = number(value, name)
        values.append(value)
        if not 0 <= point.timestamp <= _MOST:
            name = path.format(place, "timestamp") if several else "timestamp"
            raise InvalidValue(
                f"Invalid value {point.timestamp} for parameter '{name}' supplied: metric '{point.key}' (value={value}). "
                "Timestamp must be a nonnegative long (64-bit integer)."
            )
    return values


def _link(run_id: str, point: Point, value: float) -> MetricLinks:
    return MetricLinks(
        run_id,
        point.key,
        point.step,
        point.timestamp,
        value,
        point.model_id or None,
        point.dataset_name or None,
        point.dataset_digest or None,
    )


def points_json(found: Sequence[Series], owned: bool = False) -> bytes:
    """The points of these series as a JSON list; ``owned``: each names its run."""
    parts: list[bytes] = []
    for series in found:
        values = series.values.tolist()
        if series.values.size and not bool((abs(series.values) < float("inf")).all()):
            values = [json_number(value) for value in values]
        columns = (repeat(series.key), values, series.timestamps.tolist(), series.steps.tolist())
        points = map(_Owned, *columns, repeat(series.run_id)) if owned else map(_Plain, *columns)
        body = _encoder.encode(list(points))[1:-1]
        if body:
            parts.append(body)
    return b"[" + b",".join(parts) + b"]"
