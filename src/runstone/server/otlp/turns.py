"""Large messages of spans are read two at a time: unpacked and read, each takes a hundred times its bytes of memory."""

from __future__ import annotations

from collections.abc import Callable

from anyio import CapacityLimiter, to_thread

from runstone.errors import TooBusy

#: Bytes of a body, as it travels, from which a message is a large one; packed ones grow.
LARGE, LARGE_PACKED = 1 << 20, 64 << 10
#: Large messages read at a time, and those that may wait with their bodies in memory.
AT_ONCE, WAITING = 2, 8


class Turns:
    """One of a server process; used by one event loop."""

    def __init__(self) -> None:
        self._here = 0
        self._limiter: CapacityLimiter | None = None

    async def run(self, work: Callable[[], None], size: int, packed: bool) -> None:
        """``work`` in a thread, a large message's when its turn comes. Raises TooBusy."""
        if size < (LARGE_PACKED if packed else LARGE):
            await to_thread.run_sync(work)
            return
        if self._here >= AT_ONCE + WAITING:
            raise TooBusy(f"The server is reading {self._here} large messages of spans already; send this one again soon.", 1)
        self._limiter = self._limiter or CapacityLimiter(AT_ONCE)
        self._here += 1
        try:
            await to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._here -= 1
