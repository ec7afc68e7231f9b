"""The methods of ``MlflowClient`` for webhooks: a server has them, and sends their messages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from runstone.entities import PagedList
from runstone.entities.webhook import WebhookEvent, WebhookStatus, WebhookTestResult
from runstone.entities.webhooks import MOST, Webhook
from runstone.errors import InvalidValue, NotFound, NotSupported

from .checks import check_text, many, whole
from .session import Session

#: The server's own paths: MLflow's do not know all events.
_PATH, _MLFLOW = "/api/runstone/v1/webhooks", "/api/2.0/mlflow/webhooks"
#: Seconds: the server looks up the address, and for a test waits for the receiver.
_PATIENCE = 120.0


class WebhookCalls:
    """Each raises NotSupported where registered models are on this machine, PermissionDenied where a server with accounts is
    asked by somebody who is no administrator. Secrets are given, and never shown."""

    @property
    def _registry_session(self) -> Session:
        raise NotImplementedError("a client knows its registry")

    def create_webhook(
        self,
        name: str,
        url: str,
        events: Sequence[str],
        description: str | None = None,
        secret: str | None = None,
        status: str | None = None,
    ) -> Webhook:
        """Tell an address of events from now on.

        Args:
            events: such as ``"model_version.created"``, or :class:`~runstone.entities.webhook.WebhookEvent`.
            secret: messages are signed with it.
            status: ``ACTIVE`` or ``DISABLED``.

        Raises:
            InvalidValue: an event there is not, or an address that messages may not go to.
        """
        word = None if status is None else _status(status)
        body = {"name": name, "url": url, "events": _events(events), "description": description or "", "secret": secret or ""}
        made = _webhook(self._ask_server("POST", "", body))
        return made if word in (None, made.status) else self.update_webhook(made.webhook_id, status=word)

    def get_webhook(self, webhook_id: str) -> Webhook:
        """Raises NotFound."""
        found = next((one for one in self._webhooks() if one.webhook_id == webhook_id), None)
        if found is None:
            raise NotFound(f"Webhook with ID {webhook_id} not found.")
        return found

    def list_webhooks(self, max_results: int | None = None, page_token: str | None = None) -> PagedList[Webhook]:
        """Oldest first; ``max_results`` on each page, which is all there can be if not given."""
        size = MOST if max_results is None else whole(max_results, "max_results") or MOST
        start = check_text(page_token or "0", "page_token", "the token of the page before")
        if not start.isdecimal() or size < 1:
            raise InvalidValue(
                f"page_token={page_token!r} with max_results={max_results!r} names no page; use the last one's token."
            )
        every, first = self._webhooks(), int(start)
        following = str(first + size) if first + size < len(every) else None
        return PagedList(every[first : first + size], following)

    def update_webhook(
        self,
        webhook_id: str,
        name: str | None = None,
        description: str | None = None,
        url: str | None = None,
        events: Sequence[str] | None = None,
        secret: str | None = None,
        status: str | None = None,
    ) -> Webhook:
        """Change what is given; ``events`` are all there will be. Raises NotFound, and as :meth:`create_webhook`."""
        given = {
            "name": name,
            "description": description,
            "url": url,
            "events": None if events is None else _events(events),
            "secret": secret,
            "status": None if status is None else _status(status),
        }
        body = {key: value for key, value in given.items() if value is not None}
        return _webhook(self._ask_server("PATCH", _one(webhook_id), body))

    def delete_webhook(self, webhook_id: str) -> None:
        """With all its messages. Raises NotFound."""
        self._ask_server("DELETE", _one(webhook_id))

    def test_webhook(self, webhook_id: str, event: str | None = None) -> WebhookTestResult:
        """Have an example sent once, of the event, else of the webhook's first. Raises NotFound."""
        body = {}
        if event is not None:
            asked = WebhookEvent.from_str(event)
            body = {"event": {"entity": asked.entity.upper(), "action": asked.action.upper()}}
        return WebhookTestResult(**self._ask_server("POST", f"{_one(webhook_id)}/test", body, _MLFLOW)["result"])

    def _webhooks(self) -> list[Webhook]:
        return [_webhook(row) for row in self._ask_server("GET", "")["webhooks"]]

    def _ask_server(self, method: str, path: str, body: Any = None, root: str = _PATH) -> Any:
        here = self._registry_session
        server = getattr(here.store, "server", None)
        if server is None:
            raise NotSupported(
                f"Webhooks are sent by a running server, and registered models are kept at {here.shown_uri}. Give the server's "
                "address as the tracking URI; on its own machine `runstone webhooks` does the same."
            )
        told = None if body is None else lambda: json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        tries = 3 if method == "GET" else 1
        answer = server.ask(method, root + path, headers=headers, body=told, tries=tries, patience=_PATIENCE)
        return json.loads(answer.data)


def _one(webhook_id: str) -> str:
    return "/" + quote(check_text(webhook_id, "webhook_id", "webhook.webhook_id"), safe="")


def _events(events: Sequence[str]) -> list[str]:
    if isinstance(events, str):
        raise InvalidValue(f"events is a list of events, not one text: [{events!r}].")
    return [str(WebhookEvent.from_str(one)) for one in many(events, "events", "['model_version.created']")]


def _status(status: str) -> str:
    word = str(status).upper()
    if word not in WebhookStatus.__members__:
        raise InvalidValue(f"Invalid status {status!r}. Valid statuses are: {', '.join(WebhookStatus.__members__)}.")
    return word


def _webhook(row: dict[str, Any]) -> Webhook:
    events = tuple(WebhookEvent.from_str(one) for one in row["events"])
    times = (row["creation_time"], row["last_update_time"])
    return Webhook(row["webhook_id"], row["name"], row["url"], events, row["description"], row["status"], "", *times)
