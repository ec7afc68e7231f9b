"""One poller tells all listeners what changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from runstone.contracts import Changes
from runstone.errors import StoreUnavailable
from runstone.server.pulse import MAX_IDS, Pulse


class Source:
    """A store's ``changes``, counted; ``changed`` is what the next question is told."""

    def __init__(self) -> None:
        self.cursor, self.runs, self.asked, self.failing = 7, [], 0, False  # type: ignore[var-annotated]

    def change(self, *runs: str) -> None:
        self.cursor, self.runs = self.cursor + 1, list(runs)

    def __call__(self, cursor: int | None) -> Changes:
        self.asked += 1
        if self.failing:
            raise StoreUnavailable("the disk is gone")
        if cursor is None or cursor == self.cursor:
            return Changes(self.cursor, (), ())
        return Changes(self.cursor, self.runs, ("1",))


async def next_event(stream: AsyncIterator[bytes]) -> dict[str, Any]:
    """The data of the next ``changes`` event."""
    async with asyncio.timeout(10) if hasattr(asyncio, "timeout") else _Forever():
        async for piece in stream:
            if piece.startswith(b"event: changes"):
                data: dict[str, Any] = msgspec.json.decode(piece.split(b"data: ")[1])
                return data
    raise AssertionError("the stream ended")


class _Forever:
    async def __aenter__(self) -> None: ...
    async def __aexit__(self, *_: object) -> None: ...


def test_a_listener_is_told_where_it_stands_and_then_what_changes() -> None:
    async def road() -> None:
        source = Source()
        pulse = Pulse(source, every=0.001)
        stream = pulse.listen(None)
        assert (await next_event(stream))["cursor"] == 7
        await asyncio.sleep(0.01)
        source.change("a")
        event = await next_event(stream)
        assert event == {"cursor": 8, "run_ids": ["a"], "experiment_ids": ["1"], "more": False}
        await pulse.close()

    asyncio.run(road())


def test_a_listener_that_comes_back_with_its_cursor_has_missed_nothing() -> None:
    async def road() -> None:
        source = Source()
        source.change("while you were away")
        pulse = Pulse(source, every=0.001)
        event = await next_event(pulse.listen(7))
        assert event["run_ids"] == ["while you were away"]
        await pulse.close()

    asyncio.run(road())


def test_ten_listeners_cost_one_poller_and_none_costs_nothing() -> None:
    async def road() -> None:
        source = Source()
        pulse = Pulse(source, every=0.001)
        streams = [pulse.listen(None) for _ in range(10)]
        for stream in streams:
            await next_event(stream)
        pollers = [task for task in asyncio.all_tasks() if "Pulse._poll" in str(task.get_coro())]
        assert len(pollers) == 1
        await asyncio.sleep(0.01)
        source.change("a")
        assert [(await next_event(stream))["run_ids"] for stream in streams] == [["a"]] * 10
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]
        assert pulse.listeners == 0
        await asyncio.wait_for(pollers[0], 10)
        asked = source.asked
        await asyncio.sleep(0.02)
        assert source.asked == asked

    asyncio.run(road())


def test_a_slow_reader_finds_one_merged_event() -> None:
    async def road() -> None:
        source = Source()
        pulse = Pulse(source, every=0.001)
        stream = pulse.listen(None)
        await next_event(stream)
        await asyncio.sleep(0.01)
        for name in "abc":
            source.change(name)
            asked = source.asked
            while source.asked < asked + 2:
                await asyncio.sleep(0.001)
        event = await next_event(stream)
        assert event["cursor"] == 10
        assert event["run_ids"] == ["a", "b", "c"]
        source.change(*(str(number) for number in range(MAX_IDS + 5)))
        event = await next_event(stream)
        assert len(event["run_ids"]) == MAX_IDS
        assert event["more"]
        await pulse.close()

    asyncio.run(road())


def test_a_silent_stream_sends_comments() -> None:
    async def road() -> None:
        pulse = Pulse(Source(), every=0.001, heartbeat=0.005)
        pieces = []
        async for piece in pulse.listen(None):
            pieces.append(piece)
            if piece.startswith(b":"):
                break
        assert pieces[0] == b"retry: 1000\n\n"
        await pulse.close()

    asyncio.run(road())


def test_streams_end_when_the_server_does() -> None:
    async def road() -> None:
        pulse = Pulse(Source(), every=0.001)
        stream = pulse.listen(None)
        await next_event(stream)
        pulse.end()
        assert [piece async for piece in stream if piece.startswith(b"event")] == []
        await pulse.close()
        await pulse.close()

    asyncio.run(road())


def test_trouble_of_the_store_does_not_end_the_stream() -> None:
    async def road() -> None:
        source = Source()
        pulse = Pulse(source, every=0.001)
        stream = pulse.listen(None)
        await next_event(stream)
        source.failing = True
        asked = source.asked
        while source.asked < asked + 3:
            await asyncio.sleep(0.001)
        source.failing = False
        source.change("after")
        assert (await next_event(stream))["run_ids"] == ["after"]
        await pulse.close()

    asyncio.run(road())
