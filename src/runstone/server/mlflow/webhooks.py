"""MLflow's endpoints for webhooks. Its clients know its own events only; others are left out of what they see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from runstone.entities.webhooks import MLFLOW_EVENTS, OWN_EVENTS, Webhook
from runstone.errors import InvalidValue

from .answers import Nothing
from .limits import page_size
from .row import Row
from .shapes import Json, without_none

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: Most of one page.
MAX_WEBHOOKS = 1_000


class Event(Struct):
    """As protobuf's JSON names it: ``MODEL_VERSION``, ``CREATED``."""

    entity: str
    action: str


class CreateWebhook(Struct):
    name: str
    url: str
    events: list[Event]
    description: str = ""
    secret: str = ""
    status: str = ""


class OfWebhook(Struct):
    webhook_id: str


class ListWebhooks(Struct):
    max_results: int = 100
    page_token: str = ""


class UpdateWebhook(OfWebhook, kw_only=True):
    name: str | None = None
    url: str | None = None
    events: list[Event] | None = None
    description: str | None = None
    secret: str | None = None
    status: str | None = None


class TestWebhook(OfWebhook, kw_only=True):
    event: Event | None = None


class WebhookShape(Struct):
    webhook_id: str
    name: str
    url: str
    events: list[Event]
    status: str
    creation_timestamp: int
    last_updated_timestamp: int
    description: str | UnsetType = UNSET


class OneWebhook(Struct):
    webhook: WebhookShape


class Webhooks(Struct):
    webhooks: list[WebhookShape]
    next_page_token: str | UnsetType = UNSET


class TestResult(Struct):
    success: bool
    response_status: int | UnsetType = UNSET
    response_body: Annotated[str, Meta(description="Its beginning.")] | UnsetType = UNSET
    error_message: str | UnsetType = UNSET


class OneTest(Struct):
    result: TestResult


def create(backend: Backend, request: CreateWebhook) -> Json:
    """Tell an address of events of the registry from now on."""
    events = [_event(one) for one in request.events]
    made = backend.webhooks().create(
        request.name, request.url, events, request.description, request.secret, request.status.upper()
    )
    return {"webhook": _shape(made)}


def get(backend: Backend, request: OfWebhook) -> Json:
    """By id, without its secret."""
    return {"webhook": _shape(backend.webhooks().kept.webhook(request.webhook_id))}


def list_webhooks(backend: Backend, request: ListWebhooks) -> Json:
    """Those that are told of MLflow's events, oldest first."""
    size, start = page_size(request.max_results, MAX_WEBHOOKS), _start(request.page_token)
    found = [one for one in backend.webhooks().kept.webhooks() if any(event in MLFLOW_EVENTS for event in one.events)]
    following = str(start + size) if start + size < len(found) else None
    return without_none({"webhooks": [_shape(one) for one in found[start : start + size]], "next_page_token": following})


def update(backend: Backend, request: UpdateWebhook) -> Json:
    """Change what is given; events are replaced, except those that MLflow's clients do not see."""
    desk, events = backend.webhooks(), None
    if request.events:
        hidden = [one for one in desk.kept.webhook(request.webhook_id).events if one in OWN_EVENTS]
        events = [*(_event(one) for one in request.events), *hidden]
    changed = desk.update(
        request.webhook_id,
        request.name,
        request.url,
        events,
        request.description,
        request.secret,
        None if request.status is None else request.status.upper(),
    )
    return {"webhook": _shape(changed)}


def delete(backend: Backend, request: OfWebhook) -> Json:
    """With all its messages."""
    backend.webhooks().kept.delete(request.webhook_id)
    return {}


def test(backend: Backend, request: TestWebhook) -> Json:
    """Send an example once and say what came back."""
    tested = backend.webhooks().test(request.webhook_id, _event(request.event) if request.event else "")
    answer = tested.answer
    return {
        "result": without_none(
            {
                "success": tested.success,
                "response_status": answer.status if answer else None,
                "response_body": answer.text if answer else None,
                "error_message": tested.error or None,
            }
        )
    }


def _event(one: Event) -> str:
    return f"{one.entity.lower()}.{one.action.lower()}"


def _start(token: str) -> int:
    if token and not (token.isascii() and token.isdecimal() and len(token) < 10):
        raise InvalidValue(f"Invalid page token {token[:50]!r}: use the next_page_token of an answer.")
    return int(token or 0)


def _shape(one: Webhook) -> Json:
    events: list[dict[str, Any]] = [
        {"entity": entity.upper(), "action": action.upper()}
        for entity, _, action in (event.partition(".") for event in one.events if event in MLFLOW_EVENTS)
    ]
    return without_none(
        {
            "webhook_id": one.webhook_id,
            "name": one.name,
            "url": one.url,
            "events": events,
            "status": one.status,
            "creation_timestamp": one.creation_timestamp,
            "last_updated_timestamp": one.last_updated_timestamp,
            "description": one.description or None,
        }
    )


# fmt: off
WEBHOOKS: tuple[Row, ...] = (
    Row("POST", "/mlflow/webhooks", CreateWebhook, OneWebhook, create, "admin"),
    Row("GET", "/mlflow/webhooks", ListWebhooks, Webhooks, list_webhooks, "admin"),
    Row("GET", "/mlflow/webhooks/{webhook_id}", OfWebhook, OneWebhook, get, "admin"),
    Row("PATCH", "/mlflow/webhooks/{webhook_id}", UpdateWebhook, OneWebhook, update, "admin"),
    Row("DELETE", "/mlflow/webhooks/{webhook_id}", OfWebhook, Nothing, delete, "admin"),
    Row("POST", "/mlflow/webhooks/{webhook_id}/test", TestWebhook, OneTest, test, "admin"),
)
# fmt: on
