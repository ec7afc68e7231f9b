"""Requests to move stages and aliases of registered models, and comments on their versions."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from runstone.contracts import Batch
from runstone.entities.reviews import TransitionRequest
from runstone.errors import NotFound
from runstone.records import TransitionDecided, TransitionRequested, VersionCommentChanged, VersionCommented
from runstone.server import models_schema as m
from runstone.server import reviews_schema as s
from runstone.server.auth.may import may_comment, username
from runstone.server.reviewing import may_with_comment, may_with_request

from .model_versions import version_number

if TYPE_CHECKING:
    from runstone.server.backend import Backend


def list_requests(backend: Backend, name: str, query: s.RequestsQuery) -> s.Requests:
    """Requests to move a stage or an alias of a registered model, newest first."""
    found = backend.store.transition_requests(name, query.version, query.state)
    return s.Requests([_request(backend, one) for one in found], may_comment(backend))


def create_request(backend: Backend, name: str, version: str, body: s.NewRequest) -> s.RequestRow:
    """Ask that a version goes to a stage, or that an alias stands for it."""
    key = uuid.uuid4().hex
    record = TransitionRequested(
        key, name, version_number(version), backend.now(), body.stage, body.alias.strip(), body.comment.strip()
    )
    backend.store.write(Batch([record], by=username()))
    return _one(backend, name, key)


def decide_request(backend: Backend, name: str, request_id: str, body: s.RequestDecision) -> s.RequestRow:
    """Approve it, which makes the move; reject it; or take it back."""
    record = TransitionDecided(request_id, name, backend.now(), body.decision, body.comment.strip(), body.archive_existing)
    backend.store.write(Batch([record], by=username()))
    return _one(backend, name, request_id)


def list_comments(backend: Backend, name: str, version: str) -> s.Comments:
    """Comments on a version, oldest first."""
    found = backend.store.version_comments(name, version_number(version))
    rows = [
        s.CommentRow(
            one.comment_id,
            one.user_id,
            one.comment,
            one.creation_timestamp,
            one.last_updated_timestamp,
            may_with_comment(backend, one),
        )
        for one in found
    ]
    return s.Comments(rows, may_comment(backend))


def create_comment(backend: Backend, name: str, version: str, body: s.CommentText) -> s.Comments:
    """Say something about a version."""
    record = VersionCommented(uuid.uuid4().hex, name, version_number(version), backend.now(), body.comment.strip())
    backend.store.write(Batch([record], by=username()))
    return list_comments(backend, name, version)


def edit_comment(backend: Backend, name: str, version: str, comment_id: str, body: s.CommentText) -> s.Comments:
    """Other words for a comment of one's own."""
    record = VersionCommentChanged(comment_id, name, backend.now(), body.comment.strip())
    backend.store.write(Batch([record], by=username()))
    return list_comments(backend, name, version)


def delete_comment(backend: Backend, name: str, version: str, comment_id: str) -> m.ModelDone:
    """Remove a comment of one's own, or anybody's with MANAGE."""
    backend.store.write(Batch([VersionCommentChanged(comment_id, name, backend.now())], by=username()))
    return m.ModelDone()


def _one(backend: Backend, name: str, request_id: str) -> s.RequestRow:
    found = next((one for one in backend.store.transition_requests(name) if one.request_id == request_id), None)
    if found is None:
        raise NotFound(f"Request {request_id} of registered model {name!r} is gone; somebody may have deleted the version.")
    return _request(backend, found)


def _request(backend: Backend, one: TransitionRequest) -> s.RequestRow:
    return s.RequestRow(
        request_id=one.request_id,
        version=one.version,
        stage=one.stage,
        alias=one.alias,
        before=one.before,
        user_id=one.user_id,
        comment=one.comment,
        state=one.state,
        decided_by=one.decided_by,
        decision_comment=one.decision_comment,
        created=one.creation_timestamp,
        updated=one.last_updated_timestamp,
        stale=one.stale,
        may=may_with_request(backend, one),
    )
