"""Making, changing and testing webhooks, for administrators; who asks is checked at the door."""

from __future__ import annotations

import http.client
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from runstone import settings
from runstone.contracts import Store, WithWebhooks
from runstone.entities.webhooks import MOST, STATES, STATUSES, Delivery, Webhook
from runstone.errors import InvalidValue, NotSupported, RunstoneError

from . import telling
from .addresses import check_url, resolve
from .post import Answer, Rules, headers, post
from .vault import Vault

_MOST_NAME, _MOST_TEXT = 256, 1_000


class Tested(Struct, frozen=True):
    """``answer`` is ``None`` where none came, and ``error`` says why."""

    success: bool
    answer: Answer | None = None
    error: str = ""


class Desk:
    """Raises NotSupported for a store that keeps no webhooks.

    Args:
        key_file: see :class:`~runstone.server.webhooks.vault.Vault`.
    """

    def __init__(self, store: Store, key_file: Path | None = None) -> None:
        if not isinstance(store, WithWebhooks):
            raise NotSupported(f"The store {type(store).__name__} keeps no webhooks itself. Ask the server behind it.")
        self.kept, self.vault = store.webhooks, Vault(key_file)

    @staticmethod
    def rules() -> Rules:
        """As the settings say now."""
        return Rules(
            [one for one in settings.WEBHOOK_SCHEMES.get().replace(",", " ").lower().split() if one in ("http", "https")],
            settings.WEBHOOK_PRIVATE.get(),
            max(0.1, settings.WEBHOOK_SECONDS.get()),
            max(0, settings.WEBHOOK_RETRIES.get()),
        )

    def create(
        self, name: str, url: str, events: Sequence[str], description: str = "", secret: str = "", status: str = ""
    ) -> Webhook:
        """Raises InvalidValue (any of them), WrongState (too many webhooks)."""
        now = _now()
        made = Webhook(uuid.uuid4().hex, name, url, tuple(events), description, "ACTIVE", "", now, now)
        made = self._checked(made, status, secret)
        self.kept.add(made, MOST)
        return made

    def update(
        self,
        webhook_id: str,
        name: str | None = None,
        url: str | None = None,
        events: Sequence[str] | None = None,
        description: str | None = None,
        secret: str | None = None,
        status: str | None = None,
    ) -> Webhook:
        """What is ``None`` stays. Raises as :meth:`create`, and NotFound."""
        before = self.kept.webhook(webhook_id)
        given = {"name": name, "url": url, "events": tuple(events) if events else None, "description": description}
        changed = msgspec.structs.replace(
            before, last_updated_timestamp=_now(), **{key: value for key, value in given.items() if value is not None}
        )
        changed = self._checked(changed, status or "", secret, look=url is not None)
        self.kept.change(changed)
        return changed

    def test(self, webhook_id: str, event: str = "") -> Tested:
        """Send an example of the event, else of the webhook's first, once, and say what came back. Raises NotFound."""
        webhook = self.kept.webhook(webhook_id)
        body = telling.example(telling.check_event(event or webhook.events[0]), _now())
        try:
            answer = self.send(webhook, uuid.uuid4().hex, body)
        except (RunstoneError, OSError, http.client.HTTPException) as cause:
            return Tested(False, error=said(cause))
        return Tested(answer.taken, answer)

    def send(self, webhook: Webhook, delivery_id: str, body: str) -> Answer:
        """One message, signed, once; raises as :func:`~runstone.server.webhooks.post.post`, and RunstoneError (secret)."""
        head = headers(delivery_id, str(int(time.time())), body, self.vault.open(webhook.sealed))
        return post(webhook.url, body, head, self.rules())

    def deliveries(self, webhook_id: str, state: str = "", limit: int = 100) -> Sequence[Delivery]:
        """Messages, newest first. Raises NotFound, InvalidValue (state)."""
        if state and state.upper() not in STATES:
            raise InvalidValue(f"Invalid state {state!r}. Valid states are: {', '.join(STATES)}.")
        return self.kept.deliveries(webhook_id, state.upper(), limit)

    def _checked(self, webhook: Webhook, status: str, secret: str | None, look: bool = True) -> Webhook:
        if not webhook.name.strip() or len(webhook.name) > _MOST_NAME or not webhook.name.isprintable():
            raise InvalidValue(f"A webhook's name has 1 to {_MOST_NAME} printable characters; not {webhook.name[:50]!r}.")
        if len(webhook.description) > _MOST_TEXT:
            raise InvalidValue(f"A webhook's description has at most {_MOST_TEXT} characters, not {len(webhook.description)}.")
        if not webhook.events:
            raise InvalidValue("A webhook needs at least one event.")
        events = tuple(dict.fromkeys(telling.check_event(one) for one in webhook.events))
        if status and status not in STATUSES:
            raise InvalidValue(f"Invalid status {status!r}. Valid statuses are: {', '.join(STATUSES)}.")
        if look:
            rules = self.rules()
            parts = check_url(webhook.url, rules.schemes)
            with suppress(OSError):  # a name that means nothing today is looked up again before each message
                resolve(parts, rules.allow_private)
        if secret is not None and len(secret) > _MOST_TEXT:
            raise InvalidValue(f"A webhook's secret has at most {_MOST_TEXT} characters.")
        sealed = webhook.sealed if secret is None else self.vault.seal(secret)
        return msgspec.structs.replace(webhook, events=events, sealed=sealed, status=status or webhook.status)


def said(cause: BaseException) -> str:
    """Why nothing came, on one short line."""
    text = " ".join(str(cause).split()) or type(cause).__name__
    return text[:500]


def _now() -> int:
    return time.time_ns() // 1_000_000
