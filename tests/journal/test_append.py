"""What is appended is shipped once, in order, whatever the road."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from runstone import wire
from runstone.errors import InvalidValue, JournalTrouble, RecordTooLarge
from runstone.journal.shipper import Shipper
from runstone.journal.writer import JournalWriter
from runstone.records import RECORD_CAP, Console, Params, RunStarted
from runstone.testing.ledger import Ledger

OpenRun = Callable[..., JournalWriter]


def fast(writer: JournalWriter, key: str, value: float, step: int) -> None:
    """The fast road, as the public edge takes it."""
    try:
        write, keys, salt = writer.hot
        write(wire.pack_metric(keys[key], step, wire.now(), value, salt))
    except (KeyError, ValueError):
        writer.metric(key, value, step)


def test_points_and_records_arrive(open_run: OpenRun, shipper: Shipper, ledger: Ledger) -> None:
    writer = open_run()
    shipper.add(writer)
    writer.metric("loss", 0.5, 3, 1234)
    writer.append(Params("run", {"lr": "0.1"}))
    writer.metric("loss", math.inf, -5, -77)
    assert shipper.flush(10)
    assert ledger.points() == [("run", "loss", 3, 0.5, 1234), ("run", "loss", -5, math.inf, -77)]
    assert ledger.records(Params) == [Params("run", {"lr": "0.1"})]


def test_many_segments_keep_order_and_leave_nothing_behind(
    open_run: OpenRun, shipper: Shipper, ledger: Ledger, root: Path
) -> None:
    os.environ["RUNSTONE_JOURNAL_SEGMENT_MB"] = "1"
    writer = open_run()
    shipper.add(writer)
    for i in range(60_000):
        fast(writer, "ab"[i % 2], float(i), i)
    writer.close()
    assert shipper.close(30)
    assert [point[2] for point in ledger.points() if point[1] == "a"] == list(range(0, 60_000, 2))
    assert [point[2] for point in ledger.points() if point[1] == "b"] == list(range(1, 60_000, 2))
    assert not any(root.iterdir())


def test_acknowledged_segments_go_while_the_run_goes_on(open_run: OpenRun, shipper: Shipper) -> None:
    writer = open_run()
    shipper.add(writer)
    for i in range(20_000):
        fast(writer, "loss", 0.0, i)
    assert shipper.flush(30)
    assert len(writer.segments) == 1
    found = list(writer.folder.glob("*.seg"))  # once: another spare may be made at any moment
    unused = [path for path in found if not any(path.read_bytes()[: wire.HEADER_BYTES])]
    assert len(found) == 1 + len(unused) <= 3


def test_eight_threads_at_once(open_run: OpenRun, shipper: Shipper, ledger: Ledger) -> None:
    writer = open_run()
    shipper.add(writer)

    def log(thread: int) -> None:
        for i in range(5_000):
            fast(writer, f"k{thread}", float(i), i)
            if i % 500 == 0:
                writer.append(Console("run", "stdout", i, f"{thread}"))

    threads = [threading.Thread(target=log, args=(n,)) for n in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert shipper.flush(30)
    for n in range(8):
        assert [point[2] for point in ledger.points() if point[1] == f"k{n}"] == list(range(5_000))
    assert len(ledger.records(Console)) == 80


def test_a_full_segment_tells_who_caches_the_fast_road(open_run: OpenRun) -> None:
    writer = open_run()
    told: list[object] = []
    writer.on_roll = told.append
    for i in range(5_000):
        fast(writer, "loss", 0.0, i)
    assert told
    assert told[-1] == writer.hot


def test_a_late_write_to_a_full_segment_is_refused_not_lost(open_run: OpenRun, shipper: Shipper, ledger: Ledger) -> None:
    writer = open_run()
    shipper.add(writer)
    writer.metric("loss", 0.0, 0)
    late, keys, salt = writer.hot
    while writer.hot[0] == late:
        writer.metric("loss", 0.0, 1)
    with pytest.raises(ValueError):
        late(wire.pack_metric(keys["loss"], 2, wire.now(), 0.0, salt))


def test_a_segment_that_is_just_being_finished_never_looks_longer_than_it_is(open_run: OpenRun) -> None:
    writer = open_run()
    writer.metric("loss", 0.0, 0)
    segment, before = writer.current, writer.position
    seen: list[int] = []
    write_more, keys, salt = writer.hot

    class Watched:
        """The segment's map, looked at by another thread after each step of ``finish``."""

        def __init__(self, real: object) -> None:
            self.real = real

        def __getattr__(self, name: str) -> object:
            return getattr(self.real, name)

        def __getitem__(self, place: slice) -> bytes:
            return self.real[place]  # type: ignore[index, no-any-return]

        def __len__(self) -> int:
            return len(self.real)  # type: ignore[arg-type]

        def seek(self, *place: int) -> None:
            write_more(wire.pack_metric(keys["loss"], 1, 1.0, 0.0, salt))  # too late for the look before, still in time
            self.real.seek(*place)  # type: ignore[attr-defined]
            seen.append(writer.position)

    segment._map = Watched(segment._map)  # type: ignore[attr-defined]
    segment.finish()
    assert seen == [before + wire.METRIC_BYTES]
    assert writer.position == before + wire.METRIC_BYTES


def test_long_records_take_a_segment_that_fits(open_run: OpenRun, shipper: Shipper, ledger: Ledger) -> None:
    writer = open_run()
    shipper.add(writer)
    long = "x" * (RECORD_CAP - 100)
    for name in ("a", "b"):
        writer.append(Params("run", {name: long}))
        writer.metric("loss", 1.0, 1)
    assert shipper.flush(30)
    assert ledger.records(Params) == [Params("run", {"a": long}), Params("run", {"b": long})]
    assert len(ledger.points()) == 2


def test_a_record_over_the_cap_raises_and_the_next_one_is_kept(open_run: OpenRun, shipper: Shipper, ledger: Ledger) -> None:
    writer = open_run()
    shipper.add(writer)
    with pytest.raises(RecordTooLarge):
        writer.append(Params("run", {"k": "x" * (RECORD_CAP + 1)}))
    writer.append(Params("run", {"k": "y"}))
    assert shipper.flush(10)
    assert ledger.records(Params) == [Params("run", {"k": "y"})]


ABSURD: list[tuple[object, object, object]] = [
    ("text", 0, None), (None, 0, None), (1.0, "x", None), (1.0, 2**63, None),
    (1.0, 0, 2**63), (1.0, 0, 1.5), (10**400, 0, None), (1.0, 1.5, None),
]  # fmt: skip


@pytest.mark.parametrize(("value", "step", "timestamp"), ABSURD)
def test_values_that_are_no_numbers_raise(
    open_run: OpenRun, shipper: Shipper, ledger: Ledger, value: object, step: object, timestamp: object
) -> None:
    writer = open_run()
    shipper.add(writer)
    with pytest.raises(InvalidValue):
        writer.metric("loss", value, step, timestamp)  # type: ignore[arg-type]
    writer.metric("loss", 1.0, 1)
    assert shipper.flush(10)
    assert len(ledger.points()) == 1


@pytest.mark.parametrize("key", ["", "loss/train", "../..", "ключ", "🪨", "x" * 10_000])
def test_odd_keys_come_back_as_they_are(open_run: OpenRun, shipper: Shipper, ledger: Ledger, key: str) -> None:
    writer = open_run()
    shipper.add(writer)
    writer.metric(key, 1.0, 1)
    assert shipper.flush(10)
    assert ledger.points()[0][1] == key


@pytest.mark.parametrize("run_id", ["../../escape", "a/b", "ключ", ".", "..", "x" * 120])
def test_odd_run_ids_stay_below_the_root(root: Path, shipper: Shipper, ledger: Ledger, run_id: str) -> None:
    writer = JournalWriter(root, run_id)
    shipper.add(writer)
    writer.append(RunStarted(run_id, "0", 1, "n"))
    assert writer.folder.resolve().parent.parent == root.resolve()
    writer.close()
    assert shipper.close(10)
    assert ledger.records(RunStarted) == [RunStarted(run_id, "0", 1, "n")]


def test_a_run_id_too_long_for_a_header_raises(root: Path) -> None:
    with pytest.raises(InvalidValue, match="172"):
        JournalWriter(root, "x" * 173)


def test_nothing_is_recorded_in_a_closed_journal(open_run: OpenRun) -> None:
    writer = open_run()
    writer.close()
    with pytest.raises(JournalTrouble, match="closed"):
        writer.append(Params("run", {"a": "b"}))
    with pytest.raises(JournalTrouble, match="closed"):
        writer.metric("loss", 1.0)


def test_a_clock_that_jumps_back_changes_nothing_but_times(open_run: OpenRun, shipper: Shipper, ledger: Ledger) -> None:
    writer = open_run()
    shipper.add(writer)
    writer.metric("loss", 0.0, 0)
    write, keys, salt = writer.hot
    for step, clock in enumerate([2e9, 1e9, 1.5, 3e9], start=1):
        write(wire.pack_metric(keys["loss"], step, clock, 0.0, salt))
    assert shipper.flush(10)
    assert [(p[2], p[4]) for p in ledger.points()][1:] == [(1, 2 * 10**12), (2, 10**12), (3, 1500), (4, 3 * 10**12)]


def test_many_short_runs_cost_few_transactions(root: Path, shipper: Shipper, ledger: Ledger) -> None:
    for n in range(200):
        writer = JournalWriter(root, f"run{n}")
        shipper.add(writer)
        writer.append(RunStarted(f"run{n}", "0", 1, "n"))
        writer.metric("loss", 1.0, n)
        writer.close()
    assert shipper.close(30)
    assert len(ledger.records(RunStarted)) == len(ledger.points()) == 200
    assert ledger.calls < 60
    assert not any(root.iterdir())
