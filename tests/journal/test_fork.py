"""A forked child has a journal of its own, and never touches its parent's."""

from __future__ import annotations

import multiprocessing
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from forking import in_child
from runstone.journal.recovery import recover
from runstone.journal.shipper import Shipper
from runstone.journal.writer import JournalWriter
from runstone.testing.ledger import Ledger

OpenRun = Callable[..., JournalWriter]


def numbers(ledger: Ledger, key: str) -> list[int]:
    return [point[2] for point in ledger.points() if point[1] == key]


def test_parent_and_child_log_on(open_run: OpenRun, shipper: Shipper, ledger: Ledger, root: Path) -> None:
    writer = open_run()
    shipper.add(writer)
    writer.metric("parent", 0.0, 0)
    own = writer.journal_id

    def work() -> None:
        for step in range(3_000):
            writer.metric("child", 0.0, step)
        assert writer.journal_id != own
        assert shipper.flush(30)

    assert in_child(work) == 0
    for step in range(1, 3_000):
        writer.metric("parent", 0.0, step)
    assert writer.journal_id == own
    assert shipper.flush(30)
    assert numbers(ledger, "parent") == list(range(3_000))
    assert numbers(ledger, "child") == list(range(3_000))


def test_the_fast_road_of_before_the_fork_is_closed_in_the_child(open_run: OpenRun) -> None:
    from runstone import wire

    writer = open_run()
    writer.metric("loss", 0.0, 0)
    write, keys, salt = writer.hot
    before = writer.position

    def work() -> None:
        with pytest.raises(ValueError):
            write(wire.pack_metric(keys["loss"], 1, wire.now(), 0.0, salt))

    assert in_child(work) == 0
    assert writer.position == before


def test_a_child_that_leaves_without_a_word_is_recovered(
    open_run: OpenRun, shipper: Shipper, ledger: Ledger, root: Path
) -> None:
    writer = open_run()
    shipper.add(writer)

    def work() -> None:
        for step in range(100):
            writer.metric("child", 0.0, step)

    assert in_child(work) == 0
    found = recover(root, ledger)  # type: ignore[arg-type]
    assert found.points + len(numbers(ledger, "child")) >= 100
    assert numbers(ledger, "child") == list(range(100))
    assert found.crashed == {}  # its parent still works on the run


def test_a_child_forked_while_other_threads_log(open_run: OpenRun, shipper: Shipper, ledger: Ledger, root: Path) -> None:
    writer = open_run()
    shipper.add(writer)
    stop = threading.Event()

    def log() -> None:
        step = 0
        while not stop.is_set():
            writer.metric("thread", 0.0, step)
            step += 1
            if step > 20_000:  # on a busy machine forks take long, and millions of points would have to be read back
                time.sleep(0.001)

    threads = [threading.Thread(target=log) for _ in range(3)]
    [thread.start() for thread in threads]
    try:
        for n in range(10):
            assert in_child(lambda n=n: [writer.metric(f"child{n}", 0.0, step) for step in range(50)]) == 0
    finally:
        stop.set()
        [thread.join() for thread in threads]
    assert shipper.flush(30)
    recover(root, ledger)  # type: ignore[arg-type]
    for n in range(10):
        assert numbers(ledger, f"child{n}") == list(range(50))
    seen = Counter(numbers(ledger, "thread"))
    assert max(seen.values()) == 3  # each of the three threads counted from 0
    assert all(seen[step] == 3 for step in range(10))


def _work_of_a_child(writer: JournalWriter, step: int) -> None:
    writer.metric("worker", float(step), step)


def test_children_of_multiprocessing_ship_before_they_leave(open_run: OpenRun, shipper: Shipper, ledger: Ledger) -> None:
    writer = open_run()
    shipper.add(writer)
    context = multiprocessing.get_context("fork")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        workers = [context.Process(target=_work_of_a_child, args=(writer, n)) for n in range(4)]
        [worker.start() for worker in workers]
    [worker.join() for worker in workers]
    assert sorted(numbers(ledger, "worker")) == [0, 1, 2, 3]


def test_a_grandchild_has_its_own_too(open_run: OpenRun, shipper: Shipper, ledger: Ledger) -> None:
    writer = open_run()
    shipper.add(writer)

    def child() -> None:
        writer.metric("child", 0.0, 1)
        assert in_child(lambda: (writer.metric("grandchild", 0.0, 2), shipper.flush(30))) == 0
        assert shipper.flush(30)

    assert in_child(child) == 0
    assert numbers(ledger, "child") == [1]
    assert numbers(ledger, "grandchild") == [2]
