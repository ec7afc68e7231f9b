"""Webhooks for administrators: all events, and what became of each message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from runstone.entities.webhooks import EVENTS, Delivery, Webhook
from runstone.server import webhooks_schema as s

if TYPE_CHECKING:
    from runstone.server.backend import Backend


def list_webhooks(backend: Backend) -> s.Webhooks:
    """All webhooks, oldest first, without their secrets."""
    return s.Webhooks([_row(one) for one in backend.webhooks().kept.webhooks()], list(EVENTS))


def create_webhook(backend: Backend, body: s.NewWebhook) -> s.WebhookRow:
    """Tell an address of events of the registry from now on."""
    return _row(backend.webhooks().create(body.name, body.url, body.events, body.description, body.secret))


def edit_webhook(backend: Backend, webhook_id: str, body: s.WebhookEdit) -> s.WebhookRow:
    """Change what is given, or switch it on or off."""
    given = {name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not UNSET}
    return _row(backend.webhooks().update(webhook_id, **given))


def delete_webhook(backend: Backend, webhook_id: str) -> s.WebhookGone:
    """Remove it with all its messages."""
    backend.webhooks().kept.delete(webhook_id)
    return s.WebhookGone()


def test_webhook(backend: Backend, webhook_id: str) -> s.WebhookTested:
    """Send an example of its first event once and say what came back."""
    tested = backend.webhooks().test(webhook_id)
    answer = tested.answer
    return s.WebhookTested(tested.success, answer.status if answer else None, answer.text if answer else "", tested.error)


def list_deliveries(backend: Backend, webhook_id: str, query: s.DeliveriesQuery) -> s.Deliveries:
    """What became of the messages to one webhook, newest first."""
    found = backend.webhooks().deliveries(webhook_id, query.state, query.limit)
    return s.Deliveries([_delivery(one) for one in found])


def _row(one: Webhook) -> s.WebhookRow:
    times = (one.creation_timestamp, one.last_updated_timestamp)
    return s.WebhookRow(
        one.webhook_id, one.name, one.url, list(one.events), one.description, one.status, bool(one.sealed), *times
    )


def _delivery(one: Delivery) -> s.DeliveryRow:
    sent = (one.state, one.attempts, one.due, one.response_status, one.error, one.finished)
    return s.DeliveryRow(one.delivery_id, str(one.number), one.event, one.body, one.time, *sent)
