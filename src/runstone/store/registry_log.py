"""The log of the registry: what was changed, by whom and why, in the transaction that changed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from runstone.entities.model_uris import check_model_name
from runstone.entities.moves import MOVES
from runstone.entities.registry_events import MOST_TEXT, RegistryEvent
from runstone.errors import NotFound

from .search_sql import Sql, rows
from .statements import Rows
from .tables import registry_events
from .work import Work

_EVENTS = Rows(registry_events)
#: Events of one change of the registry get numbers after each other; no record can bring more.
PARTS = 1 << 20
_SELECT = 'SELECT number, time, user_id, event, name, version, "key", old, new, reason FROM registry_events WHERE '


class Log:
    """The events of one record; :meth:`save` writes them, so that a record that fails has left none."""

    def __init__(self, work: Work, change: int, time: int, model_key: str, name: str, reason: str = "") -> None:
        self._work, self._first = work, change * PARTS
        self._about = (time, work.by, reason or work.reason, model_key, name)
        self._flat: list[Any] = []

    def add(
        self, event: str, version: int | None = None, key: str | None = None, old: object = None, new: object = None
    ) -> None:
        time, by, reason, model_key, name = self._about
        number = self._first + len(self._flat) // len(_EVENTS.names)
        self._flat += (number, time, by, event, model_key, name, version, key, _text(old), _text(new), reason)

    def tags(self, event: str, old: Mapping[str, str], new: Mapping[str, str | None], version: int | None = None) -> None:
        """What setting these tags changes. Those that say who moved an alias are told as moves."""
        for key, value in new.items():
            if old.get(key) != value and not key.startswith(MOVES):
                self.add(f"{event}.{'deleted' if value is None else 'set'}", version, key, old.get(key), value)

    def save(self) -> None:
        if self._flat:
            _EVENTS.insert(self._work.connection, self._flat, self._work.sign)


def events(connection: Connection, name: str, before: int | None, limit: int) -> list[RegistryEvent]:
    """See :meth:`runstone.contracts.Registry.registry_events`."""
    check_model_name(name)
    found = rows(connection, Sql("SELECT model_key FROM registered_models WHERE name = ?", (name,)))
    if not found:  # the last one that had this name
        last = "SELECT model_key FROM registry_events WHERE name = ? ORDER BY number DESC LIMIT 1"
        found = rows(connection, Sql(last, (name,)))
    if not found:
        raise NotFound(f"Registered Model with name={name} not found")
    asked, values = "model_key = ?", [found[0][0]]
    if before is not None:
        asked += " AND number < ?"
        values.append(before)
    page = Sql(f"{_SELECT}{asked} ORDER BY number DESC LIMIT ?", (*values, limit))
    return [_event(row) for row in rows(connection, page)]


def _event(row: Sequence[Any]) -> RegistryEvent:
    return RegistryEvent(*row)


def _text(value: object) -> str | None:
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 1]}…"
