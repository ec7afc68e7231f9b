"""One poller per process tells all listeners what changed.

It asks the store only while somebody listens. A listener that reads slowly never makes a queue: what it has not read
yet is merged, so that it costs at most one event.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

import msgspec
from anyio import to_thread

from runstone.contracts import Changes
from runstone.errors import RunstoneError

from .schema import ChangesEvent

log = logging.getLogger("runstone.server")

#: Run ids that one event names; with more than that, "everything may have changed" is the shorter message.
MAX_IDS = 1_000


class Listener:
    """One open stream: what it has still to be told."""

    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self.cursor: int | None = None
        self.runs: dict[str, None] = {}
        self.experiments: dict[str, None] = {}
        self.more = False

    def add(self, changes: Changes) -> None:
        self.cursor = changes.cursor if self.cursor is None else max(changes.cursor, self.cursor)
        self.runs.update(dict.fromkeys(changes.run_ids))
        self.experiments.update(dict.fromkeys(changes.experiment_ids))
        self.more = self.more or changes.more
        if len(self.runs) > MAX_IDS:
            self.runs, self.more = dict.fromkeys(list(self.runs)[:MAX_IDS]), True
        self.wake.set()

    def take(self) -> ChangesEvent | None:
        """What has gathered since the last call."""
        self.wake.clear()
        if self.cursor is None:
            return None
        event = ChangesEvent(self.cursor, list(self.runs), list(self.experiments), self.more)
        self.cursor, self.runs, self.experiments, self.more = None, {}, {}, False
        return event


class Pulse:
    """Args:
    ask: ``store.changes``.
    every: seconds between questions while somebody listens.
    heartbeat: seconds after which a silent stream gets a comment, so that proxies keep it and a dead one is noticed.
    """

    def __init__(self, ask: Callable[[int | None], Changes], every: float = 0.4, heartbeat: float = 15.0) -> None:
        self._ask, self._every, self._heartbeat = ask, every, heartbeat
        self._listeners: set[Listener] = set()
        self._poller: asyncio.Task[None] | None = None
        self.closed = False

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    async def listen(self, cursor: int | None, visible: Callable[[Changes], Changes] | None = None) -> AsyncIterator[bytes]:
        """A stream of server-sent events, from ``cursor`` (or now) until the reader goes or the server ends.

        ``visible``: what of the changes this reader may know; asked each time, in a worker thread.
        """
        listener = Listener()
        self._listeners.add(listener)  # first: nothing falls between the question below and the poller's next one
        try:
            yield b"retry: 1000\n\n"
            known = await to_thread.run_sync(self._ask, cursor)
            listener.add(known)
            self._start(known.cursor)
            while not self.closed:
                event = listener.take()
                if event is not None and visible is not None:
                    seen = Changes(event.cursor, event.run_ids, event.experiment_ids, event.more)
                    event = ChangesEvent(*msgspec.structs.astuple(await to_thread.run_sync(visible, seen)))
                if event is not None:
                    yield b"event: changes\nid: %d\ndata: %b\n\n" % (event.cursor, msgspec.json.encode(event))
                try:
                    await asyncio.wait_for(listener.wake.wait(), self._heartbeat)
                except asyncio.TimeoutError:
                    yield b": still here\n\n"
        except RunstoneError as cause:
            log.warning("events end: %s", cause.message)
        finally:
            self._listeners.discard(listener)

    async def close(self) -> None:
        """End every stream and the poller; safe to call twice."""
        self.end()
        poller, self._poller = self._poller, None
        if poller is not None:
            poller.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await poller

    def end(self) -> None:
        """Let every stream end by itself. To be called in the loop's thread."""
        self.closed = True
        for listener in self._listeners:
            listener.wake.set()

    def _start(self, cursor: int) -> None:
        if self._poller is None or self._poller.done():
            self._poller = asyncio.get_running_loop().create_task(self._poll(cursor))

    async def _poll(self, cursor: int) -> None:
        """Ask again and again while somebody listens, from where the first listener stands; a store in trouble is asked
        ever more slowly."""
        more, pause = False, self._every
        while self._listeners and not self.closed:
            try:
                changes = await to_thread.run_sync(self._ask, cursor)
            except RunstoneError as cause:
                more, pause = False, min(pause * 2, 10.0)
                log.warning("cannot ask the store what changed, trying again in %.1f s: %s", pause, cause.message)
            else:
                more, pause = changes.more, self._every
                if changes.cursor != cursor:
                    for listener in self._listeners:
                        listener.add(changes)
                cursor = changes.cursor
            await asyncio.sleep(0 if more else pause)
