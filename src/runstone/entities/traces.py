"""Traces: what one request to an application did, as its head tells; the spans lie among the artifacts."""

from __future__ import annotations

from msgspec import Struct


class TraceHead(Struct, frozen=True):
    """``request_time`` is milliseconds since 1970 UTC, ``duration`` milliseconds. ``state`` is OK, ERROR, IN_PROGRESS or
    STATE_UNSPECIFIED. ``details`` is a JSON object of what is only shown: previews, the client's id, assessments."""

    trace_id: str
    experiment_id: str
    request_time: int
    duration: int | None
    state: str
    artifact_location: str
    details: str = "{}"
    metadata: dict[str, str] = {}  # msgspec copies it
    tags: dict[str, str] = {}


class TraceQuery(Struct, frozen=True, kw_only=True):
    """Which traces. Default order: newest first. ``unread``: those whose spans the store has no texts of are not asked for what
    a filter wants of spans, and left to the caller (see :data:`runstone.query.traces.READ`)."""

    experiment_ids: tuple[str, ...]
    filter: str = ""
    order_by: tuple[str, ...] = ()
    limit: int = 100
    page_token: str | None = None
    unread: bool = False
