"""Answers for clients that are still there: work for one that left is not begun, and what it reads is stopped.

A page that is scrolled or filtered quickly takes back most of what it asked for; each answer would be worked out to its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from runstone.askers import Asker, Left, asker

T = TypeVar("T")

#: Seconds until somebody looks whether the client is still there: most answers come sooner, and cost no look.
LOOK = 0.03
#: Seconds between two words to work that goes on for a client that left.
AGAIN = 0.02

#: They stop others' work, so they must not wait for a thread behind it.
_stoppers = ThreadPoolExecutor(2, "runstone-stops")


async def while_asked(receive: Receive, in_thread: Callable[[Callable[[], T]], Awaitable[T]], work: Callable[[], T]) -> T:
    """What ``work`` gives, done by ``in_thread`` with a copy of this context; the request's body has been read.

    Only for work that changes nothing. Raises ClientDisconnect where the client left before there was an answer.
    """
    asking, loop = Asker(), asyncio.get_running_loop()
    watching: asyncio.Task[None] | None = None

    def watch() -> None:
        nonlocal watching
        watching = loop.create_task(_watch(receive, asking))

    def asked() -> T:
        asking.check()
        return work()

    mark, timer = asker.set(asking), loop.call_later(LOOK, watch)
    try:
        return await in_thread(asked)
    except Left as cause:
        raise ClientDisconnect from cause
    finally:
        asker.reset(mark)
        timer.cancel()
        if watching is not None:
            watching.cancel()


async def _watch(receive: Receive, asking: Asker) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    while True:
        await asyncio.get_running_loop().run_in_executor(_stoppers, asking.leave)
        await asyncio.sleep(AGAIN)
