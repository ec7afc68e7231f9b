"""What people say about versions of registered models: comments, and requests to move a stage or an alias."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

#: Tag of a registered model: what of it moves only by an approved request. Stages by name, aliases with ``@`` before them,
#: ``*`` for every stage and ``@*`` for every alias, with spaces or commas between.
PROTECTED = "runstone.protected"

RequestState = Literal["PENDING", "APPROVED", "REJECTED", "WITHDRAWN"]
REQUEST_STATES = ("PENDING", "APPROVED", "REJECTED", "WITHDRAWN")
Decision = Literal["APPROVED", "REJECTED", "WITHDRAWN"]

#: Most characters of a comment, comments of one version, and requests of one model that wait.
MOST_COMMENT, MOST_COMMENTS, MOST_PENDING = 10_000, 1_000, 100


class TransitionRequest(Struct, frozen=True):
    """Somebody asks that a version goes to a stage, or that an alias stands for it.

    Attributes:
        stage, alias: where to; one of them is empty.
        before: the version's stage when it was asked; for an alias the version that it stood for (as text, empty: none).
        user_id: who asked; empty if unknown.
        state: ``WITHDRAWN`` was taken back by who asked.
        decided_by, decision_comment: who approved, rejected or took it back, and why.
        stale: it waits, but what it asks to change is not as it was any more. It cannot be approved.
        creation_timestamp, last_updated_timestamp: milliseconds since 1970 UTC.
    """

    request_id: str
    name: str
    version: int
    stage: str
    alias: str
    before: str
    user_id: str
    comment: str
    state: RequestState
    decided_by: str
    decision_comment: str
    creation_timestamp: int
    last_updated_timestamp: int
    stale: bool = False

    @property
    def target(self) -> str:
        """``Production``, or ``@champion``."""
        return self.stage or f"@{self.alias}"


class VersionComment(Struct, frozen=True):
    """A comment on a version. Times: milliseconds since 1970 UTC; ``user_id`` is empty if unknown."""

    comment_id: str
    name: str
    version: int
    user_id: str
    comment: str
    creation_timestamp: int
    last_updated_timestamp: int
