"""What would hold a thread up that logs: counted, since times depend on the machine."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from unittest import mock

import pytest

from runstone import turns, wire
from runstone.journal import keeper
from runstone.journal import segment as segments
from runstone.journal import writer as writers
from runstone.journal.segment import MappedSegment
from runstone.journal.shipper import Shipper
from runstone.journal.writer import JournalWriter
from runstone.records import Console
from runstone.testing.ledger import Ledger

OpenRun = Callable[..., JournalWriter]


def log(writer: JournalWriter, count: int) -> None:
    for i in range(count):
        try:
            write, keys, salt = writer.hot
            write(wire.pack_metric(keys["loss"], i, wire.now(), 0.5, salt))
        except (KeyError, ValueError):
            writer.metric("loss", 0.5, i)


@pytest.mark.parametrize("padding", range(1, 41, 8))
def test_a_segment_full_to_the_last_byte_is_not_read_through(open_run: OpenRun, padding: int) -> None:
    writer = open_run()
    writer.append(Console("run", "stdout", 1, "x" * padding))  # so that one of five ends exactly where the file ends
    first = writer.current
    with mock.patch.object(wire, "frame_bytes", wraps=wire.frame_bytes) as looked_at:
        while writer.current is first:
            log(writer, 1)
    assert looked_at.call_count <= 3


def test_who_finds_no_spare_makes_a_small_segment(open_run: OpenRun, shipper: Shipper, ledger: Ledger) -> None:
    with mock.patch.object(keeper, "rolled"):
        writer = open_run()
        log(writer, 100_000)
        sizes = [segment.capacity for segment in writer.segments]
        assert sizes == sorted(sizes)
        assert sizes[-1] == 1 << 20
        shipper.add(writer)
        assert shipper.flush(30)
    assert [point[2] for point in ledger.points()] == list(range(100_000))


def test_spares_grow_to_the_setting_and_are_used_in_turn(open_run: OpenRun) -> None:
    os.environ["RUNSTONE_JOURNAL_SEGMENT_MB"] = "2"
    with mock.patch.object(keeper, "rolled", side_effect=lambda writer: [None for _ in range(4) if writer.prepare_spare()]):
        writer = open_run()
        log(writer, 300_000)
    sizes = [segment.capacity for segment in writer.segments]
    assert sizes == sorted(sizes)
    assert sizes[-1] == 2 << 20
    assert len([size for size in sizes if size <= 1 << 20]) <= 6
    starts = [segment.start for segment in writer.segments]
    assert starts == sorted(starts)


def test_a_closed_journal_leaves_no_spare(open_run: OpenRun, shipper: Shipper) -> None:
    writer = open_run()
    log(writer, 10_000)
    writer.prepare_spare()
    shipper.add(writer)
    writer.close()
    assert not writer.prepare_spare()
    assert shipper.close(30)
    assert not writer.folder.exists()


def test_a_full_segment_is_read_after_its_memory_was_given_back(open_run: OpenRun) -> None:
    writer = open_run()
    with mock.patch.object(keeper, "rolled", side_effect=lambda writer: writer.prepare_spare()):
        while not writer.segments[-1].number > 6:
            log(writer, 1000)
    for segment in writer.segments[:-1]:
        assert isinstance(segment, MappedSegment)
        assert segment.used
        before = segment.read(segment.used, 0)
        segment.release()
        segment.release()
        assert segment.read(segment.used, 0) == before
        segment.remove()


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="only Linux has that policy")
def test_our_threads_take_no_processor_from_training(tmp_path: Path) -> None:
    script = """
import os, threading, time, runstone
wanted = {"runstone-shipper", "runstone-keeper", "runstone-spares", "runstone-system-metrics"}
until = time.monotonic() + 20
with runstone.start_run(log_system_metrics=True):
    runstone.log_metric("loss", 0.5)
    while wanted and time.monotonic() < until:
        wanted -= {one.name for one in threading.enumerate() if os.sched_getscheduler(one.native_id) == os.SCHED_BATCH}
    assert os.sched_getscheduler(threading.get_native_id()) == os.SCHED_OTHER
assert not wanted, wanted
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_turns_are_short_while_anybody_of_ours_works() -> None:
    usual = sys.getswitchinterval()
    with turns.at_work():
        inside = threading.Event()
        done = threading.Event()

        def beside() -> None:
            with turns.at_work():
                inside.set()
                done.wait(10)

        other = threading.Thread(target=beside)
        other.start()
        inside.wait(10)
    assert sys.getswitchinterval() == pytest.approx(turns.TURN, abs=2e-6)
    done.set()
    other.join()
    assert sys.getswitchinterval() == pytest.approx(usual, abs=2e-6)


def test_turns_that_the_user_chose_meanwhile_stay() -> None:
    usual = sys.getswitchinterval()
    try:
        with turns.at_work():
            sys.setswitchinterval(0.25)
        assert sys.getswitchinterval() == pytest.approx(0.25)
        sys.setswitchinterval(turns.TURN / 10)
        with turns.at_work():
            assert sys.getswitchinterval() == pytest.approx(turns.TURN / 10, abs=2e-6)
        assert sys.getswitchinterval() == pytest.approx(turns.TURN / 10, abs=2e-6)
    finally:
        sys.setswitchinterval(usual)


FORK = """
import os, sys
from runstone import turns
usual = sys.getswitchinterval()
with turns.at_work():
    child = os.fork()
    if child == 0:
        os._exit(0 if abs(sys.getswitchinterval() - usual) < 1e-6 else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_the_usual_turns() -> None:
    # in a process of its own: threads that other tests left may be at work in this one, with short turns
    assert subprocess.run([sys.executable, "-c", FORK], check=False).returncode == 0


def test_an_interrupt_while_segments_change_loses_nothing_and_leaves_nothing(
    open_run: OpenRun, shipper: Shipper, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C between any two lines of the change from one segment to the next, and where a call returns."""
    inside = {writers.__file__, segments.__file__, threading.__file__}
    monkeypatch.setattr(keeper, "rolled", lambda writer: None)  # spares are for another test
    texts: dict[str, list[str]] = {}
    for stop in range(1, 200):
        writer = open_run(f"run{stop}")
        shipper.add(writer)
        log(writer, 1)
        writer.append(Console(writer.run_id, "stdout", 0, "x" * 60_900))  # the first segment is all but full
        before, left, interrupted = writer.position, stop, True

        def interrupt(frame: FrameType, event: str, argument: object) -> object:
            nonlocal left
            if frame.f_code.co_filename not in inside:
                return None
            left -= event in ("line", "return")
            if left == 0:
                raise KeyboardInterrupt
            return interrupt

        with contextlib.suppress(KeyboardInterrupt):
            sys.settrace(interrupt)
            writer.append(Console(writer.run_id, "stdout", 1, "a" * 500))
            interrupted = False
        sys.settrace(None)
        assert writer.position >= before
        writer.append(Console(writer.run_id, "stdout", 2, "b"))
        log(writer, 1)
        writer.close()
        texts[writer.run_id] = ["b"] if interrupted else ["a" * 500, "b"]
        if not interrupted:
            break
    assert not interrupted
    assert stop > 40
    assert shipper.close(60)
    consoles = [record for record in ledger.records(Console) if isinstance(record, Console)]
    for run_id, expected in texts.items():
        found = [record.text for record in consoles if record.run_id == run_id and record.time]
        assert found in (expected, ["a" * 500, *expected])  # one that was interrupted may be there, or not
        assert [point[2] for point in ledger.points(run_id)] == [0, 0]
    assert not list(writer.root.iterdir())
    assert writer._space.mine == 0, "room is still counted for files that are gone"
