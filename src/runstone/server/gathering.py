"""Writes of many requests in few transactions.

A commit waits for the disk, however little it brings. So requests that come while one commits wait for it together, and
the next commit brings all of them. A request that comes alone waits for nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

from runstone.contracts import Batch, Receipt, Sink
from runstone.errors import RunstoneError, Trouble

#: Batches in one transaction: enough to make commits rare, few enough that nobody waits long.
MOST = 256


class _Waiting:
    __slots__ = ("batch", "error", "future", "receipt")

    def __init__(self, batch: Batch, future: asyncio.Future[Receipt] | None = None) -> None:
        self.batch, self.future = batch, future
        self.receipt: Receipt | None = None
        self.error: BaseException | None = None

    @property
    def done(self) -> bool:
        return self.receipt is not None or self.error is not None

    def settle(self) -> None:
        """Tell the coroutine that waits for it, in its loop."""
        assert self.future is not None
        if self.future.done():  # whoever waited has gone
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            assert self.receipt is not None
            self.future.set_result(self.receipt)


class Gathering:
    """Direct batches for a sink, from any threads and from coroutines. Each is still all or nothing by itself."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._waiting: list[_Waiting] = []
        self._thread = ThreadPoolExecutor(1, "runstone-writes")
        self._awake = False

    async def written(self, batch: Batch) -> Receipt:
        """:meth:`write` for a coroutine: no thread waits for the commit but the one that writes."""
        future: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiting.append(_Waiting(batch, future))
            start, self._awake = not self._awake, True
        if start:
            self._thread.submit(self._write_all)
        return await future

    def _write_all(self) -> None:
        while True:
            with self._turn:
                with self._lock:
                    taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                    if not taken:
                        self._awake = False
                        return
                self._write(taken)

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
                return
            else:
                for one in taken:
                    one.error = cause
        finally:
            for one in taken:
                if not one.done:
                    one.error = RunstoneError("The write was interrupted; it may not be stored.")
            _tell([one for one in taken if one.future is not None])


def _tell(settled: list[_Waiting]) -> None:
    """Wake the coroutines, all of one loop at once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
    for one in settled:
        assert one.future is not None
        by_loop.setdefault(one.future.get_loop(), []).append(one)
    for loop, theirs in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, theirs)


def _settle(theirs: list[_Waiting]) -> None:
    for one in theirs:
        one.settle()
