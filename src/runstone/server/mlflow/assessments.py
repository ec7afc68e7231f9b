"""MLflow's endpoints for what people and judges think of a trace. Assessments are among the details of the trace's head."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from runstone.contracts import Batch
from runstone.errors import InvalidValue, NotFound
from runstone.records import TraceChanged

from . import answers as a
from . import shapes
from .row import Row

if TYPE_CHECKING:
    from runstone.server.backend import Backend

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
    """Add what somebody thinks of the trace."""
    made = {"assessment_id": f"a-{uuid.uuid4().hex}", **request.assessment, "trace_id": request.trace_id}
    details, known = _details(backend, request.trace_id)
    _keep(backend, request.trace_id, details, [*known, made])
    return {"assessment": made}


def get(backend: Backend, request: OneOfTrace) -> shapes.Json:
    """One assessment of a trace."""
    return {"assessment": _one(_details(backend, request.trace_id)[1], request)}


def update(backend: Backend, request: Reassess) -> shapes.Json:
    """Change the fields of an assessment that the mask names."""
    details, known = _details(backend, request.trace_id)
    before = _one(known, request)
    names = [re.sub(r"[A-Z]", lambda big: "_" + big[0].lower(), name.strip()) for name in request.update_mask.split(",")]
    for name in names:
        if name not in _CHANGEABLE:
            raise InvalidValue(f"Invalid value {name!r} for parameter 'update_mask' supplied: one of {', '.join(_CHANGEABLE)}.")
    time = datetime.fromtimestamp(backend.now() / 1000, timezone.utc).isoformat(timespec="milliseconds")
    kept = {name: value for name, value in before.items() if name not in names}
    changed = {name: request.assessment[name] for name in names if name in request.assessment}
    after = {**kept, **changed, "last_update_time": time.replace("+00:00", "Z")}
    _keep(backend, request.trace_id, details, [after if one is before else one for one in known])
    return {"assessment": after}


def delete(backend: Backend, request: OneOfTrace) -> shapes.Json:
    """Remove one assessment. One that is not there is no mistake, as in MLflow."""
    details, known = _details(backend, request.trace_id)
    rest = [one for one in known if one.get("assessment_id") != request.assessment_id]
    if len(rest) < len(known):
        _keep(backend, request.trace_id, details, rest)
    return {}


# fmt: off
ASSESSMENTS: tuple[Row, ...] = (
    Row("POST", "/mlflow/traces/{trace_id}/assessments", Assess, a.OneAssessment, create, "write", 3),
    Row("GET", "/mlflow/traces/{trace_id}/assessments/{assessment_id}", OneOfTrace, a.OneAssessment, get, version=3),
    Row("PATCH", "/mlflow/traces/{trace_id}/assessments/{assessment_id}", Reassess, a.OneAssessment, update, "write", 3),
    Row("DELETE", "/mlflow/traces/{trace_id}/assessments/{assessment_id}", OneOfTrace, a.Nothing, delete, "write", 3),
)
# fmt: on


def _details(backend: Backend, trace_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    details = msgspec.json.decode(backend.store.get_trace(trace_id).details, type=dict[str, Any])
    return details, details.get("assessments", [])


def _one(known: list[dict[str, Any]], request: OneOfTrace) -> dict[str, Any]:
    for one in known:
        if one.get("assessment_id") == request.assessment_id:
            return one
    raise NotFound(f"Assessment with ID '{request.assessment_id}' not found for trace '{request.trace_id}'")


def _keep(backend: Backend, trace_id: str, details: dict[str, Any], assessments: list[dict[str, Any]]) -> None:
    text = msgspec.json.encode({**details, "assessments": assessments}).decode()
    backend.write(Batch([TraceChanged(trace_id, backend.now(), details=text)]))
