"""Figures of many traces, spans or assessments: counts, sums, means and percentiles by dimension and stretch of time. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import NamedTuple

from msgspec import Struct, field

from runstone.errors import InvalidValue

COUNT, SUM, AVG, PERCENTILE, MIN, MAX = "COUNT", "SUM", "AVG", "PERCENTILE", "MIN", "MAX"
#: The dimension of stretches of time; its values are their beginnings, ISO 8601 in UTC.
BUCKET = "time_bucket"
#: Times that have a name in ISO 8601, milliseconds.
_CALENDAR = range(-62_135_596_800_000, 253_402_300_800_000)


class Aggregation(Struct, frozen=True):
    """``percentile_value`` from 0 to 100, for PERCENTILE and no other."""

    aggregation_type: str
    percentile_value: float | None = None

    @property
    def label(self) -> str:
        """Under which name its value goes out: ``AVG``, ``P95.0``."""
        return f"P{self.percentile_value}" if self.aggregation_type == PERCENTILE else self.aggregation_type

    def check(self, allowed: Sequence[str]) -> None:
        """Raises InvalidValue."""
        if self.aggregation_type not in allowed:
            raise InvalidValue(f"Invalid aggregation_type {self.aggregation_type!r}: this metric has {', '.join(allowed)}.")
        if (self.aggregation_type == PERCENTILE) != (self.percentile_value is not None):
            raise InvalidValue("percentile_value belongs to the aggregation_type PERCENTILE, and to no other.")
        if self.percentile_value is not None and not 0 <= self.percentile_value <= 100:
            raise InvalidValue(f"Invalid percentile_value {self.percentile_value}: it must be between 0 and 100.")


class Fact(NamedTuple):
    """One trace, span or assessment. ``value`` is a number to be aggregated; of a text, different ones are counted."""

    time: int
    value: float | str
    dimensions: dict[str, str]


class Point(Struct):
    metric_name: str
    dimensions: dict[str, str] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)


def points(
    name: str, facts: Iterable[Fact], aggregations: Sequence[Aggregation], dimensions: Sequence[str], seconds: int, limit: int
) -> list[Point]:
    """One point for each combination of dimensions, ordered by time and then by them; facts that lack one are left out.

    ``seconds``: length of a stretch of time; 0: all time is one.
    """
    groups: dict[tuple[int, tuple[str, ...]], list[float | str]] = {}
    for fact in facts:
        if all(one in fact.dimensions for one in dimensions):
            place = tuple(fact.dimensions[one] for one in dimensions)
            start = fact.time // (1000 * seconds) * 1000 * seconds if seconds else 0
            groups.setdefault((start, place), []).append(fact.value)
    found = []
    for (start, place), values in sorted(groups.items())[:limit]:
        named = dict(zip(dimensions, place, strict=True))
        told = {one.label: _value(one, values) for one in aggregations}
        found.append(Point(name, {BUCKET: _iso(start), **named} if seconds else named, told))
    return found


def _iso(start: int) -> str:
    shown = min(max(start, _CALENDAR.start), _CALENDAR.stop - 1)
    return datetime.fromtimestamp(shown / 1000, timezone.utc).isoformat()


def _value(how: Aggregation, values: Sequence[float | str]) -> float:
    if how.aggregation_type == COUNT:
        texts = {one for one in values if isinstance(one, str)}
        return len(texts) if texts else len(values)
    numbers = sorted(one for one in values if not isinstance(one, str))
    if how.aggregation_type == PERCENTILE:
        return _percentile(numbers, (how.percentile_value or 0) / 100)
    total = math.fsum(numbers)
    return {SUM: total, AVG: total / len(numbers), MIN: numbers[0], MAX: numbers[-1]}[how.aggregation_type]


def _percentile(numbers: Sequence[float], part: float) -> float:
    """Between two neighbours as far as it lies (SQL's ``PERCENTILE_CONT``)."""
    place = part * (len(numbers) - 1)
    low = math.floor(place)
    high = min(low + 1, len(numbers) - 1)
    return numbers[low] + (numbers[high] - numbers[low]) * (place - low)


def association(joint: int, first: int, second: int, total: int) -> tuple[float, float]:
    """How far two properties come together: normalized pointwise mutual information, from -1 (never) over 0 (by chance) to 1
    (always), plain and with half a case added to each of the four kinds (Jeffreys' prior), which few cases need.

    Source: G. Bouma, Normalized (Pointwise) Mutual Information in Collocation Extraction, 2009. NaN where one never occurs.
    """
    if min(first, second, joint, total) < 0 or not first or not second or total < first + second - joint:
        return math.nan, math.nan
    if joint == total:
        return 1.0, 1.0
    table = (joint, first - joint, second - joint, total - first - second + joint)
    return (_npmi(*table) if joint else -1.0), _npmi(*(one + 0.5 for one in table))


def _npmi(both: float, first: float, second: float, neither: float) -> float:
    total = both + first + second + neither
    together = both / total
    mutual = math.log(together / ((both + first) / total * ((both + second) / total)))
    return max(-1.0, min(1.0, mutual / -math.log(together)))
