"""What the caller may do with a comment or a request: the rules of :mod:`.auth.admission`, told before anybody tries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runstone.entities.reviews import TransitionRequest, VersionComment

from .auth.may import may_comment, may_with_model, username

if TYPE_CHECKING:
    from runstone.server.backend import Backend

CommentAction = Literal["edit", "delete"]
RequestAction = Literal["approve", "reject", "withdraw"]


def may_with_comment(backend: Backend, one: VersionComment) -> list[CommentAction]:
    """Whoever wrote it may do both, MANAGE may remove it; everybody both, where the server knows no users."""
    if not may_comment(backend):
        return []
    if backend.guard is None or one.user_id == username():
        return ["edit", "delete"]
    return ["delete"] if may_with_model(backend, one.name) == "manage" else []


def may_with_request(backend: Backend, one: TransitionRequest) -> list[RequestAction]:
    """Nothing with one that is decided; a stale one is not approved."""
    if one.state != "PENDING" or not may_comment(backend):
        return []
    manages = may_with_model(backend, one.name) == "manage"
    found: list[RequestAction] = []
    if manages and not one.stale:
        found.append("approve")
    if manages:
        found.append("reject")
    if manages or one.user_id == username():
        found.append("withdraw")
    return found
