"""The smallest store that keeps the contract of ``Sink.write``: one SQLite file that remembers what it was told, in order.

For tests of journals and shippers, where a whole store would hide what was lost or doubled.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from runstone.contracts import Batch, Receipt
from runstone.entities import Run, RunData, RunInfo
from runstone.errors import InvalidValue, NotFound, StoreUnavailable
from runstone.records import Metrics, Record, RunChanged, RunStarted

_TABLES = """
create table if not exists journals (journal_id text primary key, acknowledged integer);
create table if not exists points (run_id text, key text, step integer, value real, timestamp integer);
create table if not exists records (run_id text, kind text, body blob);
"""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Record).decode


class Ledger:
    """A sink, and as much of a store as recovery asks for.

    Attributes:
        trouble: called before each write with the batches; raise from it to play a store that fails.
        after: called after each commit; raise from it to play an answer that is lost on its way.
        calls: how many transactions there were.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.uri = f"ledger:{path}"
        self.trouble: Callable[[Sequence[Batch]], object] = lambda batches: None
        self.after: Callable[[], object] = lambda: None
        self.calls = 0
        with self._open() as db:
            db.execute("pragma journal_mode=wal")
            db.executescript(_TABLES)

    @contextlib.contextmanager
    def _open(self):  # type: ignore[no-untyped-def]
        db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        db.execute("pragma synchronous=off")  # it need only outlive processes, not the machine
        try:
            yield db
        finally:
            db.close()

    def write(self, batch: Batch) -> Receipt:
        return self.write_all([batch])[0]

    def write_all(self, batches: Sequence[Batch]) -> Sequence[Receipt]:
        self.trouble(batches)
        with self._open() as db:
            self.calls += 1
            db.execute("begin immediate")
            try:
                receipts = [self._write(db, batch) for batch in batches]
            except BaseException:
                db.execute("rollback")
                raise
            db.execute("commit")
        self.after()
        return receipts

    def _write(self, db: sqlite3.Connection, batch: Batch) -> Receipt:
        if batch.origin is None:
            self._keep(db, batch.records)
            return Receipt()
        known = self._position(db, batch.origin.journal_id)
        if batch.origin.first > known:
            raise InvalidValue(f"a gap: {known} is acknowledged, the batch begins at {batch.origin.first}")
        if batch.origin.first < known < batch.origin.next:
            raise InvalidValue(f"half a batch: {known} is acknowledged, the batch is {batch.origin.first}…{batch.origin.next}")
        if batch.origin.next > known:
            self._keep(db, batch.records)
            row = (batch.origin.journal_id, batch.origin.next)
            db.execute("insert or replace into journals values (?, ?)", row)
            known = batch.origin.next
        return Receipt(known)

    def _keep(self, db: sqlite3.Connection, records: Sequence[Record]) -> None:
        for record in records:
            if isinstance(record, Metrics):
                series = np.frombuffer(record.series, "<u4").tolist()
                columns = [np.frombuffer(column, kind).tolist() for column, kind in _columns(record)]
                rows = zip([record.run_id] * len(series), [record.keys[i] for i in series], *columns, strict=True)
                db.executemany("insert into points values (?, ?, ?, ?, ?)", rows)
            else:
                kept = (getattr(record, "run_id", ""), type(record).__name__, _encode(record))
                db.execute("insert into records values (?, ?, ?)", kept)

    def _position(self, db: sqlite3.Connection, journal_id: str) -> int:
        row = db.execute("select acknowledged from journals where journal_id = ?", (journal_id,)).fetchone()
        return int(row[0]) if row else 0

    def acknowledged(self, journal_id: str) -> int:
        with self._open() as db:
            return self._position(db, journal_id)

    def points(self, run_id: str | None = None) -> list[tuple[str, str, int, float, int]]:
        """(run, key, step, value, timestamp) in the order of arrival."""
        with self._open() as db:
            where, values = ("where run_id = ?", (run_id,)) if run_id else ("", ())
            return list(db.execute(f"select * from points {where} order by rowid", values))

    def records(self, kind: type | None = None) -> list[Record]:
        """All records but points, in the order of arrival."""
        with self._open() as db:
            where, values = ("where kind = ?", (kind.__name__,)) if kind else ("", ())
            rows = db.execute(f"select body from records {where} order by rowid", values)
            return [_decode(row[0]) for row in rows]

    def get_run(self, run_id: str) -> Run:
        """Status, cause and times, as the records say. Raises NotFound."""
        status, cause, end, start = "", None, None, None
        for record in self.records():
            if isinstance(record, RunStarted) and record.run_id == run_id:
                status, start = record.status, record.time
            if isinstance(record, RunChanged) and record.run_id == run_id:
                status, cause, end = record.status or status, record.cause or cause, record.end_time or end
        if not status:
            raise NotFound(f"run {run_id!r} is unknown")
        return Run(RunInfo(run_id, "0", "", status, start, end, "active", cause=cause), RunData())


def _columns(record: Metrics) -> list[tuple[bytes, str]]:
    return [(record.steps, "<i8"), (record.values, "<f8"), (record.timestamps, "<i8")]


def unavailable(batches: Sequence[Batch] = ()) -> None:
    """A ``trouble``, or an ``after``, that never ends."""
    raise StoreUnavailable("the store is away")
