"""Metric, param and tag, as read back."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, structs

from .shape import Entity


class Metric(Entity, frozen=True, gc=False):
    """One point of a series. ``timestamp`` is milliseconds since 1970 UTC; ``value`` may be NaN or ±inf."""

    key: str
    value: float
    timestamp: int
    step: int
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None
    run_id: str | None = None

    def to_dictionary(self) -> dict[str, Any]:
        return structs.asdict(self)


class Param(Entity, frozen=True, gc=False):
    key: str
    value: str


class RunTag(Entity, frozen=True, gc=False):
    key: str
    value: str


class Summary(Struct, frozen=True, gc=False):
    """What is known of a whole series without reading it.

    ``last`` is the point with the greatest (step, timestamp, value). ``min`` and ``max`` ignore NaN and are ``None``
    when every value is NaN; ties keep the earliest step. ``count`` counts all points, ``nans`` the NaN ones. ``mean`` is over
    the points that are not NaN, ±inf if one of those is; ``None`` where there are none, or both infinities.
    Timestamps are milliseconds since 1970 UTC.
    """

    count: int
    nans: int
    first: float
    first_step: int
    first_timestamp: int
    last: float
    last_step: int
    last_timestamp: int
    min: float | None
    min_step: int | None
    max: float | None
    max_step: int | None
    mean: float | None = None
