"""Records that nobody waits for and that could not be applied: kept, with the reason, until their run is restored or purged."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection

from runstone.contracts import Refusal
from runstone.errors import StoreCorrupt
from runstone.records import Record, run_of

from .statements import Rows
from .tables import refused

_ROWS = Rows(refused)


def keep(connection: Connection, sign: str, now: int, journal_id: str, refusal: Refusal, code: str) -> None:
    """Keep a record after the others of its run. ``code`` is the error's."""
    _add(
        connection, sign, run_of(refusal.record), journal_id, now, code, refusal.reason, msgspec.msgpack.encode(refusal.record)
    )


def keep_damaged(connection: Connection, sign: str, now: int, data: bytes, reason: str) -> None:
    """Keep bytes that cannot be read, so that nobody knows of which run they are."""
    _add(connection, sign, "", "", now, StoreCorrupt.default_code, reason, data)


def _add(connection: Connection, sign: str, run_id: str, *row: Any) -> None:
    last = connection.exec_driver_sql(f"SELECT max(sequence) FROM refused WHERE run_id = {sign}", (run_id,)).scalar()
    number = 0 if last is None else last + 1
    _ROWS.insert(connection, [run_id, number, *row], sign)


def take(connection: Connection, sign: str, run_id: str) -> list[tuple[str, Record]]:
    """The run's records, which leave the table, in order, each with its journal."""
    select = f"SELECT journal_id, record FROM refused WHERE run_id = {sign} ORDER BY sequence"
    found = connection.exec_driver_sql(select, (run_id,)).fetchall()
    connection.exec_driver_sql(f"DELETE FROM refused WHERE run_id = {sign}", (run_id,))
    return [(journal_id, msgspec.msgpack.decode(data, type=Record)) for journal_id, data in found]
