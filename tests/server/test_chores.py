"""What a server does by itself."""

from __future__ import annotations

import asyncio
import threading

from runstone.errors import StoreUnavailable
from runstone.server.chores import Chore, doing


def test_a_chore_runs_at_once_and_again_off_the_loop() -> None:
    threads: list[int] = []
    done = threading.Event()

    def work() -> None:
        threads.append(threading.get_ident())
        if len(threads) == 3:
            done.set()

    async def road() -> None:
        async with doing([Chore("count", 0.001, work)]):
            await asyncio.to_thread(done.wait, 10)

    asyncio.run(road())
    assert len(threads) >= 3
    assert threading.get_ident() not in threads


def test_a_chore_that_fails_is_tried_again_and_disturbs_no_other() -> None:
    calls: list[str] = []
    done = threading.Event()

    def fails() -> None:
        calls.append("fails")
        if len(calls) > 3:
            done.set()
        raise StoreUnavailable("locked") if len(calls) % 2 else ZeroDivisionError("a fault")

    once: list[int] = []

    async def road() -> None:
        async with doing([Chore("once", None, lambda: once.append(1)), Chore("fails", 0.001, fails)]):
            await asyncio.to_thread(done.wait, 10)

    asyncio.run(road())
    assert len(calls) > 3
    assert once == [1]
