"""How long a request's body may take: a client that dribbles bytes, or falls silent, holds nothing for long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any
from weakref import WeakKeyDictionary

from starlette.types import Message, Receive

#: Bytes a second, over the whole body, that are always fast enough.
LEAST_RATE = 1024
#: Seconds between two looks at who waits for too long.
LOOK = 0.25
#: What an application is told of a client that is not waited for any longer.
GONE: Message = {"type": "http.disconnect"}


class Paced:
    """``receive`` of one request; as a callable it takes the place of that.

    Only the time spent waiting for the client counts: a slow disk is not its fault.

    Args:
        seconds: that it may be silent, and what it has in hand beside :data:`LEAST_RATE`.
        refuse: called once, when it was too slow; the application then sees it gone.
        length: of the body, if it was announced: its last byte is its end, and the empty piece that the HTTP server sends
            after it, through a thread of its own, is not waited for.
    """

    __slots__ = ("_ended", "_length", "_receive", "_refuse", "_refused", "_seconds", "_seen", "_waited")

    def __init__(
        self, receive: Receive, seconds: float, refuse: Callable[[], Coroutine[Any, Any, None]], length: int | None = None
    ) -> None:
        self._receive, self._seconds, self._refuse, self._length = receive, seconds, refuse, length
        self._seen, self._waited, self._ended, self._refused = 0, 0.0, False, False

    async def __call__(self) -> Message:
        if self._refused:
            return GONE
        if self._ended:  # what comes now, after that empty piece, is only the news that the client left
            news = await self._receive()
            return news if news["type"] == GONE["type"] else await self._receive()
        began = time.monotonic()
        message = await _within(self._receive, min(self._seconds, self._seconds + self._seen / LEAST_RATE - self._waited))
        if message is None:
            self._refused = True
            await self._refuse()
            return GONE
        self._waited += time.monotonic() - began
        self._seen += len(message.get("body", b""))
        if self._seen == self._length and message["type"] != GONE["type"]:
            message["more_body"] = False
        self._ended = not message.get("more_body", False)
        return message


class _Watch:
    """Ends what waits too long, of one loop. One timer looks at all; one for each request would cost more than the rest."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._looking = loop, False
        self._until: dict[asyncio.Task[Any], float] = {}

    def begin(self, task: asyncio.Task[Any], seconds: float) -> None:
        self._until[task] = self._loop.time() + seconds
        if not self._looking:
            self._looking = True
            self._loop.call_later(LOOK, self._look)

    def waits(self, task: asyncio.Task[Any]) -> bool:
        """Whether its time is not up."""
        return task in self._until

    def end(self, task: asyncio.Task[Any]) -> None:
        self._until.pop(task, None)

    def _look(self) -> None:
        now = self._loop.time()
        for task in [task for task, until in self._until.items() if until < now]:
            del self._until[task]
            task.cancel()
        self._looking = bool(self._until)
        if self._looking:
            self._loop.call_later(LOOK, self._look)


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, _Watch] = WeakKeyDictionary()


async def _within(receive: Receive, seconds: float) -> Message | None:
    """What comes in that time, give or take :data:`LOOK`, or ``None``. Nearly always it is there already."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    watch = _watches.get(loop) or _watches.setdefault(loop, _Watch(loop))
    watch.begin(task, seconds)
    try:
        return await receive()
    except asyncio.CancelledError:
        if watch.waits(task):
            raise
        if hasattr(task, "uncancel"):  # Python 3.11
            task.uncancel()
        return None
    finally:
        watch.end(task)
