"""How long a request's body may take: a client that dribbles bytes, or falls silent, holds nothing for long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from starlette.types import Message, Receive

#: Bytes a second, over the whole body, that are always fast enough.
LEAST_RATE = 1024
#: What an application is told of a client that is not waited for any longer.
GONE: Message = {"type": "http.disconnect"}


class Paced:
    """``receive`` of one request; as a callable it takes the place of that.

    Only the time spent waiting for the client counts: a slow disk is not its fault.

    Args:
        seconds: that it may be silent, and what it has in hand beside :data:`LEAST_RATE`.
        refuse: called once, when it was too slow; the application then sees it gone.
    """

    __slots__ = ("_ended", "_receive", "_refuse", "_refused", "_seconds", "_seen", "_waited")

    def __init__(self, receive: Receive, seconds: float, refuse: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._receive, self._seconds, self._refuse = receive, seconds, refuse
        self._seen, self._waited, self._ended, self._refused = 0, 0.0, False, False

    async def __call__(self) -> Message:
        if self._refused:
            return GONE
        if self._ended:  # what comes now is only the news that the client left
            return await self._receive()
        began = time.monotonic()
        message = await _within(self._receive, min(self._seconds, self._seconds + self._seen / LEAST_RATE - self._waited))
        if message is None:
            self._refused = True
            await self._refuse()
            return GONE
        self._waited += time.monotonic() - began
        self._seen += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        return message


async def _within(receive: Receive, seconds: float) -> Message | None:
    """What comes in that time, or ``None``. No task is made for it: nearly always it is there already."""
    task = asyncio.current_task()
    assert task is not None
    late = False

    def give_up() -> None:
        nonlocal late
        late = True
        task.cancel()

    timer = asyncio.get_running_loop().call_later(max(seconds, 0), give_up)
    try:
        return await receive()
    except asyncio.CancelledError:
        if not late:
            raise
        if hasattr(task, "uncancel"):  # Python 3.11
            task.uncancel()
        return None
    finally:
        timer.cancel()
