"""``runstone webhooks``: who is told of changes of registered models, and what became of the messages."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from .shell import json_done_option, json_option, store_option

if TYPE_CHECKING:
    from runstone.entities.webhooks import Webhook
    from runstone.server.webhooks.desk import Desk

_id = click.argument("webhook_id", metavar="ID")


@click.group()
def webhooks() -> None:
    """Tell other servers of changes of registered models; a running server of this store sends the messages."""


@webhooks.command("create")
@click.argument("name")
@click.argument("url")
@click.option("-e", "--event", "events", multiple=True, required=True, help="Such as model_version.created; may be repeated.")
@click.option("--description", default="", help="What it is for.")
@click.option("--secret-stdin", is_flag=True, help="Read from standard input the secret that messages are signed with.")
@json_done_option
@store_option
def create(name: str, url: str, events: tuple[str, ...], description: str, secret_stdin: bool, store: str) -> None:
    """Tell URL of events from now on."""
    from .output import done

    secret = sys.stdin.readline().rstrip("\r\n") if secret_stdin else ""
    if secret_stdin and not secret:
        raise click.UsageError("--secret-stdin found no secret on standard input.")
    made = _desk(store).create(name, url, events, description, secret)
    done(f"Made webhook {made.webhook_id}.", **_shown(made))


@webhooks.command("list")
@json_option
@store_option
def list_webhooks(as_json: bool, store: str) -> None:
    """List webhooks, oldest first."""
    from .output import moment, print_json, print_table

    found = _desk(store).kept.webhooks()
    if as_json:
        print_json([_shown(one) for one in found])
        return
    rows = [
        (one.webhook_id, one.name, one.url, ", ".join(one.events), one.status, "yes" if one.sealed else None,
         moment(one.creation_timestamp))
        for one in found
    ]  # fmt: skip
    print_table(["Id", "Name", "URL", "Events", "Status", "Signed", "Since"], rows)


@webhooks.command("update")
@_id
@click.option("--name", default=None, help="Another name.")
@click.option("--url", default=None, help="Another address.")
@click.option("-e", "--event", "events", multiple=True, help="The events instead of the present ones; may be repeated.")
@click.option("--status", type=click.Choice(["ACTIVE", "DISABLED"], case_sensitive=False), default=None, help="On or off.")
@click.option("--secret-stdin", is_flag=True, help="Read another secret from standard input; an empty one takes it away.")
@json_done_option
@store_option
def update(
    webhook_id: str,
    name: str | None,
    url: str | None,
    events: tuple[str, ...],
    status: str | None,
    secret_stdin: bool,
    store: str,
) -> None:
    """Change a webhook, or switch it on or off."""
    from .output import done

    secret = sys.stdin.readline().rstrip("\r\n") if secret_stdin else None
    changed = _desk(store).update(webhook_id, name, url, events, None, secret, status)
    done(f"Changed webhook {changed.webhook_id}.", **_shown(changed))


@webhooks.command("delete")
@_id
@json_done_option
@store_option
def delete(webhook_id: str, store: str) -> None:
    """Remove a webhook with all its messages."""
    from .output import done

    _desk(store).kept.delete(webhook_id)
    done(f"Removed webhook {webhook_id}.", webhook_id=webhook_id)


@webhooks.command("test")
@_id
@click.option("-e", "--event", default="", help="Of this event; else of the webhook's first.")
@json_done_option
@store_option
def test(webhook_id: str, event: str, store: str) -> None:
    """Send an example from here, once; it fails if the receiver does not take it."""
    from runstone.errors import RunstoneError

    from .output import done

    tested = _desk(store).test(webhook_id, event)
    status = tested.answer.status if tested.answer else None
    if not tested.success:
        raise RunstoneError(tested.error or f"The receiver answered {status}.")
    done(f"The receiver answered {status}.", webhook_id=webhook_id, success=True, response_status=status)


@webhooks.command("deliveries")
@_id
@click.option(
    "--state", type=click.Choice(["WAITING", "DELIVERED", "FAILED"], case_sensitive=False), default=None, help="Only these."
)
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@json_option
@store_option
def deliveries(webhook_id: str, state: str | None, limit: int, as_json: bool, store: str) -> None:
    """Show what became of a webhook's messages, newest first."""
    from .output import moment, print_json, print_table

    found = _desk(store).deliveries(webhook_id, state or "", limit)
    if as_json:
        print_json(found)
        return
    rows = [
        (moment(one.time), one.event, one.state, one.attempts, one.response_status, one.error or None, one.delivery_id)
        for one in found
    ]
    print_table(["When", "Event", "State", "Tries", "Answer", "Why", "Id"], rows, right=["Tries", "Answer"])


def _desk(store: str) -> Desk:
    from runstone import connect
    from runstone.errors import NotSupported
    from runstone.server.webhooks.desk import Desk

    from .opening import store_uri

    uri = store_uri(store)
    if connect.is_server(uri):
        raise NotSupported(
            "This command works beside the server, on its own store (--store). Through the server the page /admin/webhooks and "
            "MlflowClient().create_webhook do the same."
        )
    return Desk(connect.open_store(uri), connect.webhook_key(uri))


def _shown(one: Webhook) -> dict[str, Any]:
    return {
        "webhook_id": one.webhook_id,
        "name": one.name,
        "url": one.url,
        "events": list(one.events),
        "description": one.description,
        "status": one.status,
        "signed": bool(one.sealed),
        "creation_timestamp": one.creation_timestamp,
        "last_updated_timestamp": one.last_updated_timestamp,
    }
