"""What a server does by itself, beside answering."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence

from anyio import to_thread
from msgspec import Struct

from runstone.errors import RunstoneError

log = logging.getLogger("runstone.server")


class Chore(Struct, frozen=True):
    """``function()`` runs in a worker thread when the server starts and then every ``seconds`` (``None``: never again).
    Its failure is logged and changes nothing else; it never overlaps with itself."""

    name: str
    seconds: float | None
    function: Callable[[], object]


async def do(chore: Chore) -> None:
    """The life of one chore, until cancelled."""
    while True:
        try:
            await to_thread.run_sync(chore.function)
        except RunstoneError as cause:
            log.warning("%s failed: %s", chore.name, cause.message)
        except Exception:
            log.exception("%s failed", chore.name)
        if chore.seconds is None:
            return
        await asyncio.sleep(chore.seconds)


@contextlib.asynccontextmanager
async def doing(chores: Sequence[Chore]) -> AsyncIterator[None]:
    """All chores at work while the block lasts."""
    tasks = [asyncio.create_task(do(chore), name=chore.name) for chore in chores]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
