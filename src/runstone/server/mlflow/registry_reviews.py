"""Comments on versions and requests to move stages, under the paths and fields of the registry of Databricks.

A request is named there by version and stage. Requests for aliases exist here alone, so they are not shown to these clients;
our own routes have them.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from msgspec import Struct

from runstone.contracts import Batch
from runstone.entities.reviews import Decision, TransitionRequest, VersionComment
from runstone.errors import NotFound, RunstoneError
from runstone.records import TransitionDecided, TransitionRequested, VersionCommentChanged, VersionCommented
from runstone.server.reviewing import may_with_comment, may_with_request

from .answers import Nothing
from .registry import number
from .registry_messages import Number, OfVersion
from .row import Row
from .shapes import Json

if TYPE_CHECKING:
    from runstone.server.backend import Backend

_COMMENT_ACTIONS = {"edit": "EDIT_COMMENT", "delete": "DELETE_COMMENT"}
_REQUEST_ACTIONS = {
    "approve": "APPROVE_TRANSITION_REQUEST",
    "reject": "REJECT_TRANSITION_REQUEST",
    "withdraw": "CANCEL_TRANSITION_REQUEST",
}


class CreateComment(Struct):
    name: str
    version: Number
    comment: str


class OfComment(Struct):
    id: str


class UpdateComment(Struct):
    id: str
    comment: str


class OfRequest(Struct):
    name: str
    version: Number
    stage: str
    comment: str = ""


class ApproveRequest(OfRequest, kw_only=True):
    archive_existing_versions: bool = False


class DeleteRequest(OfRequest, kw_only=True):
    creator: str = ""


class CommentShape(Struct):
    id: str
    user_id: str
    comment: str
    creation_timestamp: int
    last_updated_timestamp: int
    available_actions: list[str]


class OneComment(Struct):
    comment: CommentShape


class RequestShape(Struct):
    creation_timestamp: int
    user_id: str
    to_stage: str
    comment: str
    available_actions: list[str]


class OneRequest(Struct):
    request: RequestShape


class Requests(Struct):
    requests: list[RequestShape]


class Activity(Struct):
    id: str
    activity_type: str
    user_id: str
    creation_timestamp: int
    last_updated_timestamp: int
    from_stage: str
    to_stage: str
    comment: str


class OneActivity(Struct):
    activity: Activity


# --- comments ---------------------------------------------------------------------------------------------------------


def create_comment(backend: Backend, request: CreateComment) -> Json:
    """Say something about a version."""
    comment_id = uuid.uuid4().hex
    record = VersionCommented(comment_id, request.name, number(request.version), backend.now(), request.comment)
    backend.store.write(Batch([record]))
    return {"comment": _comment(backend, comment_id)}


def update_comment(backend: Backend, request: UpdateComment) -> Json:
    """Other words for a comment of one's own."""
    name = _found(backend, request.id).name
    backend.store.write(Batch([VersionCommentChanged(request.id, name, backend.now(), request.comment)]))
    return {"comment": _comment(backend, request.id)}


def delete_comment(backend: Backend, request: OfComment) -> Json:
    """Remove a comment of one's own, or anybody's with MANAGE."""
    name = _found(backend, request.id).name
    backend.store.write(Batch([VersionCommentChanged(request.id, name, backend.now())]))
    return {}


def _found(backend: Backend, comment_id: str) -> VersionComment:
    found = backend.store.find_comment(comment_id)
    if found is None:
        raise NotFound(f"Comment with id={comment_id} not found")
    return found


def _comment(backend: Backend, comment_id: str) -> Json:
    one = _found(backend, comment_id)
    return {
        "id": one.comment_id,
        "user_id": one.user_id,
        "comment": one.comment,
        "creation_timestamp": one.creation_timestamp,
        "last_updated_timestamp": one.last_updated_timestamp,
        "available_actions": [_COMMENT_ACTIONS[action] for action in may_with_comment(backend, one)],
    }


# --- requests ---------------------------------------------------------------------------------------------------------


def create_request(backend: Backend, request: OfRequest) -> Json:
    """Ask that a version goes to a stage."""
    key, version = uuid.uuid4().hex, number(request.version)
    record = TransitionRequested(key, request.name, version, backend.now(), request.stage, "", request.comment)
    backend.store.write(Batch([record]))
    made = [one for one in backend.store.transition_requests(request.name, version) if one.request_id == key]
    if not made:
        raise RunstoneError("The request was written but is gone; somebody may have deleted the version.")
    return {"request": _request(backend, made[0])}


def list_requests(backend: Backend, request: OfVersion) -> Json:
    """Those for stages of one version that wait, newest first."""
    found = backend.store.transition_requests(request.name, number(request.version), "PENDING")
    return {"requests": [_request(backend, one) for one in found if one.stage]}


def approve_request(backend: Backend, request: ApproveRequest) -> Json:
    """Move the version as somebody asked."""
    return _decide(backend, request, "APPROVED", request.archive_existing_versions)


def reject_request(backend: Backend, request: OfRequest) -> Json:
    """Leave the version where it is."""
    return _decide(backend, request, "REJECTED")


def delete_request(backend: Backend, request: DeleteRequest) -> Json:
    """Take a request back: one's own, or anybody's with MANAGE."""
    _decide(backend, request, "WITHDRAWN", creator=request.creator)
    return {}


def _decide(backend: Backend, asked: OfRequest, decision: Decision, archive: bool = False, creator: str = "") -> Json:
    version, stage = number(asked.version), asked.stage.lower()
    waiting = backend.store.transition_requests(asked.name, version, "PENDING")
    found = next((one for one in waiting if one.stage.lower() == stage and creator in ("", one.user_id)), None)
    if found is None:
        raise NotFound(f"No request that version {version} of {asked.name!r} goes to {asked.stage!r} waits for an answer.")
    record = TransitionDecided(found.request_id, asked.name, backend.now(), decision, asked.comment, archive)
    backend.store.write(Batch([record]))
    done = next(
        (one for one in backend.store.transition_requests(asked.name, version) if one.request_id == found.request_id), found
    )
    return {
        "activity": {
            "id": done.request_id,
            "activity_type": f"{decision}_REQUEST",
            "user_id": done.decided_by,
            "creation_timestamp": done.last_updated_timestamp,
            "last_updated_timestamp": done.last_updated_timestamp,
            "from_stage": done.before,
            "to_stage": done.stage,
            "comment": done.decision_comment,
        }
    }


def _request(backend: Backend, one: TransitionRequest) -> Json:
    return {
        "creation_timestamp": one.creation_timestamp,
        "user_id": one.user_id,
        "to_stage": one.stage,
        "comment": one.comment,
        "available_actions": [_REQUEST_ACTIONS[action] for action in may_with_request(backend, one)],
    }


# fmt: off
REVIEWS: tuple[Row, ...] = (
    Row("POST", "/mlflow/comments/create", CreateComment, OneComment, create_comment, "write"),
    Row("PATCH", "/mlflow/comments/update", UpdateComment, OneComment, update_comment, "write"),
    Row("DELETE", "/mlflow/comments/delete", OfComment, Nothing, delete_comment, "write"),
    Row("POST", "/mlflow/transition-requests/create", OfRequest, OneRequest, create_request, "write"),
    Row("GET", "/mlflow/transition-requests/list", OfVersion, Requests, list_requests),
    Row("POST", "/mlflow/transition-requests/approve", ApproveRequest, OneActivity, approve_request, "write"),
    Row("POST", "/mlflow/transition-requests/reject", OfRequest, OneActivity, reject_request, "write"),
    Row("DELETE", "/mlflow/transition-requests/delete", DeleteRequest, Nothing, delete_request, "write"),
)
# fmt: on
