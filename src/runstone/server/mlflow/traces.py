"""MLflow's endpoints for traces: their heads. Spans come by OTLP (:mod:`runstone.server.otlp`), or older clients keep them
among the artifacts, where the answer's tag ``mlflow.artifactLocation`` says."""

from __future__ import annotations

import logging
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field

from runstone.contracts import Batch, TraceQuery
from runstone.entities.traces import TraceHead
from runstone.errors import InvalidValue, NotFound, Trouble
from runstone.query.traces import FOUND, LINKED_RUN
from runstone.records import TraceChanged, TraceStarted
from runstone.server import trace_search

from . import answers as a
from . import assessment_message, shapes
from .limits import MAX_DELETED_TRACES, check_keys, page_size
from .reading import missing
from .row import Row

if TYPE_CHECKING:
    from runstone.server.backend import Backend

log = logging.getLogger("runstone.server")
MAX_TRACES = 500
_SHOWN = ("client_request_id", "request_preview", "response_preview", "request", "response", "assessments")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_SECONDS = re.compile(r"-?\d{1,12}(?:\.\d{1,9})?s")


class InExperiment(Struct):
    experiment_id: str


class Location(Struct):
    type: str | int = "MLFLOW_EXPERIMENT"
    mlflow_experiment: InExperiment | None = None


class Info(Struct):
    trace_id: str
    trace_location: Location
    request_time: str
    execution_duration: str | None = None
    state: str | int = "STATE_UNSPECIFIED"
    trace_metadata: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    client_request_id: str | None = None
    request: str | None = None
    response: str | None = None
    request_preview: str | None = None
    response_preview: str | None = None
    assessments: list[dict[str, Any]] = field(default_factory=list)


class Whole(Struct):
    trace_info: Info


class StartTrace(Struct):
    trace: Whole


class OfTrace(Struct):
    trace_id: str


class TagTrace(OfTrace):
    key: str
    value: str = ""


class UntagTrace(OfTrace):
    key: str


class SearchTraces(Struct):
    locations: list[Location]
    filter: str = ""
    max_results: int = 100
    order_by: list[str] = field(default_factory=list)
    page_token: str = ""


class DeleteTraces(Struct):
    experiment_id: str
    max_timestamp_millis: int | None = None
    max_traces: int | None = None
    request_ids: list[str] = field(default_factory=list)


def start(backend: Backend, request: StartTrace) -> shapes.Json:
    """Keep the head of a trace, or bring it up to date."""
    info = request.trace.trace_info
    if info.trace_location.mlflow_experiment is None:
        raise missing("trace.trace_info.trace_location.mlflow_experiment.experiment_id")
    check_keys(info.tags, "trace.trace_info.tags[{}].key")
    details = {name: value for name in _SHOWN if (value := getattr(info, name))}
    if info.assessments:
        details["assessments"] = [
            assessment_message.filled(one, f"trace.trace_info.assessments[{number}]", backend.now())
            for number, one in enumerate(info.assessments)
        ]
    backend.write(
        Batch(
            [
                TraceStarted(
                    info.trace_id,
                    info.trace_location.mlflow_experiment.experiment_id,
                    _milliseconds(info.request_time),
                    None if info.execution_duration is None else _length(info.execution_duration),
                    info.state if isinstance(info.state, str) else "STATE_UNSPECIFIED",
                    msgspec.json.encode(details).decode(),
                    info.trace_metadata,
                    info.tags,
                )
            ]
        )
    )
    return get(backend, OfTrace(info.trace_id))


def get(backend: Backend, request: OfTrace) -> shapes.Json:
    """The head of one trace."""
    return {"trace": {"trace_info": shape(backend, backend.store.get_trace(request.trace_id))}}


def search(backend: Backend, request: SearchTraces) -> shapes.Json:
    """Filter, order and page."""
    experiments = (one.mlflow_experiment for one in request.locations)
    page = trace_search.search(
        backend,
        TraceQuery(
            experiment_ids=tuple(one.experiment_id for one in experiments if one is not None),
            filter=request.filter,
            order_by=tuple(request.order_by),
            limit=page_size(request.max_results, MAX_TRACES),
            page_token=request.page_token or None,
        ),
    )
    return shapes.without_none({"traces": [shape(backend, one) for one in page], "next_page_token": page.token})


def set_tag(backend: Backend, request: TagTrace) -> shapes.Json:
    """Set one tag."""
    check_keys([request.key])
    backend.write(Batch([TraceChanged(request.trace_id, backend.now(), {request.key: request.value})]))
    return {}


def delete_tag(backend: Backend, request: UntagTrace) -> shapes.Json:
    """Remove one tag, which must be there."""
    if request.key not in backend.store.get_trace(request.trace_id).tags:
        raise NotFound(f"No trace tag with key '{request.key}' for trace with ID '{request.trace_id}'")
    backend.write(Batch([TraceChanged(request.trace_id, backend.now(), {request.key: None})]))
    return {}


def delete(backend: Backend, request: DeleteTraces) -> shapes.Json:
    """Remove traces for ever: by their ids, or the oldest up to a time."""
    if (request.max_timestamp_millis is None) == (not request.request_ids):
        raise InvalidValue("Either `max_timestamp_millis` or `request_ids` must be given, and not both.")
    if abs(request.max_timestamp_millis or 0) >= 1 << 63:  # a slip, and not "all there are"
        raise InvalidValue(
            f"Invalid value {request.max_timestamp_millis} for parameter 'max_timestamp_millis' supplied: "
            "milliseconds since 1970."
        )
    if request.max_traces is not None and request.max_traces < 1:
        raise InvalidValue(
            f"Invalid value {request.max_traces} for parameter 'max_traces' supplied: it must be a positive number."
        )
    if len(request.request_ids) > MAX_DELETED_TRACES:
        raise InvalidValue(
            f"At most {MAX_DELETED_TRACES} traces can be deleted at once. Got {len(request.request_ids)} request_ids."
        )
    if request.request_ids:
        found = [one for name in dict.fromkeys(request.request_ids) if (one := _in(backend, name, request.experiment_id))]
    else:
        asked = TraceQuery(
            experiment_ids=(request.experiment_id,),
            filter=f"timestamp_ms <= {request.max_timestamp_millis}",
            order_by=("timestamp_ms ASC",),
            limit=request.max_traces or 1 << 31,
        )
        found = list(backend.store.search_traces(asked))
    if found:
        backend.write(Batch([TraceChanged(one.trace_id, backend.now(), deleted=True) for one in found]))
    for one in found:
        _delete_files(backend, one)
    return {"traces_deleted": len(found)}


# fmt: off
TRACES: tuple[Row, ...] = (
    Row("POST", "/mlflow/traces", StartTrace, a.OneTrace, start, "write", 3),
    Row("POST", "/mlflow/traces/search", SearchTraces, a.TraceInfos, search, version=3),
    Row("GET", "/mlflow/traces/{trace_id}", OfTrace, a.OneTrace, get, version=3),
    Row("POST", "/mlflow/traces/delete-traces", DeleteTraces, a.TracesDeleted, delete, "write"),
    Row("POST", "/mlflow/traces/delete-traces", DeleteTraces, a.TracesDeleted, delete, "write", 3),
    Row("PATCH", "/mlflow/traces/{trace_id}/tags", TagTrace, a.Nothing, set_tag, "write"),
    Row("PATCH", "/mlflow/traces/{trace_id}/tags", TagTrace, a.Nothing, set_tag, "write", 3),
    Row("DELETE", "/mlflow/traces/{trace_id}/tags", UntagTrace, a.Nothing, delete_tag, "write"),
    Row("DELETE", "/mlflow/traces/{trace_id}/tags", UntagTrace, a.Nothing, delete_tag, "write", 3),
)
# fmt: on


def _in(backend: Backend, trace_id: str, experiment_id: str) -> TraceHead | None:
    try:
        head = backend.store.get_trace(trace_id)
    except NotFound:
        return None
    return head if head.experiment_id == experiment_id else None


def _delete_files(backend: Backend, head: TraceHead) -> None:
    """A trace's spans, where the server itself keeps them; a folder of somebody else's is left alone."""
    where = head.artifact_location
    if where.endswith(f"/traces/{head.trace_id}/artifacts") and backend.shown_artifact_uri(where).startswith(
        "mlflow-artifacts:"
    ):
        try:
            backend.own_artifacts(where).delete()
        except Trouble as cause:
            log.warning("the spans of the deleted trace %s are still at %s: %s", head.trace_id, where, cause)


def _milliseconds(text: str) -> int:
    """Protobuf's JSON for a point in time: RFC 3339. Up to nanoseconds are read."""
    try:
        found = datetime.fromisoformat(
            re.sub(r"(\.\d{1,6})\d*", lambda part: part[1].ljust(7, "0"), text.replace("Z", "+00:00"))
        )
    except ValueError as cause:
        raise InvalidValue(
            f"Invalid value {text!r} for parameter 'trace.trace_info.request_time' supplied: like 2026-01-31T12:00:00.5Z."
        ) from cause
    return (found.replace(tzinfo=found.tzinfo or timezone.utc) - _EPOCH) // timedelta(milliseconds=1)


def _length(text: str) -> int:
    """Protobuf's JSON for a length of time, ``1.5s``, in milliseconds."""
    if not _SECONDS.fullmatch(text):
        raise InvalidValue(f"Invalid value {text!r} for parameter 'trace.trace_info.execution_duration' supplied: like 1.5s.")
    return round(float(text[:-1]) * 1000)


def shown_metadata(head: TraceHead) -> dict[str, str]:
    """Without what only searches look at."""
    return {key: value for key, value in head.metadata.items() if not key.startswith((LINKED_RUN, FOUND))}


def shape(backend: Backend, head: TraceHead) -> shapes.Json:
    """MLflow's ``TraceInfoV3``."""
    time = (_EPOCH + timedelta(milliseconds=head.request_time)).isoformat(timespec="milliseconds")
    return {
        "trace_id": head.trace_id,
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": head.experiment_id}},
        "request_time": time.replace("+00:00", "Z"),
        **({} if head.duration is None else {"execution_duration": f"{head.duration / 1000:.3f}s"}),
        "state": head.state,
        "trace_metadata": shown_metadata(head),
        "tags": {**head.tags, "mlflow.artifactLocation": backend.shown_artifact_uri(head.artifact_location)},
        **{key: value for key, value in msgspec.json.decode(head.details, type=dict[str, Any]).items() if key != "observed"},
    }
