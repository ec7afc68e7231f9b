"""Exactly once, whatever the store does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from runstone.contracts import Batch, Receipt, Refusal
from runstone.errors import InvalidValue, StoreUnavailable
from runstone.journal import shipper as shipping
from runstone.journal.shipper import Shipper
from runstone.journal.writer import JournalWriter
from runstone.records import Lease, Params, RunChanged, RunStarted
from runstone.testing.ledger import Ledger, unavailable

OpenRun = Callable[..., JournalWriter]


def steps(ledger: Ledger, run_id: str = "run") -> list[int]:
    return [point[2] for point in ledger.points(run_id)]


def test_flush_with_nothing_to_do_asks_nobody(shipper: Shipper, open_run: OpenRun, ledger: Ledger) -> None:
    assert shipper.flush()
    shipper.add(open_run())
    assert shipper.flush(10)
    calls = ledger.calls
    assert shipper.flush()
    assert ledger.calls == calls


def test_a_store_that_is_away_costs_nothing(
    shipper: Shipper, open_run: OpenRun, ledger: Ledger, troubles: list[Exception]
) -> None:
    ledger.trouble = unavailable
    writer = open_run()
    shipper.add(writer)
    for step in range(5_000):
        writer.metric("loss", 0.0, step)
    assert not shipper.flush(0.2)
    assert not shipper.flush()  # gives up by itself when the store keeps failing
    assert ledger.points() == []
    ledger.trouble = lambda batches: None
    assert shipper.flush(30)
    assert steps(ledger) == list(range(5_000))
    assert [type(trouble) for trouble in troubles] == [StoreUnavailable]  # said once


def test_an_answer_that_is_lost_doubles_nothing(shipper: Shipper, open_run: OpenRun, ledger: Ledger) -> None:
    failures = iter([True, False, True, True])

    def lose_the_answer() -> None:
        if next(failures, False):
            raise StoreUnavailable("the connection broke after the commit")

    ledger.after = lose_the_answer
    writer = open_run()
    shipper.add(writer)
    for step in range(8_000):
        writer.metric("loss", 0.0, step)
        if step % 1_000 == 0:
            writer.append(Params("run", {f"p{step}": "x"}))
            shipper.flush(0.05)
    assert shipper.flush(30)
    assert steps(ledger) == list(range(8_000))
    assert len(ledger.records(Params)) == 8
    assert len(ledger.records(RunStarted)) == 1


def test_a_key_is_still_known_after_an_answer_was_lost(shipper: Shipper, open_run: OpenRun, ledger: Ledger) -> None:
    writer = open_run()
    shipper.add(writer)
    writer.metric("loss", 0.0, 0)
    assert shipper.flush(10)
    ledger.after = unavailable
    writer.metric("loss", 0.0, 1)
    assert shipper.flush(10)  # the store says that it has it
    ledger.after = lambda: None
    writer.metric("loss", 0.0, 2)
    assert shipper.flush(10)
    assert steps(ledger) == [0, 1, 2]


def test_one_journal_that_the_store_rejects_does_not_hold_up_the_others(
    shipper: Shipper, open_run: OpenRun, ledger: Ledger, troubles: list[Exception]
) -> None:
    bad, good = open_run("bad"), open_run("good")

    def reject(batches: Sequence[Batch]) -> None:
        if any(batch.origin and batch.origin.journal_id == bad.journal_id for batch in batches):
            raise InvalidValue("this journal makes no sense to me")

    ledger.trouble = reject
    shipper.add(bad)
    shipper.add(good)
    bad.metric("loss", 0.0, 1)
    good.metric("loss", 0.0, 1)
    deadline = time.monotonic() + 10
    while not steps(ledger, "good") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert steps(ledger, "good") == [1]
    assert any("makes no sense" in str(trouble) for trouble in troubles)
    ledger.trouble = lambda batches: None
    assert shipper.flush(30)
    assert steps(ledger, "bad") == [1]


def test_refused_records_are_named(open_run: OpenRun, ledger: Ledger) -> None:
    class Picky(Ledger):
        def write_all(self, batches: Sequence[Batch]) -> Sequence[Receipt]:
            receipts = super().write_all(batches)
            return [Receipt(r.acknowledged, [Refusal(b.records[0], "no")]) for b, r in zip(batches, receipts, strict=True)]

    picky, refused = Picky(ledger.path), []
    shipper = Shipper(lambda: picky, on_refused=refused.extend)
    shipper.add(open_run())
    assert shipper.flush(10)
    assert [refusal.reason for refusal in refused] == ["no"]
    shipper.close(10)


def test_a_lease_is_taken_and_given_back(shipper: Shipper, open_run: OpenRun, ledger: Ledger) -> None:
    writer = open_run()
    shipper.add(writer)
    shipper.flush(10)
    writer.metric("loss", 0.0, 1)
    shipper.flush(10)
    deadline = time.monotonic() + 10
    while not (taken := ledger.records(Lease)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [lease.run_id for lease in taken] == ["run"]
    assert taken[0].until > time.time() * 1000
    writer.close()
    assert shipper.close(10)
    assert [lease.until for lease in ledger.records(Lease)][1:] == [0]


def leased(shipper: Shipper, open_run: OpenRun, ledger: Ledger) -> JournalWriter:
    """The writer of a run whose lease was taken."""
    writer = open_run()
    shipper.add(writer)
    shipper.flush(10)
    deadline = time.monotonic() + 10
    while not ledger.records(Lease) and time.monotonic() < deadline:
        time.sleep(0.01)
    return writer


def test_the_end_of_a_run_gives_its_lease_back(shipper: Shipper, open_run: OpenRun, ledger: Ledger) -> None:
    writer = leased(shipper, open_run, ledger)
    calls = ledger.calls
    writer.append(RunChanged("run", 2, status="FINISHED", end_time=2))
    writer.close()
    assert shipper.close(10)
    assert len(ledger.records(Lease)) == 1
    assert ledger.calls == calls + 1  # a store takes back the leases of a run that ends, in the same transaction


def test_a_watcher_that_ends_a_run_gives_its_own_lease_back(shipper: Shipper, open_run: OpenRun, ledger: Ledger) -> None:
    writer = leased(shipper, open_run, ledger)
    writer.append(RunChanged("run", 2, status="FAILED", end_time=2, watched=True))  # which may change nothing
    writer.close()
    assert shipper.close(10)
    assert [lease.until for lease in ledger.records(Lease)][1:] == [0]


def test_a_run_that_is_over_before_it_is_shipped_needs_no_lease(shipper: Shipper, open_run: OpenRun, ledger: Ledger) -> None:
    writer = open_run()
    writer.close()
    shipper.add(writer)
    assert shipper.close(10)
    assert ledger.records(Lease) == []


def test_a_shipper_that_was_closed_can_be_used_again(shipper: Shipper, open_run: OpenRun, ledger: Ledger) -> None:
    first = open_run("first")
    shipper.add(first)
    assert shipper.close(10)
    first.metric("loss", 0.0, 1)
    second = open_run("second")
    shipper.add(second)
    assert shipper.flush(10)
    assert steps(ledger, "first") == [1]
    assert len(ledger.records(RunStarted)) == 2


def test_flush_covers_all_runs(shipper: Shipper, open_run: OpenRun, ledger: Ledger, root: Path) -> None:
    writers = [open_run(f"r{n}") for n in range(20)]
    for writer in writers:
        shipper.add(writer)
        writer.metric("loss", 0.0, 7)
    assert shipper.flush(10)
    assert len(ledger.points()) == 20


@pytest.mark.parametrize("many", [3, 60_000])
def test_points_travel_in_few_records(shipper: Shipper, open_run: OpenRun, ledger: Ledger, many: int) -> None:
    sizes: list[int] = []
    ledger.trouble = lambda batches: sizes.extend(len(batch.records) for batch in batches)
    writer = open_run()
    for step in range(many):
        writer.metric("loss", 0.0, step)
    shipper.add(writer)
    assert shipper.flush(30)
    assert sum(sizes) <= 8


def test_a_thread_that_waits_for_another_journal_takes_it_at_once_and_ends_when_told(
    shipper: Shipper, open_run: OpenRun, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "LINGER", 3600.0)
    for run_id in ("one", "two"):
        writer = open_run(run_id)
        shipper.add(writer)
        writer.close()
        assert shipper.flush(20), "a run begun after another's end waits for nothing"
    thread = shipper.thread
    assert thread is not None
    assert shipper.close(20)
    assert not thread.is_alive(), "the end of the process waits for runs that nobody begins"


def test_a_journal_goes_without_a_look_at_the_others(shipper: Shipper, open_run: OpenRun) -> None:
    writers = [open_run(f"run-{number}") for number in range(5)]
    space = writers[0]._space
    looks: list[int] = []

    class Watched(dict[str, int]):
        def __iter__(self) -> Iterator[str]:
            looks.append(len(self))
            return super().__iter__()

    space._mine = Watched(space._mine)
    for writer in writers:
        writer.close()
        shipper.add(writer)
    assert shipper.close(30)
    assert not looks
    assert space.mine == 0
