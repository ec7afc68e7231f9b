"""Who is told of changes of the registry, and what became of each message."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

#: What MLflow's clients can subscribe to. ``prompt…`` are the same changes of registered prompts.
MLFLOW_EVENTS = (
    "registered_model.created", "model_version.created", "model_version_tag.set", "model_version_tag.deleted",
    "model_version_alias.created", "model_version_alias.deleted",
    "prompt.created", "prompt_version.created", "prompt_tag.set", "prompt_tag.deleted", "prompt_version_tag.set",
    "prompt_version_tag.deleted", "prompt_alias.created", "prompt_alias.deleted",
)  # fmt: skip
#: What Runstone tells besides, under the names of the registry's log.
OWN_EVENTS = (
    "model_version.transitioned", "model_version.described", "model_version.changed", "model_version.deleted",
    "registered_model.renamed", "registered_model.described", "registered_model.deleted", "registered_model_tag.set",
    "registered_model_tag.deleted", "transition_request.created", "transition_request.approved", "transition_request.rejected",
    "transition_request.withdrawn", "comment.created", "comment.edited", "comment.deleted",
)  # fmt: skip
EVENTS = (*MLFLOW_EVENTS, *OWN_EVENTS)

#: Webhooks of one store: each may have a thread of its own.
MOST = 100

Status = Literal["ACTIVE", "DISABLED"]
STATUSES = ("ACTIVE", "DISABLED")
#: A message waits (also for another try), was taken by the receiver, or was given up.
State = Literal["WAITING", "DELIVERED", "FAILED"]
STATES = ("WAITING", "DELIVERED", "FAILED")


class Webhook(Struct, frozen=True):
    """An address that is told of events.

    Attributes:
        events: of :data:`EVENTS`.
        sealed: the secret that messages are signed with, encrypted; empty for none. It leaves the server in no form.
        creation_timestamp, last_updated_timestamp: milliseconds since 1970 UTC.
    """

    webhook_id: str
    name: str
    url: str
    events: tuple[str, ...]
    description: str = ""
    status: Status = "ACTIVE"
    sealed: str = ""
    creation_timestamp: int = 0
    last_updated_timestamp: int = 0


class Delivery(Struct, frozen=True):
    """One message to one webhook.

    Attributes:
        number: of the event in the registry's log.
        attempts: how often it was sent so far.
        due: when it may be sent next, milliseconds; while it is being sent, when others may take it for lost.
        response_status: HTTP status of the last answer, ``None`` if there was none.
        error: why the last attempt failed.
        finished: when it was delivered or given up.
    """

    delivery_id: str
    webhook_id: str
    number: int
    event: str
    body: str
    time: int
    state: State = "WAITING"
    attempts: int = 0
    due: int = 0
    response_status: int | None = None
    error: str = ""
    finished: int | None = None
