"""MLflow's endpoints for what people and judges think of a trace. Assessments are among the details of the
trace's head, and the store merges each change, so that two who assess a trace at once lose nothing."""

from __future__ import annotations

import contextlib
import re
import uuid
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from runstone.contracts import Batch
from runstone.errors import InvalidValue, NotFound
from runstone.records import TraceChanged

from . import answers as a
from . import assessment_message, shapes
from .row import Row

if TYPE_CHECKING:
    from runstone.server.backend import Backend

_KINDS = ("feedback", "expectation", "issue")
_CHANGEABLE = ("assessment_name", "expectation", "feedback", "rationale", "metadata", "valid")


class Assess(Struct):
    trace_id: str
    assessment: dict[str, Any]


class OneOfTrace(Struct):
    trace_id: str
    assessment_id: str


class Reassess(OneOfTrace):
    """``update_mask`` is protobuf's JSON for field names: with commas between, in camel case or as they are."""

    assessment: dict[str, Any]
    update_mask: str


def create(backend: Backend, request: Assess) -> shapes.Json:
    """Add what somebody thinks of the trace. One that another overrides is no longer valid."""
    if not any(isinstance(request.assessment.get(one), dict) for one in _KINDS):
        raise InvalidValue(f"An assessment of trace {request.trace_id!r} needs one of {', '.join(_KINDS)}.")
    told = assessment_message.filled(request.assessment, "assessment", backend.now())
    made = {"assessment_id": f"a-{uuid.uuid4().hex}", **told, "trace_id": request.trace_id}
    changes: dict[str, dict[str, Any] | None] = {str(made["assessment_id"]): made}
    if before := made.get("overrides"):
        changes[_one(backend, OneOfTrace(request.trace_id, str(before)))["assessment_id"]] = {"valid": False}
    _keep(backend, request, changes)
    return {"assessment": made}


def get(backend: Backend, request: OneOfTrace) -> shapes.Json:
    """One assessment of a trace."""
    return {"assessment": _one(backend, request)}


def update(backend: Backend, request: Reassess) -> shapes.Json:
    """Change the fields of an assessment that the mask names."""
    _one(backend, request)
    names = [re.sub(r"[A-Z]", lambda big: "_" + big[0].lower(), name.strip()) for name in request.update_mask.split(",")]
    for name in names:
        if name not in _CHANGEABLE:
            raise InvalidValue(f"Invalid value {name!r} for parameter 'update_mask' supplied: one of {', '.join(_CHANGEABLE)}.")
    told = assessment_message.plain(request.assessment, "assessment")
    changed = {name: told.get(name) for name in names}
    time = assessment_message.shown_time(backend.now())
    _keep(backend, request, {request.assessment_id: {**changed, "last_update_time": time}})
    return get(backend, OneOfTrace(request.trace_id, request.assessment_id))


def delete(backend: Backend, request: OneOfTrace) -> shapes.Json:
    """Remove one assessment; one that it overrode is valid again. One that is not there is no mistake, as in MLflow."""
    changes: dict[str, dict[str, Any] | None] = {request.assessment_id: None}
    with contextlib.suppress(NotFound):
        if before := _one(backend, request).get("overrides"):
            changes[str(before)] = {"valid": True}
    _keep(backend, request, changes)
    return {}


# fmt: off
ASSESSMENTS: tuple[Row, ...] = (
    Row("POST", "/mlflow/traces/{trace_id}/assessments", Assess, a.OneAssessment, create, "write", 3),
    Row("GET", "/mlflow/traces/{trace_id}/assessments/{assessment_id}", OneOfTrace, a.OneAssessment, get, version=3),
    Row("PATCH", "/mlflow/traces/{trace_id}/assessments/{assessment_id}", Reassess, a.OneAssessment, update, "write", 3),
    Row("DELETE", "/mlflow/traces/{trace_id}/assessments/{assessment_id}", OneOfTrace, a.Nothing, delete, "write", 3),
)
# fmt: on


def _one(backend: Backend, request: OneOfTrace) -> dict[str, Any]:
    details = msgspec.json.decode(backend.store.get_trace(request.trace_id).details, type=dict[str, Any])
    for one in details.get("assessments", ()):
        if one.get("assessment_id") == request.assessment_id:
            return dict(one)
    raise NotFound(f"Assessment with ID '{request.assessment_id}' not found for trace '{request.trace_id}'")


def _keep(backend: Backend, request: Assess | OneOfTrace, changes: dict[str, dict[str, Any] | None]) -> None:
    texts = {key: None if fields is None else msgspec.json.encode(fields).decode() for key, fields in changes.items()}
    backend.write(Batch([TraceChanged(request.trace_id, backend.now(), assessments=texts)]))
