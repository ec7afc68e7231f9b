"""Webhooks in the store's database, see :class:`runstone.contracts.Webhooks`.

There is no second log: messages are made of the registry's own, and each webhook keeps the number of the last event that it
has messages of. Numbers of events become visible in their order, so none is passed over.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from runstone.contracts import Telling
from runstone.entities.model_registry import ModelVersion, RegisteredModel
from runstone.entities.registry_events import RegistryEvent
from runstone.entities.webhooks import Delivery, Webhook
from runstone.errors import NotFound, WrongState

from .dialects import Claims
from .registry_log import PARTS
from .registry_read import RegistryReader
from .search_sql import Sql, rows
from .statements import Rows
from .tables import webhook_deliveries, webhooks

T = TypeVar("T")

#: Whoever changes webhooks or messages claims this; writers of runs go on meanwhile.
_CLAIM = ("webhooks",)
#: Events that are looked at in one transaction, and milliseconds for which finished messages are kept.
_PAGE, _KEPT = 1_000, 30 * 24 * 3_600_000
_HOOK = "webhook_id, name, url, events, description, status, sealed, creation_time, last_update_time"
_DELIVERY = "delivery_id, webhook_id, number, event, body, time, state, attempts, due, response_status, error, finished"
_EVENT = 'number, time, user_id, event, name, version, "key", old, new, reason'
_LAST = "COALESCE((SELECT MAX(number) FROM registry_events), -1)"


class Reads(Protocol):
    """Does work in a transaction that reads."""

    def __call__(self, work: Callable[[Connection], T], /) -> T: ...


class Changes(Protocol):
    """The same for one that writes, alone with what is claimed."""

    def __call__(self, work: Callable[[Connection], T], claims: Claims = None) -> T: ...


class SqlWebhooks:
    """Args:
    read, change: see above.
    sign: the database's sign for a parameter.
    """

    def __init__(self, read: Reads, change: Changes, sign: str) -> None:
        self._read, self._change, self._sign = read, change, sign

    def webhooks(self) -> Sequence[Webhook]:
        select = Sql(f"SELECT {_HOOK} FROM webhooks ORDER BY creation_time, webhook_id")
        return self._read(lambda connection: [_hook(row) for row in rows(connection, select)])

    def webhook(self, webhook_id: str) -> Webhook:
        found = self._read(
            lambda connection: rows(connection, Sql(f"SELECT {_HOOK} FROM webhooks WHERE webhook_id = ?", (webhook_id,)))
        )
        if not found:
            raise _missing(webhook_id)
        return _hook(found[0])

    def add(self, webhook: Webhook, most: int) -> None:
        def add(connection: Connection) -> None:
            (count, last) = rows(connection, Sql(f"SELECT (SELECT COUNT(*) FROM webhooks), {_LAST}"))[0]
            if count >= most:
                raise WrongState(f"There are {count} webhooks already, and {most} are the most; delete one first.")
            Rows(webhooks).insert(connection, (webhook.webhook_id, *_columns(webhook), last), self._sign)

        self._change(add, _CLAIM)

    def change(self, webhook: Webhook) -> None:
        def change(connection: Connection) -> None:
            told = f"CASE WHEN status = 'ACTIVE' THEN told ELSE {_LAST} END"
            columns = ("name", "url", "events", "description", "status", "sealed", "creation_time", "last_update_time")
            sets = ", ".join(f"{name} = ?" for name in columns)
            statement = f"UPDATE webhooks SET told = {told}, {sets} WHERE webhook_id = ?"
            if not self._do(connection, statement, *_columns(webhook), webhook.webhook_id):
                raise _missing(webhook.webhook_id)

        self._change(change, _CLAIM)

    def delete(self, webhook_id: str) -> None:
        def delete(connection: Connection) -> None:
            self._do(connection, "DELETE FROM webhook_deliveries WHERE webhook_id = ?", webhook_id)
            if not self._do(connection, "DELETE FROM webhooks WHERE webhook_id = ?", webhook_id):
                raise _missing(webhook_id)

        self._change(delete, _CLAIM)

    # --- messages -----------------------------------------------------------------------------------------------------

    def plan(self, telling: Telling, now: int) -> int:
        behind = Sql(f"SELECT COUNT(*) FROM webhooks WHERE status = 'ACTIVE' AND told < {_LAST}")
        made = 0
        while self._read(lambda connection: rows(connection, behind))[0][0]:
            made += self._change(lambda connection: self._plan_page(connection, telling, now), _CLAIM)
        return made

    def _plan_page(self, connection: Connection, telling: Telling, now: int) -> int:
        hooks = rows(connection, Sql("SELECT webhook_id, events, told FROM webhooks WHERE status = 'ACTIVE'"))
        if not hooks:
            return 0
        first = min(told for _, _, told in hooks)
        select = f"SELECT {_EVENT} FROM registry_events WHERE number > ? ORDER BY number LIMIT ?"
        found = [RegistryEvent(*row) for row in rows(connection, Sql(select, (first, _PAGE)))]
        if len(found) == _PAGE:  # the events of one change stay together
            whole = [one for one in found if one.number // PARTS != found[-1].number // PARTS]
            found = whole or found
        if not found:
            return 0
        flat: list[Any] = []
        for event, body, number in _messages(connection, found, telling):
            for webhook_id, wanted, told in hooks:
                if number > told and event in wanted.split():
                    message = (uuid.uuid4().hex, event, body, now, "WAITING", 0, now, None, "", None)
                    flat += (webhook_id, number, *message)
        if flat:
            Rows(webhook_deliveries, update=()).insert(connection, flat, self._sign)
            self._do(connection, "DELETE FROM webhook_deliveries WHERE state <> 'WAITING' AND finished < ?", now - _KEPT)
        last = found[-1].number
        self._do(connection, "UPDATE webhooks SET told = ? WHERE status = 'ACTIVE' AND told < ?", last, last)
        return len(flat) // len(webhook_deliveries.columns)

    def due(self, now: int) -> Sequence[str]:
        select = (
            "SELECT DISTINCT d.webhook_id FROM webhook_deliveries d JOIN webhooks w ON w.webhook_id = d.webhook_id "
            "WHERE d.state = 'WAITING' AND d.due <= ? AND w.status = 'ACTIVE'"
        )
        return self._read(lambda connection: [row[0] for row in rows(connection, Sql(select, (now,)))])

    def claim(self, webhook_id: str, now: int, until: int) -> Delivery | None:
        where = "webhook_id = ? AND state = 'WAITING' AND due <= ?"
        next_one = f"SELECT number FROM webhook_deliveries WHERE {where} ORDER BY number LIMIT 1"

        def claim(connection: Connection) -> Delivery | None:
            found = rows(connection, Sql(next_one, (webhook_id, now)))
            if not found:
                return None
            key = (webhook_id, found[0][0])
            take = "UPDATE webhook_deliveries SET attempts = attempts + 1, due = ? WHERE webhook_id = ? AND number = ?"
            self._do(connection, take, until, *key)
            select = f"SELECT {_DELIVERY} FROM webhook_deliveries WHERE webhook_id = ? AND number = ?"
            return Delivery(*rows(connection, Sql(select, key))[0])

        if not self._read(lambda connection: rows(connection, Sql(next_one, (webhook_id, now)))):
            return None
        return self._change(claim, _CLAIM)

    def settle(self, delivery: Delivery) -> None:
        one = delivery
        statement = (
            "UPDATE webhook_deliveries SET state = ?, due = ?, response_status = ?, error = ?, finished = ? "
            "WHERE webhook_id = ? AND number = ? AND attempts = ? AND state = 'WAITING'"
        )
        given = (one.state, one.due, one.response_status, one.error, one.finished, one.webhook_id, one.number, one.attempts)
        self._change(lambda connection: self._do(connection, statement, *given), _CLAIM)

    def deliveries(self, webhook_id: str, state: str = "", limit: int = 100) -> Sequence[Delivery]:
        self.webhook(webhook_id)
        asked, values = ("webhook_id = ? AND state = ?", (webhook_id, state)) if state else ("webhook_id = ?", (webhook_id,))
        select = f"SELECT {_DELIVERY} FROM webhook_deliveries WHERE {asked} ORDER BY number DESC LIMIT ?"
        return self._read(lambda connection: [Delivery(*row) for row in rows(connection, Sql(select, (*values, limit)))])

    def _do(self, connection: Connection, statement: str, *given: Any) -> int:
        return connection.exec_driver_sql(statement.replace("?", self._sign), given).rowcount


def _messages(connection: Connection, found: Sequence[RegistryEvent], telling: Telling) -> list[tuple[str, str, int]]:
    """Event, body and number of what is to be told."""
    reader, models, told = RegistryReader(connection), dict[str, RegisteredModel | None](), list[tuple[str, str, int]]()
    made = -1
    for one in found:
        change = one.number // PARTS
        if one.event.endswith(".created") and "alias" not in one.event:
            made = change
        elif change == made and one.event.endswith("tag.set"):
            continue  # the tags that a new model or version came with are in its own message
        if one.name not in models:
            models[one.name] = _there(lambda name=one.name: reader.model(name))  # type: ignore[misc]
        version: ModelVersion | None = None
        if one.version is not None and models[one.name] is not None:
            version = _there(lambda at=(one.name, one.version): reader.version(*at))  # type: ignore[misc]
        message = telling(one, models[one.name], version)
        if message is not None:
            told.append((*message, one.number))
    return told


def _there(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except NotFound:
        return None


def _hook(row: Sequence[Any]) -> Webhook:
    webhook_id, name, url, events, *rest = row
    return Webhook(webhook_id, name, url, tuple(events.split()), *rest)


def _columns(one: Webhook) -> tuple[Any, ...]:
    times = (one.creation_timestamp, one.last_updated_timestamp)
    return (one.name, one.url, " ".join(one.events), one.description, one.status, one.sealed, *times)


def _missing(webhook_id: str) -> NotFound:
    return NotFound(f"Webhook with ID {webhook_id} not found.")
