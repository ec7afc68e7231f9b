"""Reads OTLP's ``ExportTraceServiceRequest`` from protobuf bytes.

Field numbers are those of opentelemetry-proto (``trace/v1/trace.proto``, ``common/v1/common.proto``), the encoding that of
protobuf.dev/programming-guides/encoding. Fields that are not known, or come in another wire type, are passed over.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Iterator
from typing import Any

from runstone.errors import InvalidValue

from . import spans
from .spans import DEEPEST, Event, Link, Span

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_MASK64 = (1 << 64) - 1


class _Damaged(ValueError):
    pass


class _Budget:
    """Fields that a message may still have, at whatever depth."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = spans.MOST_PARTS


def read(body: bytes) -> list[Span]:
    """All spans of a message. Raises InvalidValue."""
    try:
        return list(_request(body, _Budget()))
    except (_Damaged, UnicodeDecodeError, struct.error) as cause:
        raise InvalidValue(f"The body is no ExportTraceServiceRequest in protobuf: {cause}.") from cause


def _fields(data: bytes, budget: _Budget) -> Iterator[tuple[int, int, Any]]:
    """Field number, wire type and value of each field: an int, or bytes of a length-delimited one."""
    place, end = 0, len(data)
    while place < end:
        budget.left -= 1
        if budget.left < 0:
            raise InvalidValue(f"The message has more than {spans.MOST_PARTS:,} parts; send fewer spans at once.")
        tag, place = _varint(data, place)
        number, kind = tag >> 3, tag & 7
        if not 0 < number < 1 << 29:
            raise _Damaged(f"a field has the number {number}")
        value: Any
        if kind == VARINT:
            value, place = _varint(data, place)
        elif kind == BYTES:
            length, place = _varint(data, place)
            value, place = data[place : place + length], place + length
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
            value, place = int.from_bytes(data[place : place + size], "little"), place + size
        else:
            raise _Damaged(f"field {number} has the wire type {kind}")
        if place > end:
            raise _Damaged(f"field {number} ends after the message")
        yield number, kind, value


def _varint(data: bytes, place: int) -> tuple[int, int]:
    found = shift = 0
    while shift < 70:
        if place >= len(data):
            raise _Damaged("a number breaks off")
        byte = data[place]
        place += 1
        found |= (byte & 0x7F) << shift
        if byte < 0x80:
            return found & _MASK64, place
        shift += 7
    raise _Damaged("a number has more than ten bytes")


def _request(data: bytes, budget: _Budget) -> Iterator[Span]:
    for number, kind, value in _fields(data, budget):
        if (number, kind) == (1, BYTES):
            yield from _resource_spans(value, budget)


def _resource_spans(data: bytes, budget: _Budget) -> Iterator[Span]:
    resource: dict[str, Any] = {}
    scopes = []
    for number, kind, value in _fields(data, budget):
        if (number, kind) == (1, BYTES):
            for inner, inner_kind, attribute in _fields(value, budget):
                if (inner, inner_kind) == (1, BYTES):
                    _pair(attribute, resource, budget)
        elif (number, kind) == (2, BYTES):
            scopes.append(value)
    for scope in scopes:
        for number, kind, value in _fields(scope, budget):
            if (number, kind) == (2, BYTES):
                span = _span(value, budget)
                span.resource = resource
                yield span


def _span(data: bytes, budget: _Budget) -> Span:
    span = Span()
    for number, kind, value in _fields(data, budget):
        _SPAN.get((number, kind), _pass)(span, value, budget)
    return span


def _pass(span: Span, value: Any, budget: _Budget) -> None:
    """A field that nothing here needs: trace state, kind, flags, what was dropped."""


def _status(span: Span, data: bytes, budget: _Budget) -> None:
    for number, kind, value in _fields(data, budget):
        if (number, kind) == (2, BYTES):
            span.message = value.decode()
        elif (number, kind) == (3, VARINT):
            span.status = value if value in (0, 1, 2) else 0


def _event(span: Span, data: bytes, budget: _Budget) -> None:
    event = Event()
    for number, kind, value in _fields(data, budget):
        if (number, kind) == (1, FIXED64):
            event.time = value
        elif (number, kind) == (2, BYTES):
            event.name = value.decode()
        elif (number, kind) == (3, BYTES):
            _pair(value, event.attributes, budget)
    span.events.append(event)


def _link(span: Span, data: bytes, budget: _Budget) -> None:
    link = Link()
    for number, kind, value in _fields(data, budget):
        if (number, kind) == (1, BYTES):
            link.trace_id = value
        elif (number, kind) == (2, BYTES):
            link.span_id = value
        elif (number, kind) == (4, BYTES):
            _pair(value, link.attributes, budget)
    span.links.append(link)


def _sets(name: str, convert: Callable[[Any], Any] = lambda value: value) -> Callable[[Span, Any, _Budget], None]:
    return lambda span, value, budget: setattr(span, name, convert(value))


_SPAN: dict[tuple[int, int], Callable[[Span, Any, _Budget], None]] = {
    (1, BYTES): _sets("trace_id"),
    (2, BYTES): _sets("span_id"),
    (4, BYTES): _sets("parent_id"),
    (5, BYTES): _sets("name", bytes.decode),
    (7, FIXED64): _sets("start"),
    (8, FIXED64): _sets("end"),
    (9, BYTES): lambda span, value, budget: _pair(value, span.attributes, budget),
    (11, BYTES): _event,
    (13, BYTES): _link,
    (15, BYTES): _status,
}


def _pair(data: bytes, into: dict[str, Any], budget: _Budget, depth: int = 0) -> None:
    key, found = "", None
    for number, kind, value in _fields(data, budget):
        if (number, kind) == (1, BYTES):
            key = value.decode()
        elif (number, kind) == (2, BYTES):
            found = _value(value, budget, depth)
    into[key] = found


def _value(data: bytes, budget: _Budget, depth: int) -> Any:
    """``AnyValue``: the last of its alternatives counts. Bytes become base64."""
    if depth > DEEPEST:
        raise _Damaged(f"values lie more than {DEEPEST} deep in each other")
    found: Any = None
    for number, kind, value in _fields(data, budget):
        if (number, kind) == (1, BYTES):
            found = value.decode()
        elif (number, kind) == (2, VARINT):
            found = bool(value)
        elif (number, kind) == (3, VARINT):
            found = value - (1 << 64) if value >> 63 else value
        elif (number, kind) == (4, FIXED64):
            found = struct.unpack("<d", value.to_bytes(8, "little"))[0]
        elif (number, kind) == (5, BYTES):
            found = [
                _value(one, budget, depth + 1) for inner, form, one in _fields(value, budget) if (inner, form) == (1, BYTES)
            ]
        elif (number, kind) == (6, BYTES):
            found = {}
            for inner, form, one in _fields(value, budget):
                if (inner, form) == (1, BYTES):
                    _pair(one, found, budget, depth + 1)
        elif (number, kind) == (7, BYTES):
            found = base64.b64encode(value).decode()
    return found
