"""Whole traces: heads with their spans, which lie among the artifacts (:mod:`runstone.server.otlp.pieces`).

Spans go out as OpenTelemetry's protobuf says them in JSON (opentelemetry-proto, ``trace/v1/trace.proto``). The file's own
forms are those of MLflow 3 (ids in base64) and MLflow 2 (ids in hexadecimal).
"""

from __future__ import annotations

import base64
import json
import math
import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from runstone.entities.traces import TraceHead
from runstone.errors import InvalidValue, NotFound
from runstone.server.otlp import pieces

from . import answers as a
from . import shapes
from .row import Row
from .traces import shape

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: Traces in one answer.
MOST_TRACES = 500
#: Bytes of the spans of one answer that has several traces; a large trace can be asked for by itself.
MOST_BYTES = 128 << 20
_CODES = {"OK": "STATUS_CODE_OK", "ERROR": "STATUS_CODE_ERROR", "UNSET": "STATUS_CODE_UNSET"}
_NOT_FINITE = {math.inf: "Infinity", -math.inf: "-Infinity"}
_INT64 = range(-(1 << 63), 1 << 63)


class GetTrace(Struct):
    trace_id: str
    allow_partial: bool = False


class GetTraces(Struct):
    trace_ids: list[str]
    experiment_ids: list[str] = field(default_factory=list)


def get(backend: Backend, request: GetTrace) -> shapes.Json:
    """One trace with its spans."""
    return {"trace": _whole(backend, backend.store.get_trace(request.trace_id))[0]}


def batch(backend: Backend, request: GetTraces) -> shapes.Json:
    """Traces with their spans; those that do not exist are left out."""
    found, size = list[shapes.Json](), 0
    for head in _heads(backend, request):
        whole, taken = _whole(backend, head)
        found.append(whole)
        size += taken
        if size > MOST_BYTES:
            raise InvalidValue(f"The spans of these traces take more than {MOST_BYTES >> 20} MiB; ask for fewer at once.")
    return {"traces": found}


def infos(backend: Backend, request: GetTraces) -> shapes.Json:
    """Heads of traces; those that do not exist are left out."""
    return {"trace_infos": [shape(backend, one) for one in _heads(backend, request)]}


# fmt: off
TRACE_SPANS: tuple[Row, ...] = (
    Row("GET", "/mlflow/traces/get", GetTrace, a.OneTrace, get, version=3),
    Row("GET", "/mlflow/traces/batchGet", GetTraces, a.TraceInfos, batch, version=3),
    Row("POST", "/mlflow/traces/batchGetInfos", GetTraces, a.TraceHeads, infos, version=3),
)
# fmt: on


def _heads(backend: Backend, request: GetTraces) -> list[TraceHead]:
    wanted = list(dict.fromkeys(request.trace_ids))
    if len(wanted) > MOST_TRACES:
        raise InvalidValue(
            f"Invalid value for parameter 'trace_ids' supplied: {len(wanted)} traces; at most {MOST_TRACES} at once."
        )
    found = []
    for trace_id in wanted:
        try:
            found.append(backend.store.get_trace(trace_id))
        except NotFound:
            continue
    allowed = set(request.experiment_ids)
    return [one for one in found if not allowed or one.experiment_id in allowed]


def _whole(backend: Backend, head: TraceHead) -> tuple[shapes.Json, int]:
    spans, size = _spans(backend, head)
    return {"trace_info": shape(backend, head), "spans": spans}, size


def _spans(backend: Backend, head: TraceHead) -> tuple[list[shapes.Json], int]:
    """A trace's spans as they go out, and the bytes that they took; none where nobody has kept any. What is no span is left
    out."""
    found = []
    kept, size = pieces.read(backend.artifacts(head.artifact_location))
    for one in kept:
        try:
            found.append(_span(one))
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError):
            continue
    return found, size


def _span(kept: dict[str, Any]) -> shapes.Json:
    context = kept.get("context") or {}
    status = kept.get("status") or {}
    code = str(status.get("code") or kept.get("status_code") or "UNSET")
    return shapes.without_none(
        {
            "trace_id": _id(kept.get("trace_id") or context.get("trace_id")),
            "span_id": _id(kept.get("span_id") or context.get("span_id")),
            "parent_span_id": _id(kept.get("parent_span_id") or kept.get("parent_id")),
            "name": str(kept["name"]),
            "start_time_unix_nano": kept.get("start_time_unix_nano") or kept.get("start_time"),
            "end_time_unix_nano": kept.get("end_time_unix_nano") or kept.get("end_time"),
            "attributes": _attributes({key: _read(value) for key, value in (kept.get("attributes") or {}).items()}),
            "events": [
                shapes.without_none(
                    {
                        "name": one["name"],
                        "time_unix_nano": one.get("time_unix_nano", one.get("timestamp")),
                        "attributes": _attributes(one.get("attributes") or {}),
                    }
                )
                for one in kept.get("events") or ()
            ],
            "links": [
                {
                    "trace_id": _id(one["trace_id"].replace("tr-", "0x", 1)),
                    "span_id": _id(f"0x{one['span_id'].removeprefix('0x')}"),
                    "attributes": _attributes(one.get("attributes") or {}),
                }
                for one in kept.get("links") or ()
            ],
            "status": {"code": _CODES.get(code, code), "message": status.get("message") or kept.get("status_message") or ""},
        }
    )


def _id(text: Any) -> str | None:
    """An id in base64, as protobuf's JSON has bytes."""
    if not text:
        return None
    if re.fullmatch(r"0x[0-9a-fA-F]+", str(text)):
        digits = text[2:]
        return base64.b64encode(bytes.fromhex(digits.zfill(16 if len(digits) <= 16 else 32))).decode()
    return str(text)


def _read(value: Any) -> Any:
    """Attributes are kept as JSON in text."""
    if isinstance(value, str):
        try:
            return json.loads(value)  # reads NaN, too, which MLflow writes
        except ValueError:
            pass
    return value


def _attributes(values: dict[str, Any]) -> list[shapes.Json]:
    return [{"key": _sound(str(key)), "value": _any(value)} for key, value in values.items()]


def _any(value: Any) -> shapes.Json:
    """OpenTelemetry's ``AnyValue``."""
    if isinstance(value, bool):
        return {"bool_value": value}
    if isinstance(value, int) and value in _INT64:
        return {"int_value": str(value)}
    if isinstance(value, int):
        return {"string_value": str(value)}
    if isinstance(value, float):
        return {"double_value": value if math.isfinite(value) else _NOT_FINITE.get(value, "NaN")}
    if isinstance(value, list):
        return {"array_value": {"values": [_any(one) for one in value]}}
    if isinstance(value, dict):
        return {"kvlist_value": {"values": _attributes(value)}}
    return {} if value is None else {"string_value": _sound(str(value))}


def _sound(text: str) -> str:
    """Without halves of surrogate pairs, which JSON can name and UTF-8 cannot say."""
    return text.encode("utf-8", "replace").decode()
