"""Records of journals that could not be applied: kept as they were, with the reason, until their run is restored or purged."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from runstone.contracts import Refusal
from runstone.records import Record, run_of

from .statements import Rows
from .tables import refused

_ROWS = Rows(refused)


def keep(connection: Connection, sign: str, now: int, journal_id: str, refusal: Refusal, code: str) -> None:
    """Keep a record after the others of its run. ``code`` is the error's."""
    run_id = run_of(refusal.record)
    last = connection.exec_driver_sql(f"SELECT max(sequence) FROM refused WHERE run_id = {sign}", (run_id,)).scalar()
    number = 0 if last is None else last + 1
    row = [run_id, number, journal_id, now, code, refusal.reason, msgspec.msgpack.encode(refusal.record)]
    _ROWS.insert(connection, row, sign)


def take(connection: Connection, sign: str, run_id: str) -> list[tuple[str, Record]]:
    """The run's records, which leave the table, in order, each with its journal."""
    select = f"SELECT journal_id, record FROM refused WHERE run_id = {sign} ORDER BY sequence"
    found = connection.exec_driver_sql(select, (run_id,)).fetchall()
    connection.exec_driver_sql(f"DELETE FROM refused WHERE run_id = {sign}", (run_id,))
    return [(journal_id, msgspec.msgpack.decode(data, type=Record)) for journal_id, data in found]
