"""What our own endpoints about webhooks take and give. Secrets are taken and never given."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType


class WebhookRow(Struct):
    """``signed``: messages carry a signature, because a secret was given."""

    webhook_id: str
    name: str
    url: str
    events: list[str]
    description: str
    status: str
    signed: bool
    creation_time: int
    last_update_time: int


class Webhooks(Struct):
    """``known``: every event that a webhook can be told of."""

    webhooks: list[WebhookRow]
    known: list[str]


class NewWebhook(Struct, forbid_unknown_fields=True):
    """``events`` as ``entity.action``: MLflow's, and those of the registry's log."""

    name: Annotated[str, Meta(min_length=1, max_length=256)]
    url: Annotated[str, Meta(min_length=1, max_length=2_000)]
    events: Annotated[list[str], Meta(min_length=1, max_length=100)]
    description: Annotated[str, Meta(max_length=1_000)] = ""
    secret: Annotated[str, Meta(max_length=1_000)] = ""


class WebhookEdit(Struct, forbid_unknown_fields=True):
    """What is left out stays; an empty ``secret`` takes it away."""

    name: Annotated[str, Meta(min_length=1, max_length=256)] | UnsetType = UNSET
    url: Annotated[str, Meta(min_length=1, max_length=2_000)] | UnsetType = UNSET
    events: Annotated[list[str], Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=1_000)] | UnsetType = UNSET
    secret: Annotated[str, Meta(max_length=1_000)] | UnsetType = UNSET
    status: Literal["ACTIVE", "DISABLED"] | UnsetType = UNSET


class WebhookGone(Struct):
    pass


class WebhookTested(Struct):
    """``response_body``: its beginning. ``error``: why there was no answer."""

    success: bool
    response_status: int | None
    response_body: str
    error: str


class DeliveriesQuery(Struct):
    state: Literal["", "WAITING", "DELIVERED", "FAILED"] = ""
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100


class DeliveryRow(Struct):
    """One message: ``due`` is when it is sent next, while it waits. ``number`` is text: it may have 19 digits."""

    delivery_id: str
    number: str
    event: str
    body: str
    time: int
    state: str
    attempts: int
    due: int
    response_status: int | None
    error: str
    finished: int | None


class Deliveries(Struct):
    """Newest first."""

    deliveries: list[DeliveryRow]
