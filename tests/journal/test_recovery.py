"""What dead processes left is brought in, and their runs are told dead; what lives is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runstone import wire
from runstone.errors import StoreUnavailable
from runstone.journal import owner
from runstone.journal.keeper import sync
from runstone.journal.recovery import cause_of_death, recover, survey
from runstone.journal.writer import JournalWriter
from runstone.process import host_identity, is_alive, process_start
from runstone.records import Console, Params, RunChanged, RunStarted
from runstone.testing.ledger import Ledger, unavailable

LOG = """
import sys, os, faulthandler, ctypes
from pathlib import Path
from runstone.journal.writer import JournalWriter
from runstone.records import RunChanged, RunStarted
writer = JournalWriter(Path(sys.argv[1]), "run")
faulthandler.enable(open(writer.folder / "fault.txt", "w"))
writer.append(RunStarted("run", "0", 1, "name"))
writer.metric("loss", 0.5, 1, 1_700_000_000_000)
writer.metric("loss", 0.25, 2, 1_700_000_005_000)
exec(sys.argv[2])
"""


def dead_process(root: Path, last_words: str = "os._exit(3)") -> Path:
    """Let a process log and die; the folder of its journal."""
    subprocess.run([sys.executable, "-c", LOG, str(root), last_words], check=False, stderr=subprocess.DEVNULL, timeout=60)
    (folder,) = (root / "run").iterdir()
    return folder


def rewritten(writer: JournalWriter, **changes: object) -> None:
    """Make the owner file say something else."""
    who = owner.read_owner(writer.folder)
    values = {name: getattr(who, name) for name in owner.Owner.__struct_fields__} | changes
    owner.write_owner(writer.folder, owner.Owner(**values))  # type: ignore[arg-type]


def died(writer: JournalWriter) -> None:
    rewritten(writer, pid_start=5)


def one_record(root: Path) -> JournalWriter:
    writer = JournalWriter(root, "run")
    writer.append(RunStarted("run", "0", 1, "name"))
    return writer


def test_a_dead_process_is_brought_in_and_its_run_crashed(root: Path, ledger: Ledger) -> None:
    dead_process(root)
    found = recover(root, ledger)  # type: ignore[arg-type]
    assert (found.journals, found.points, found.records, found.damaged, found.problems) == (1, 2, 1, 0, [])
    assert [point[2:4] for point in ledger.points()] == [(1, 0.5), (2, 0.25)]
    info = ledger.get_run("run").info
    assert info.status == "CRASHED"
    assert info.end_time == 1_700_000_005_000  # when it was last heard of
    assert "vanished" in str(info.cause)
    assert not any(root.iterdir())


def test_a_run_that_ended_is_not_crashed(root: Path, ledger: Ledger) -> None:
    dead_process(root, "writer.append(RunChanged('run', 5, status='FINISHED', end_time=7)); os._exit(0)")
    assert recover(root, ledger).crashed == {}  # type: ignore[arg-type]
    assert ledger.get_run("run").info.status == "FINISHED"


@pytest.mark.parametrize(
    ("last_words", "cause"),
    [("faulthandler._sigsegv()", "signal 11"), ("os.abort()", "signal 6"), ("faulthandler._sigfpe()", "signal 8")],
)
def test_a_fault_is_named(root: Path, ledger: Ledger, last_words: str, cause: str) -> None:
    folder = dead_process(root, last_words)
    assert cause in cause_of_death(folder)
    recover(root, ledger)  # type: ignore[arg-type]
    assert cause in str(ledger.get_run("run").info.cause)


def test_a_fault_is_laid_to_the_thread_that_met_it(root: Path) -> None:
    last_words = (
        "import threading, time\nfor _ in range(3): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n"
    )
    folder = dead_process(root, last_words + "def culprit(): ctypes.string_at(0)\nculprit()")
    assert "signal 11 (segmentation fault) in string_at (__init__.py" in cause_of_death(folder)


def test_want_of_memory_is_told_by_the_group_counter(root: Path, tmp_path: Path) -> None:
    counter = tmp_path / "memory.events"
    counter.write_text("low 0\noom 3\noom_kill 2\n")
    writer = one_record(root)
    rewritten(writer, pid_start=5, oom_kills=1, memory_events=str(counter))
    assert "out of memory" in cause_of_death(writer.folder)
    rewritten(writer, oom_kills=2)
    assert "out of memory" not in cause_of_death(writer.folder)
    writer.close()


def test_a_restart_of_the_machine_is_named(root: Path) -> None:
    writer = one_record(root)
    machine, _, space = host_identity().split("/", 2)
    rewritten(writer, host=f"{machine}/another-boot/{space}")
    assert "restarted" in cause_of_death(writer.folder)
    writer.close()


def test_a_living_owner_is_left_alone(root: Path, ledger: Ledger) -> None:
    writer = one_record(root)
    assert recover(root, ledger).journals == 0  # type: ignore[arg-type]
    assert ledger.records() == []
    (state,) = survey(root)
    assert state.alive
    assert (state.run_id, state.journal_id, state.pid, state.segments) == ("run", writer.journal_id, os.getpid(), 1)
    writer.close()


def test_an_owner_on_another_machine_lives_as_long_as_its_heart_beats(root: Path, ledger: Ledger) -> None:
    writer = one_record(root)
    rewritten(writer, host="elsewhere/boot/pid:[1]")
    assert recover(root, ledger).journals == 0  # type: ignore[arg-type]
    long_ago = time.time() - 301
    os.utime(writer.folder / owner.OWNER, (long_ago, long_ago))
    assert recover(root, ledger).journals == 1  # type: ignore[arg-type]
    writer.close()


def test_a_journal_that_is_just_being_made_is_left_alone(root: Path, ledger: Ledger) -> None:
    folder = root / "run" / ("a" * 32)
    folder.mkdir(parents=True)
    recover(root, ledger)  # type: ignore[arg-type]
    assert folder.exists()
    os.utime(folder, (1, 1))
    recover(root, ledger)  # type: ignore[arg-type]
    assert not folder.exists()


def test_the_run_is_not_crashed_while_another_process_works_on_it(root: Path, ledger: Ledger) -> None:
    dead_process(root)
    living = JournalWriter(root, "run")
    found = recover(root, ledger)  # type: ignore[arg-type]
    assert (found.journals, found.crashed) == (1, {})
    assert ledger.get_run("run").info.status == "RUNNING"
    living.close()


def test_what_was_acknowledged_is_not_written_again(root: Path, ledger: Ledger) -> None:
    from runstone.journal.shipper import Shipper

    writer = one_record(root)
    shipper = Shipper(lambda: ledger)
    shipper.add(writer)
    for step in range(3_000):
        writer.metric("loss", 0.0, step)
    assert shipper.flush(10)
    ledger.trouble = unavailable
    for step in range(3_000, 4_000):
        writer.metric("loss", 0.0, step)
    shipper.close(0.01)
    died(writer)
    ledger.trouble = lambda batches: None
    assert recover(root, ledger).points == 1_000  # type: ignore[arg-type]
    assert [point[2] for point in ledger.points()] == list(range(4_000))


def test_a_store_that_is_away_leaves_everything_in_place(root: Path, ledger: Ledger) -> None:
    dead_process(root)
    ledger.trouble = unavailable
    with pytest.raises(StoreUnavailable):
        recover(root, ledger)  # type: ignore[arg-type]
    ledger.trouble = lambda batches: None
    assert recover(root, ledger).points == 2  # type: ignore[arg-type]
    assert recover(root, ledger).journals == 0  # type: ignore[arg-type]


def test_a_torn_tail_at_every_byte_is_simply_the_end(root: Path, ledger: Ledger) -> None:
    writer = one_record(root)
    writer.metric("loss", 0.0, 1)
    segment = writer.segments[-1]
    start = segment.size
    writer.append(Console("run", "stdout", 1, "the last words"))
    end = segment.size
    writer.close()
    died(writer)
    whole = segment.path.read_bytes()
    saved = {path.name: path.read_bytes() for path in writer.folder.iterdir()}
    for cut in range(start, end):
        writer.folder.mkdir(parents=True, exist_ok=True)
        for name, data in saved.items():
            (writer.folder / name).write_bytes(data)
        segment.path.write_bytes(whole[:cut] + bytes(len(whole) - cut) if cut % 2 else whole[:cut])
        path = ledger.path.with_name(f"{cut}.db")
        found = recover(root, fresh := Ledger(path))  # type: ignore[arg-type]
        assert (found.points, found.records, found.problems) == (1, 1, []), cut
        assert fresh.records(Console) == []


def test_damage_in_the_middle_is_counted_and_the_rest_is_kept(root: Path, ledger: Ledger) -> None:
    writer = one_record(root)
    for step in range(100):
        writer.metric("loss", float(step), step)
    segment = writer.segments[-1]
    end = segment.size
    died(writer)
    data = bytearray(segment.path.read_bytes())
    data[end - 50 * 40 : end - 47 * 40] = bytes(3 * 40)
    segment.path.write_bytes(data)
    found = recover(root, ledger)  # type: ignore[arg-type]
    assert found.damaged == 1
    assert "120 bytes" in found.problems[0]
    assert [point[2] for point in ledger.points()] == [*range(50), *range(53, 100)]


def test_points_whose_key_was_lost_are_counted_and_the_others_kept(root: Path, ledger: Ledger) -> None:
    writer = one_record(root)
    start = writer.segments[-1].size
    writer.metric("loss", 0.5, 0)
    end = writer.segments[-1].size - wire.METRIC_BYTES
    for step in range(1, 50):
        writer.metric("loss", 0.5, step)
        writer.metric("accuracy", 0.25, step)
    segment = writer.segments[-1]
    died(writer)
    data = bytearray(segment.path.read_bytes())
    data[start:end] = bytes(end - start)  # as of a page that never reached the disk
    segment.path.write_bytes(data)
    found = recover(root, ledger)  # type: ignore[arg-type]
    assert found.damaged == 2
    assert any("50 points cannot be kept, since the name of their metric was lost" in problem for problem in found.problems)
    assert [point[1:3] for point in ledger.points()] == [("accuracy", step) for step in range(1, 50)]


def test_a_bit_that_flips_after_a_seal_is_reported(root: Path, ledger: Ledger) -> None:
    writer = one_record(root)
    writer.metric("loss", 1.0, 1)
    segment = writer.segments[-1]
    position = segment.size - 16 + 3  # inside the value: nothing but a checksum can tell
    sync(writer)
    writer.metric("loss", 1.0, 2)
    died(writer)
    data = bytearray(segment.path.read_bytes())
    data[position] ^= 1
    segment.path.write_bytes(data)
    found = recover(root, ledger)  # type: ignore[arg-type]
    assert found.points == 2
    assert found.damaged == 1
    assert "changed on the disk" in found.problems[0]


def test_a_quiet_journal_is_sealed_once(root: Path) -> None:
    writer = one_record(root)
    sync(writer)
    position = writer.position
    sync(writer)
    sync(writer)
    assert writer.position == position
    writer.close()


def test_a_segment_whose_header_is_gone_is_set_aside(root: Path, ledger: Ledger) -> None:
    writer = one_record(root)
    first = writer.segments[0]
    for step in range(3_000):
        writer.metric("loss", 0.0, step)
    assert len(writer.segments) > 1
    lost = writer.segments[1].start - first.start
    died(writer)
    data = bytearray(first.path.read_bytes())
    data[:64] = b"?" * 64
    first.path.write_bytes(data)
    found = recover(root, ledger)  # type: ignore[arg-type]
    assert found.damaged == 2
    assert any(f"{lost:,} bytes before" in problem for problem in found.problems)
    assert [path.read_bytes() for path in (root / "damaged").iterdir()] == [bytes(data)]
    assert [point[2] for point in ledger.points()][-1] == 2_999
    assert survey(root) == []


def test_a_newer_version_of_the_format_stays_where_it_is(root: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "VERSION", 9)
    writer = one_record(root)
    died(writer)
    monkeypatch.setattr(wire, "VERSION", 1)
    found = recover(root, ledger)  # type: ignore[arg-type]
    assert "Upgrade" in found.problems[0]
    assert writer.folder.exists()
    writer.close()


def test_only_one_run_can_be_asked_for(root: Path, ledger: Ledger) -> None:
    for run_id in ("a", "b"):
        writer = JournalWriter(root, run_id)
        writer.append(Params(run_id, {"k": "v"}))
        died(writer)
    assert recover(root, ledger, "a").journals == 1  # type: ignore[arg-type]
    assert ledger.records(Params) == [Params("a", {"k": "v"})]


def test_a_cause_is_added_to_a_run_that_the_lease_already_told_dead(root: Path, ledger: Ledger) -> None:
    from runstone.contracts import Batch

    dead_process(root, "os.abort()")
    ledger.write(Batch([RunStarted("run", "0", 1, "name"), RunChanged("run", 2, status="CRASHED", end_time=2)]))
    recover(root, ledger)  # type: ignore[arg-type]
    assert "signal 6" in str(ledger.get_run("run").info.cause)


def test_a_process_is_known_by_its_start() -> None:
    here, start = host_identity(), process_start(os.getpid())
    assert is_alive(here, os.getpid(), start) is True
    assert is_alive(here, os.getpid(), start + 1) is False
    assert is_alive("another/boot/x", os.getpid(), start) is None
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    began = process_start(child.pid)
    assert is_alive(here, child.pid, began) is True
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_alive(here, child.pid, began) is False  # dead, though nobody has collected it
    child.communicate()
    assert is_alive(here, child.pid, began) is False
