"""What clients know of webhooks, under the names that MLflow gives them."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from runstone.errors import InvalidValue

from .webhooks import EVENTS
from .webhooks import Webhook as Webhook


class WebhookStatus(str, Enum):
    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"

    def __str__(self) -> str:
        return self.value


class WebhookEvent(str):
    """``entity.action``, such as ``model_version.created``: MLflow's and ours.

    Raises:
        InvalidValue: there is no such event; the message has those that there are.
    """

    __slots__ = ()

    def __new__(cls, entity: str, action: str) -> WebhookEvent:
        event = f"{entity}.{action}"
        if event not in EVENTS:
            raise InvalidValue(f"Invalid event {event!r}. Valid events are: {', '.join(EVENTS)}.")
        return super().__new__(cls, event)

    @classmethod
    def from_str(cls, event_str: str) -> WebhookEvent:
        """Raises InvalidValue."""
        entity, _, action = str(event_str).partition(".")
        return cls(entity, action)

    @property
    def entity(self) -> str:
        return self.partition(".")[0]

    @property
    def action(self) -> str:
        return self.partition(".")[2]


class WebhookTestResult(Struct, frozen=True):
    """What came back of an example. ``error_message``: why there was no answer."""

    success: bool
    response_status: int | None = None
    response_body: str | None = None
    error_message: str | None = None
