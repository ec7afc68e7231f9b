"""Traces as clients of MLflow 2 tell them: begun by one request, ended by another. The server names them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from msgspec import Struct, field

from runstone.contracts import Batch, TraceQuery
from runstone.entities.traces import TraceHead
from runstone.errors import InvalidValue
from runstone.records import TraceStarted
from runstone.server import trace_search

from . import answers as a
from . import shapes
from .limits import check_keys, page_size
from .row import Row
from .traces import MAX_TRACES, shown_metadata

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: The states by their numbers in MLflow's protobuf.
STATES = ("TRACE_STATUS_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS")


class Pair(Struct):
    key: str
    value: str = ""


class Begin(Struct):
    experiment_id: str
    timestamp_ms: int
    request_metadata: list[Pair] = field(default_factory=list)
    tags: list[Pair] = field(default_factory=list)


class End(Struct):
    request_id: str
    timestamp_ms: int
    status: str | int = "OK"
    request_metadata: list[Pair] = field(default_factory=list)
    tags: list[Pair] = field(default_factory=list)


class OfRequest(Struct):
    request_id: str


class Search(Struct):
    experiment_ids: list[str]
    filter: str = ""
    max_results: int = 100
    order_by: list[str] = field(default_factory=list)
    page_token: str = ""


def begin(backend: Backend, request: Begin) -> shapes.Json:
    """Begin a trace; its id is in the answer."""
    name = uuid.uuid4().hex
    _write(backend, name, request.experiment_id, request.timestamp_ms, None, "IN_PROGRESS", request)
    return info(backend, OfRequest(name))


def end(backend: Backend, request: End) -> shapes.Json:
    """End a trace: its state, and when; metadata and tags are added."""
    head = backend.store.get_trace(request.request_id)
    state = STATES[request.status] if isinstance(request.status, int) and 0 <= request.status < 4 else request.status
    if state not in STATES:
        raise InvalidValue(f"Invalid value {request.status!r} for parameter 'status' supplied: one of {', '.join(STATES)}.")
    state = "STATE_UNSPECIFIED" if state == STATES[0] else str(state)
    length = max(0, request.timestamp_ms - head.request_time)
    _write(backend, head.trace_id, head.experiment_id, head.request_time, length, state, request)
    return info(backend, OfRequest(head.trace_id))


def info(backend: Backend, request: OfRequest) -> shapes.Json:
    """The head of one trace, in MLflow 2's words."""
    return {"trace_info": _shape(backend, backend.store.get_trace(request.request_id))}


def search(backend: Backend, request: Search) -> shapes.Json:
    """Filter, order and page, in MLflow 2's words."""
    page = trace_search.search(
        backend,
        TraceQuery(
            experiment_ids=tuple(request.experiment_ids),
            filter=request.filter,
            order_by=tuple(request.order_by),
            limit=page_size(request.max_results, MAX_TRACES),
            page_token=request.page_token or None,
        ),
    )
    return shapes.without_none({"traces": [_shape(backend, one) for one in page], "next_page_token": page.token})


# fmt: off
TRACES_V2: tuple[Row, ...] = (
    Row("POST", "/mlflow/traces", Begin, a.OneTraceInfo, begin, "write"),
    Row("GET", "/mlflow/traces", Search, a.TraceInfos, search),
    Row("PATCH", "/mlflow/traces/{request_id}", End, a.OneTraceInfo, end, "write"),
    Row("GET", "/mlflow/traces/{request_id}/info", OfRequest, a.OneTraceInfo, info),
)
# fmt: on


def _write(
    backend: Backend, name: str, experiment_id: str, time: int, length: int | None, state: str, request: Begin | End
) -> None:
    check_keys([one.key for one in request.tags], "tags[{}].key")
    metadata, tags = ({one.key: one.value for one in pairs} for pairs in (request.request_metadata, request.tags))
    backend.write(Batch([TraceStarted(name, experiment_id, time, length, state, "{}", metadata, tags)]))


def _shape(backend: Backend, head: TraceHead) -> shapes.Json:
    tags = {**head.tags, "mlflow.artifactLocation": backend.shown_artifact_uri(head.artifact_location)}
    return shapes.without_none(
        {
            "request_id": head.trace_id,
            "experiment_id": head.experiment_id,
            "timestamp_ms": head.request_time,
            "execution_time_ms": head.duration,
            "status": STATES[0] if head.state == "STATE_UNSPECIFIED" else head.state,
            "request_metadata": [{"key": key, "value": value} for key, value in shown_metadata(head).items()],
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        }
    )
