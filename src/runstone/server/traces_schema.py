"""Requests and answers about traces; see :mod:`.schema` for what holds for all."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

#: Most traces, and most spans, of one answer; most characters of one text of a span.
MOST_TRACES, MOST_SPANS, MOST_TEXT = 500, 5_000, 1_000_000

State = Literal["OK", "ERROR", "IN_PROGRESS", "STATE_UNSPECIFIED"]


class TracesQuery(Struct):
    """``exp``: experiment ids with commas between. ``q`` is part of a name or the beginning of an id; ``filter`` is in
    the grammar of traces (``status = 'ERROR' AND execution_time > 1000``); ``run``: only those of this run."""

    exp: str
    q: str = ""
    filter: str = ""
    state: State | Literal[""] = ""
    run: str = ""
    order: Literal["newest", "slowest"] = "newest"
    limit: Annotated[int, Meta(ge=1, le=MOST_TRACES)] = 100
    page_token: str = ""


class TraceTokens(Struct):
    input: int | None
    output: int | None
    total: int | None


class TraceRow(Struct):
    """``time`` is milliseconds since 1970 UTC, ``duration`` milliseconds. ``request`` and ``response`` are previews.
    ``cost`` is what the tracer says, in US dollars."""

    trace_id: str
    experiment_id: str
    name: str
    state: State
    time: int
    duration: int | None
    request: str
    response: str
    tokens: TraceTokens | None
    cost: float | None
    session: str
    user: str
    run_id: str
    assessments: int


class Traces(Struct):
    """``next_page_token`` is empty on the last page."""

    traces: list[TraceRow]
    next_page_token: str


class TraceAssessment(Struct):
    """What somebody, or a judge, thinks of the trace. ``value`` is JSON."""

    name: str
    kind: Literal["feedback", "expectation"]
    value: str
    source: str
    rationale: str
    valid: bool


class TraceSpan(Struct):
    """``start`` is milliseconds after the first span's, ``duration`` milliseconds (null: not ended). ``parent_id`` is empty
    for a root, and for a span whose parent is not here."""

    span_id: str
    parent_id: str
    name: str
    kind: str
    status: str
    message: str
    start: float
    duration: float | None
    model: str
    tokens: TraceTokens | None


class TraceDetail(Struct):
    """Spans in the order in which they began, at most 5,000 of ``count``."""

    trace: TraceRow
    experiment_name: str
    metadata: dict[str, str]
    tags: dict[str, str]
    assessments: list[TraceAssessment]
    spans: list[TraceSpan]
    count: int


class SpanEvent(Struct):
    """``time`` is milliseconds after the first span's start."""

    name: str
    time: float | None
    attributes: dict[str, str]


class SpanDetail(Struct):
    """``inputs``, ``outputs`` and attributes are JSON texts, each cut after a million characters."""

    span: TraceSpan
    inputs: str
    outputs: str
    attributes: dict[str, str]
    events: list[SpanEvent]


#: A span as it is kept among the trace's files.
Kept = dict[str, Any]
