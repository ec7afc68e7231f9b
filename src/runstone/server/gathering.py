"""Writes of many requests in few transactions.

A commit waits for the disk, however little it brings. So requests that come while one commits wait for it together, and
the next commit brings all of them. A request that comes alone waits for nobody.
"""

from __future__ import annotations

import threading

from runstone.contracts import Batch, Receipt, Sink
from runstone.errors import RunstoneError, Trouble

#: Batches in one transaction: enough to make commits rare, few enough that nobody waits long.
MOST = 256


class _Waiting:
    __slots__ = ("batch", "error", "receipt")

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.receipt: Receipt | None = None
        self.error: BaseException | None = None

    @property
    def done(self) -> bool:
        return self.receipt is not None or self.error is not None


class Gathering:
    """Direct batches for a sink, from any threads. Each is still all or nothing by itself."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._waiting: list[_Waiting] = []

    def write(self, batch: Batch) -> Receipt:
        """As :meth:`runstone.contracts.Sink.write`; it returns when the batch is stored."""
        mine = _Waiting(batch)
        with self._lock:
            self._waiting.append(mine)
        with self._turn:
            while not mine.done:  # else another request's turn brought it along
                with self._lock:
                    taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                self._write(taken)
        if mine.error is not None:
            raise mine.error
        assert mine.receipt is not None
        return mine.receipt

    def _write(self, taken: list[_Waiting]) -> None:
        try:
            for one, receipt in zip(taken, self._sink.write_all([one.batch for one in taken]), strict=True):
                one.receipt = receipt
        except Exception as cause:
            if len(taken) == 1 or isinstance(cause, Trouble):  # a store that is away is away for each of them
                for one in taken:
                    one.error = cause
            elif isinstance(cause, RunstoneError):  # one of them is wrong, and undid the others
                for one in taken:
                    self._write([one])
            else:
                for one in taken:
                    one.error = cause
        finally:
            for one in taken:
                if not one.done:
                    one.error = RunstoneError("The write was interrupted; it may not be stored.")
