"""Reads OTLP's ``ExportTraceServiceRequest`` from JSON: lowerCamelCase names, ids in hexadecimal, enums as numbers or names
(opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding")."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct, field

from runstone.errors import InvalidValue

from . import spans
from .spans import DEEPEST, STATUS


class _Camel(Struct, rename="camel"):
    pass


class _Pair(_Camel):
    key: str = ""
    value: dict[str, Any] | None = None


class _Event(_Camel):
    time_unix_nano: int | str = 0
    name: str = ""
    attributes: list[_Pair] = field(default_factory=list)


class _Link(_Camel):
    trace_id: str = ""
    span_id: str = ""
    attributes: list[_Pair] = field(default_factory=list)


class _Status(_Camel):
    message: str = ""
    code: int | str = 0


class _Span(_Camel):
    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str = ""
    name: str = ""
    start_time_unix_nano: int | str = 0
    end_time_unix_nano: int | str = 0
    attributes: list[_Pair] = field(default_factory=list)
    events: list[_Event] = field(default_factory=list)
    links: list[_Link] = field(default_factory=list)
    status: _Status | None = None


class _Scope(_Camel):
    spans: list[_Span] = field(default_factory=list)


class _Resource(_Camel):
    attributes: list[_Pair] = field(default_factory=list)


class _ResourceSpans(_Camel):
    resource: _Resource | None = None
    scope_spans: list[_Scope] = field(default_factory=list)


class _Request(_Camel):
    resource_spans: list[_ResourceSpans] = field(default_factory=list)


_decoder = msgspec.json.Decoder(_Request)


def read(body: bytes) -> list[spans.Span]:
    """All spans of a message. Raises InvalidValue."""
    # every object, list and element has one of these; those within texts count too
    if sum(map(body.count, (b"{", b"[", b","))) > spans.MOST_PARTS:
        raise InvalidValue(f"The message has more than {spans.MOST_PARTS:,} parts; send fewer spans at once.")
    try:
        found = []
        for group in _decoder.decode(body).resource_spans:
            resource = _attributes(group.resource.attributes) if group.resource else {}
            found += [_span(one, resource) for scope in group.scope_spans for one in scope.spans]
        return found
    except (msgspec.MsgspecError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError) as cause:
        raise InvalidValue(f"The body is no ExportTraceServiceRequest in JSON: {cause}.") from cause


def _span(one: _Span, resource: dict[str, Any]) -> spans.Span:
    status = one.status or _Status()
    code = STATUS.index(status.code) if isinstance(status.code, str) else status.code
    return spans.Span(
        bytes.fromhex(one.trace_id),
        bytes.fromhex(one.span_id),
        bytes.fromhex(one.parent_span_id),
        one.name,
        _nanoseconds(one.start_time_unix_nano),
        _nanoseconds(one.end_time_unix_nano),
        _attributes(one.attributes),
        [spans.Event(each.name, _nanoseconds(each.time_unix_nano), _attributes(each.attributes)) for each in one.events],
        [
            spans.Link(bytes.fromhex(each.trace_id), bytes.fromhex(each.span_id), _attributes(each.attributes))
            for each in one.links
        ],
        code if code in (0, 1, 2) else 0,
        status.message,
        resource,
    )


def _nanoseconds(value: int | str) -> int:
    found = int(value)
    if not 0 <= found < 1 << 64:
        raise ValueError(f"{value!r} is no time in nanoseconds")
    return found


def _attributes(pairs: list[_Pair], depth: int = 0) -> dict[str, Any]:
    return {one.key: _value(one.value or {}, depth) for one in pairs}


def _value(value: dict[str, Any], depth: int) -> Any:
    """``AnyValue``. Bytes are base64 and stay so."""
    if depth > DEEPEST:
        raise ValueError(f"values lie more than {DEEPEST} deep in each other")
    for kind, given in value.items():
        if kind in ("stringValue", "bytesValue"):
            return str(given)
        if kind == "boolValue":
            return bool(given)
        if kind == "intValue":
            return int(given)
        if kind == "doubleValue":
            return float(given)
        if kind == "arrayValue":
            return [_value(one, depth + 1) for one in given.get("values", ())]
        if kind == "kvlistValue":
            return _attributes(msgspec.convert(given.get("values", []), list[_Pair]), depth + 1)
    return None
