"""Comments on versions and requests to move stages and aliases, as the pages read them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from runstone.entities.reviews import MOST_COMMENT

from .models_schema import Stage, Version

#: What somebody says.
Said = Annotated[str, Meta(max_length=MOST_COMMENT)]


class RequestsQuery(Struct):
    version: Version | None = None
    state: Literal["", "PENDING", "APPROVED", "REJECTED", "WITHDRAWN"] = ""


class RequestRow(Struct):
    """One of ``stage`` and ``alias`` is empty. ``before``: the stage, or the version that the alias stood for. ``stale``: it
    waits, but is not approved, since that changed. ``may``: what the caller can do with it."""

    request_id: str
    version: int
    stage: str
    alias: str
    before: str
    user_id: str
    comment: str
    state: str
    decided_by: str
    decision_comment: str
    created: int
    updated: int
    stale: bool
    may: list[Literal["approve", "reject", "withdraw"]]


class Requests(Struct):
    """Newest first. ``may_ask``: whether the caller can make one."""

    requests: list[RequestRow]
    may_ask: bool


class NewRequest(Struct, forbid_unknown_fields=True):
    """A stage or an alias: one of them."""

    stage: Stage | Literal[""] = ""
    alias: Annotated[str, Meta(max_length=255)] = ""
    comment: Said = ""


class RequestDecision(Struct, forbid_unknown_fields=True):
    """``archive_existing``: other versions in the stage go to Archived."""

    decision: Literal["APPROVED", "REJECTED", "WITHDRAWN"]
    comment: Said = ""
    archive_existing: bool = False


class CommentRow(Struct):
    comment_id: str
    user_id: str
    comment: str
    created: int
    updated: int
    may: list[Literal["edit", "delete"]]


class Comments(Struct):
    """Oldest first. ``may_add``: whether the caller can write one."""

    comments: list[CommentRow]
    may_add: bool


class CommentText(Struct, forbid_unknown_fields=True):
    comment: Said
