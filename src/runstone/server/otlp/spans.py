"""One span, whichever encoding it came in, and how it is kept: in the form of MLflow 3's ``traces.json``."""

from __future__ import annotations

import base64
import json
from typing import Any

from msgspec import Struct, field

#: Levels that values inside values may have.
DEEPEST = 32
#: Fields, objects and elements that one message may be made of. Two bytes make one, and hundreds in memory.
MOST_PARTS = 2_000_000
STATUS = ("STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR")


class Event(Struct):
    name: str = ""
    time: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)


class Link(Struct):
    trace_id: bytes = b""
    span_id: bytes = b""
    attributes: dict[str, Any] = field(default_factory=dict)


class Span(Struct):
    """Times are nanoseconds since 1970 UTC, 0 for none. ``resource`` describes what made the span."""

    trace_id: bytes = b""
    span_id: bytes = b""
    parent_id: bytes = b""
    name: str = ""
    start: int = 0
    end: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    status: int = 0
    message: str = ""
    resource: dict[str, Any] = field(default_factory=dict)

    @property
    def trace(self) -> str:
        """The trace's id as MLflow makes it. What a span says of it itself is not trusted."""
        return named(self.trace_id)


def named(trace_id: bytes) -> str:
    return f"tr-{trace_id.hex()}"


def kept(span: Span) -> dict[str, Any]:
    """As it lies among the trace's files. Attributes are JSON texts, as MLflow keeps them."""
    attributes = {**span.attributes, "mlflow.traceRequestId": span.trace}
    return {
        "trace_id": _text(span.trace_id),
        "span_id": _text(span.span_id),
        "parent_span_id": _text(span.parent_id) or None,
        "name": span.name,
        "start_time_unix_nano": span.start,
        "end_time_unix_nano": span.end or None,
        "status": {"code": STATUS[span.status], "message": span.message},
        "attributes": {key: json.dumps(value) for key, value in attributes.items()},
        "events": [{"name": one.name, "time_unix_nano": one.time, "attributes": one.attributes} for one in span.events],
        "links": [
            {"trace_id": named(one.trace_id), "span_id": one.span_id.hex(), "attributes": one.attributes} for one in span.links
        ],
    }


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
