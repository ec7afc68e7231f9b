"""Figures of traces, of their spans and of what was said about them, and how far two filters find the same traces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field

from runstone.contracts import TraceQuery
from runstone.entities.traces import TraceHead
from runstone.errors import InvalidValue
from runstone.query.trace_figures import AVG, COUNT, MAX, MIN, PERCENTILE, SUM, Aggregation, Fact, association, points
from runstone.server import trace_search

from . import shapes
from .limits import page_size
from .reading import json_number
from .row import Row
from .trace_facts import Clause, clause, of_assessments, of_spans, of_traces, passes

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: Points of one answer, and stretches of time may not be longer than a thousand years.
MOST_POINTS, MOST_SECONDS = 1000, 1000 * 366 * 86_400
#: Traces of one figure, and those whose spans are read for one.
MOST_TRACES, MOST_WITH_SPANS = 1 << 31, 1000


class QueryMetrics(Struct):
    experiment_ids: list[str]
    view_type: str | int
    metric_name: str
    aggregations: list[Aggregation]
    dimensions: list[str] = field(default_factory=list)
    filters: list[str] = field(default_factory=list)
    time_interval_seconds: int | None = None
    start_time_ms: int | None = None
    end_time_ms: int | None = None
    max_results: int = MOST_POINTS
    page_token: str = ""


class Correlate(Struct):
    experiment_ids: list[str]
    filter_string1: str
    filter_string2: str
    base_filter: str = ""


class _View(Struct, frozen=True):
    """``metrics``: what may be done with each, and by which dimensions."""

    metrics: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
    facts: Callable[[Backend, list[TraceHead], str, list[Clause]], Iterator[Fact]]
    most: int = MOST_TRACES


_STATISTICS = (AVG, MIN, MAX, PERCENTILE)
_TOKENS = ("input_tokens", "output_tokens", "total_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
_MODEL = ("span_model_name", "span_model_provider")
VIEWS: dict[str, _View] = {
    "TRACES": _View(
        {
            "trace_count": ((COUNT,), ("trace_name", "trace_status")),
            "session_count": ((COUNT,), ()),
            "latency": (_STATISTICS, ("trace_name",)),
            **dict.fromkeys(_TOKENS, ((SUM, *_STATISTICS), ("trace_name",))),
        },
        of_traces,
    ),
    "SPANS": _View(
        {
            "span_count": ((COUNT,), ("span_name", "span_type", "span_status", *_MODEL)),
            "latency": (_STATISTICS, ("span_name", "span_status")),
            **dict.fromkeys(("input_cost", "output_cost", "total_cost"), ((SUM, *_STATISTICS), _MODEL)),
        },
        of_spans,
        MOST_WITH_SPANS,
    ),
    "ASSESSMENTS": _View(
        {
            "assessment_count": ((COUNT,), ("assessment_name", "assessment_value")),
            "assessment_value": (_STATISTICS, ("assessment_name",)),
        },
        of_assessments,
    ),
}
#: Numbers by which protobuf knows them.
_NUMBERS = {1: "TRACES", 2: "SPANS", 3: "ASSESSMENTS"}


def metrics(backend: Backend, request: QueryMetrics) -> shapes.Json:
    """Count, sum and average traces, spans or assessments, by dimension and stretch of time."""
    name = _NUMBERS.get(request.view_type, "") if isinstance(request.view_type, int) else request.view_type
    view = VIEWS.get(name)
    if view is None:
        raise InvalidValue(f"Invalid view_type {request.view_type!r}: it is one of {', '.join(VIEWS)}.")
    if request.metric_name not in view.metrics:
        raise InvalidValue(f"Invalid metric_name {request.metric_name!r}: of {name} there are {', '.join(view.metrics)}.")
    allowed, dimensions = view.metrics[request.metric_name]
    if not request.aggregations:
        return {"data_points": []}
    for one in request.aggregations:
        one.check(allowed)
    for text in request.dimensions:
        if text not in dimensions:
            known = ", ".join(dimensions) or "none"
            raise InvalidValue(f"Invalid dimension {text!r}: the dimensions of {request.metric_name} are {known}.")
    seconds = request.time_interval_seconds or 0
    if not 0 <= seconds <= MOST_SECONDS or (request.time_interval_seconds is not None and not seconds):
        raise InvalidValue(f"Invalid time_interval_seconds {request.time_interval_seconds}: from 1 to {MOST_SECONDS:,}.")
    if seconds and (request.start_time_ms is None or request.end_time_ms is None):
        raise InvalidValue("time_interval_seconds needs start_time_ms and end_time_ms.")
    clauses = [clause(text, name) for text in request.filters]
    heads = [one for one in _heads(backend, request, view.most) if passes(clauses, "trace", partial(_told, one))]
    facts = view.facts(backend, heads, request.metric_name, clauses)
    limit = page_size(request.max_results, MOST_POINTS)
    return {"data_points": [_shown(one) for one in points(
        request.metric_name, facts, request.aggregations, request.dimensions, seconds, limit
    )]}  # fmt: skip


def correlation(backend: Backend, request: Correlate) -> shapes.Json:
    """How far two filters find the same traces, within those of a third."""

    def found(*texts: str) -> set[str]:
        told = " AND ".join(f"({text})" for text in (request.base_filter, *texts) if text.strip())
        asked = TraceQuery(experiment_ids=tuple(request.experiment_ids), filter=told, limit=MOST_TRACES)
        return {one.trace_id for one in trace_search.every(backend, asked)}

    every, first, second = found(), found(request.filter_string1), found(request.filter_string2)
    joint = len(first & second)
    plain, smoothed = association(joint, len(first), len(second), len(every))
    return {
        "npmi": json_number(plain),
        "npmi_smoothed": json_number(smoothed),
        "filter1_count": len(first),
        "filter2_count": len(second),
        "joint_count": joint,
        "total_count": len(every),
    }


class DataPoints(Struct):
    data_points: list[dict[str, Any]]


class Correlation(Struct):
    npmi: float | str
    npmi_smoothed: float | str
    filter1_count: int
    filter2_count: int
    joint_count: int
    total_count: int


# fmt: off
TRACE_METRICS: tuple[Row, ...] = (
    Row("POST", "/mlflow/traces/metrics", QueryMetrics, DataPoints, metrics, version=3),
    Row("POST", "/mlflow/traces/calculate-filter-correlation", Correlate, Correlation, correlation, version=3),
)
# fmt: on


def _heads(backend: Backend, request: QueryMetrics, most: int) -> list[TraceHead]:
    times = (("timestamp_ms >= ", request.start_time_ms), ("timestamp_ms <= ", request.end_time_ms))
    text = " AND ".join(f"{test}{time}" for test, time in times if time is not None)
    page = backend.store.search_traces(
        TraceQuery(experiment_ids=tuple(request.experiment_ids), filter=text, order_by=("timestamp_ms ASC",), limit=most)
    )
    if page.token is not None:
        raise InvalidValue(
            f"There are more than {most:,} traces; figures of their spans are read from so many at most. "
            "Give start_time_ms and end_time_ms."
        )
    return list(page)


def _told(head: TraceHead, key: tuple[str, str]) -> str | None:
    kind, name = key
    if kind == "status":
        return head.state
    return (head.tags if kind == "tag" else head.metadata).get(name)


def _shown(point: Any) -> dict[str, Any]:
    told = msgspec.to_builtins(point)
    return {**told, "values": {name: json_number(value) for name, value in told["values"].items()}}
