"""What was done to registered models: rows of a log that is only ever added to."""

from __future__ import annotations

from msgspec import Struct


class RegistryEvent(Struct, frozen=True):
    """One change, written in the transaction that made it.

    Attributes:
        number: grows from event to event of a store; pages of the log are cut by it.
        time: milliseconds since 1970 UTC.
        user_id: who did it: the user of a server with accounts, else the name that the client gave; empty if unknown.
        event: ``registered_model.`` ``created``, ``renamed``, ``described``, ``deleted``; ``model_version.`` ``created``,
            ``described``, ``transitioned``, ``changed`` (its status), ``deleted``; ``registered_model_tag.`` and
            ``model_version_tag.`` ``set``, ``deleted``; ``model_version_alias.`` ``created``, ``moved``, ``deleted``;
            ``transition_request.`` ``created``, ``approved``, ``rejected``, ``withdrawn``; ``comment.`` ``created``,
            ``edited``, ``deleted``.
        name: of the model, at that time.
        version: its number, for events of one version.
        key: of the tag, or the alias.
        old, new: what it was and became: a name, a description, a stage, a tag's value, the version an alias stands for;
            for a new version its source. Cut after :data:`MOST_TEXT` characters.
        reason: why, in the words of who did it.
    """

    number: int
    time: int
    user_id: str
    event: str
    name: str
    version: int | None = None
    key: str | None = None
    old: str | None = None
    new: str | None = None
    reason: str = ""


#: Characters of one text in the log; whole descriptions are in the model.
MOST_TEXT = 2_000
