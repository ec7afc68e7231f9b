"""Points as MLflow sends them, as columns."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from runstone.errors import InvalidValue
from runstone.records import MetricLinks, Metrics, Record

from .messages import Point
from .reading import number


def metric_records(run_id: str, points: Sequence[Point]) -> list[Record]:
    """One :class:`Metrics` record, and a link for each point that names a model or a dataset."""
    numbers: dict[str, int] = {}
    series = [numbers.setdefault(point.key, len(numbers)) for point in points]
    values = [number(point.value, "value") for point in points]
    if "" in numbers:
        raise InvalidValue(
            "Missing value for required parameter 'key'. See the API docs for more information about request parameters."
        )
    count = len(points)
    try:
        columns = (
            struct.pack(f"<{count}I", *series),
            struct.pack(f"<{count}q", *(point.step for point in points)),
            struct.pack(f"<{count}d", *values),
            struct.pack(f"<{count}q", *(point.timestamp for point in points)),
        )
    except struct.error as cause:
        raise InvalidValue("A step or timestamp does not fit 64 bits: it must be between -2^63 and 2^63 - 1.") from cause
    records: list[Record] = [Metrics(run_id, list(numbers), *columns)]
    for point, value in zip(points, values, strict=True):
        if point.model_id or point.dataset_name:
            records.append(
                MetricLinks(
                    run_id,
                    point.key,
                    point.step,
                    point.timestamp,
                    value,
                    point.model_id,
                    point.dataset_name,
                    point.dataset_digest,
                )
            )
    return records
