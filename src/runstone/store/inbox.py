"""Points that are acknowledged before they are in their series.

A transaction that brings the points of a few requests to their series costs nearly as much as one that brings those of a
hundred. So points of requests that come together are at first only kept, all in one table and as they came, which a commit
makes as durable as anything. A moment later all that wait are moved to their series, in one transaction. Whoever reads what
they change has them moved before, and so has whoever writes anything else, so that nobody sees a difference. What a
process left that died is moved by the next that reads.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import Sequence
from itertools import count
from typing import Any

import msgspec
from sqlalchemy import Connection

from runstone.contracts import Batch, Receipt
from runstone.errors import RunstoneError
from runstone.records import Metrics

from . import refusals
from .dialects import Dialect, of
from .statements import Rows, find
from .states import ACTIVE
from .tables import inbox
from .write import Writer

log = logging.getLogger("runstone.store")

#: Seconds that points wait for others at most, while nobody asks for them.
DELAY = 0.5
#: Bytes that wait at most, of a process: the next writer moves them itself.
MOST = 8 << 20

_ROWS = Rows(inbox)
_RUNS = "SELECT run_id, lifecycle_stage FROM runs WHERE run_id IN"
_KEPT = Receipt(0, ())
_DAMAGED = "acknowledged points that waited to be put into their series were damaged and cannot be read"
#: Of a row's ``data``.
decoder = msgspec.msgpack.Decoder(list[Metrics])


class Inbox:
    """Of one store in one process. Safe to use from several threads."""

    def __init__(self, writer: Writer, dialect: Dialect) -> None:
        self._writer, self._sign = writer, dialect.parameter
        self._dialect = dialect
        self._pid, self._name = 0, ""
        self._numbers = count()
        #: Runs whose points this process keeps, and the bytes that they take.
        self._runs: set[str] = set()
        self._bytes = 0
        self._mover: threading.Thread | None = None

    def keep(self, batches: Sequence[Batch]) -> list[Receipt] | None:
        """Keep batches of points that came together; ``None`` if they have to be written at once.

        A batch that comes alone has nobody to wait for.
        """
        if not (len(batches) > 1 or self._bytes) or not all(map(_may_wait, batches)):
            return None
        runs = {record.run_id for batch in batches for record in batch.records}  # type: ignore[union-attr]  # all Metrics
        texts = [msgspec.msgpack.encode(batch.records) for batch in batches]
        with self._writer.alone():
            if self._bytes >= MOST:
                self.empty()
            self._own()
            if not self._writer.transaction(lambda connection: self._put(connection, texts, runs), []):
                return None
            self._runs |= runs
            self._bytes += sum(map(len, texts))
            if self._mover is None:
                self._mover = threading.Thread(target=self._move_on, name="runstone-inbox", daemon=True)
                self._mover.start()
        return [_KEPT] * len(batches)

    def empty(self) -> None:
        """Move what this process keeps. Raises StoreUnavailable; then it is still kept."""
        if not self._bytes:
            return
        with self._writer.alone():
            if self._bytes and self._pid == os.getpid():  # a forked child leaves them to its parent
                claims = sorted(f"run {run_id}" for run_id in self._runs)
                self._move(f" WHERE writer = {self._sign}", (self._name,), claims)
            self._runs, self._bytes = set(), 0

    def others(self, connection: Connection) -> bool:
        """Whether there is something that another process kept, and this one may write."""
        there = f"SELECT 1 FROM inbox WHERE writer {{}} {self._sign}"
        text = f"SELECT EXISTS ({there.format('<')}) OR EXISTS ({there.format('>')})"
        return bool(of(connection).rows(connection, text, (self._name, self._name))[0][0]) and self._dialect.writable(
            connection
        )

    def take_over(self) -> None:
        """Move what any process keeps."""
        self._move("", (), None)

    def _put(self, connection: Connection, texts: Sequence[bytes], runs: set[str]) -> bool:
        """Whether there are all these runs, and they may be written to."""
        found = list(find(connection, _RUNS, list(runs), self._sign))
        if len(found) < len(runs) or any(stage != ACTIVE for _, stage in found):
            return False
        flat: list[Any] = []
        for text in texts:
            flat += (self._name, next(self._numbers), text)
        _ROWS.insert(connection, flat, self._sign)
        return True

    def _move(self, where: str, values: tuple[str, ...], claims: list[str] | None) -> None:
        def moved(connection: Connection, careful: bool) -> None:
            select = f"SELECT data FROM inbox{where} ORDER BY writer, number"
            batches = []
            for (data,) in of(connection).rows(connection, select, values):
                try:
                    batches.append(Batch(decoder.decode(data), once=True))
                except msgspec.MsgspecError as cause:  # the rest is not lost with it
                    refusals.keep_damaged(connection, self._sign, time.time_ns() // 1_000_000, data, f"{_DAMAGED} ({cause})")
            of(connection).run(connection, f"DELETE FROM inbox{where}", values)
            for work in self._writer.works(connection, dict(enumerate(batches)), careful, late=True):
                self._writer.settle(connection, work, batches)

        try:
            self._writer.transaction(lambda connection: moved(connection, False), claims)
        except Exception as cause:
            if not self._dialect.unfit(cause):
                raise
            self._writer.transaction(lambda connection: moved(connection, True))

    def _move_on(self) -> None:
        """What a thread does as long as there is something to move."""
        while True:
            time.sleep(DELAY)
            with self._writer.alone():
                if not self._bytes:
                    self._mover = None
                    return
            try:
                self.empty()
            except Exception as cause:  # whatever it is, it may have passed at the next try; who reads or writes has it anew
                foreseen = isinstance(cause, RunstoneError)
                log.warning("points that wait to be put into their series go on waiting: %s", cause, exc_info=not foreseen)
                time.sleep(10 * DELAY)

    def _own(self) -> None:
        """A name that no other process has, nor this one before it was forked."""
        if self._pid != os.getpid():
            self._pid, self._name = os.getpid(), uuid.uuid4().hex
            self._runs, self._bytes, self._mover = set(), 0, None


def _may_wait(batch: Batch) -> bool:
    return batch.once and batch.origin is None and all(type(record) is Metrics for record in batch.records)
