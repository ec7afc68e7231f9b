"""Writes of many requests share transactions, and none pays for another's mistake."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from runstone.contracts import Batch, Receipt
from runstone.errors import InvalidValue, RunstoneError, StoreUnavailable
from runstone.records import Params
from runstone.server.gathering import Gathering


class SlowSink:
    """Holds its first transaction until told to go on; refuses what is marked bad."""

    def __init__(self) -> None:
        self.transactions: list[int] = []
        self.stored: list[str] = []
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.away = False

    def write_all(self, batches: Sequence[Batch]) -> Sequence[Receipt]:
        self.transactions.append(len(batches))
        self.begun.set()
        assert self.go_on.wait(10)
        if self.away:
            raise StoreUnavailable("away")
        names = [record.run_id for batch in batches for record in batch.records if isinstance(record, Params)]
        if "bad" in names:
            raise InvalidValue("bad")
        self.stored += names
        return [Receipt()] * len(batches)


def at_once(sink: SlowSink, names: Sequence[str]) -> dict[str, type[BaseException] | None]:
    """Each name written by its own thread, the first one before the others; what became of each."""
    gathering = Gathering(sink)  # type: ignore[arg-type]  # all that it uses of a sink
    outcome: dict[str, type[BaseException] | None] = {}

    def write(name: str) -> None:
        try:
            gathering.write(Batch([Params(name, {})]))
            outcome[name] = None
        except RunstoneError as error:
            outcome[name] = type(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in names]
    threads[0].start()
    assert sink.begun.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(gathering._waiting) < len(names) - 1:
        threading.Event().wait(0.001)
    sink.go_on.set()
    for thread in threads:
        thread.join(10)
    return outcome


def test_requests_that_come_meanwhile_share_one_transaction() -> None:
    sink = SlowSink()
    names = [f"run {i}" for i in range(20)]
    assert set(at_once(sink, names).values()) == {None}
    assert sink.transactions == [1, 19]
    assert sorted(sink.stored) == sorted(names)


def test_only_the_wrong_one_is_refused() -> None:
    sink = SlowSink()
    outcome = at_once(sink, ["first", "good", "bad", "other"])
    assert outcome == {"first": None, "good": None, "bad": InvalidValue, "other": None}
    assert sorted(sink.stored) == ["first", "good", "other"]


def test_a_store_that_is_away_is_tried_once_for_all() -> None:
    sink = SlowSink()
    sink.away = True
    assert set(at_once(sink, ["first", "a", "b", "c"]).values()) == {StoreUnavailable}
    assert sink.transactions == [1, 3]


def test_an_error_of_the_only_one_is_its_own() -> None:
    sink = SlowSink()
    sink.go_on.set()
    with pytest.raises(InvalidValue, match="bad"):
        Gathering(sink).write(Batch([Params("bad", {})]))  # type: ignore[arg-type]


def test_coroutines_share_transactions_and_get_their_own_outcome() -> None:
    sink = SlowSink()
    gathering = Gathering(sink)  # type: ignore[arg-type]

    async def all_at_once() -> list[Receipt | BaseException]:
        first = asyncio.ensure_future(gathering.written(Batch([Params("first", {})])))
        while not sink.begun.is_set():
            await asyncio.sleep(0.001)
        others = [asyncio.ensure_future(gathering.written(Batch([Params(name, {})]))) for name in ("a", "bad", "b")]
        await asyncio.sleep(0)
        sink.go_on.set()
        return await asyncio.wait_for(asyncio.gather(first, *others, return_exceptions=True), 10)

    found = asyncio.run(all_at_once())
    assert [type(one) for one in found] == [Receipt, Receipt, InvalidValue, Receipt]
    assert sink.stored == ["first", "a", "b"]
    assert sink.transactions[:2] == [1, 3]
