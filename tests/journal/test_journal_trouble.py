"""Full disks, read-only folders, the cap, file systems that cannot map: one clear error, and nothing logged is lost."""

from __future__ import annotations

import errno
import itertools
import os
import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from unittest import mock

import pytest

from runstone.errors import InvalidValue, JournalTrouble
from runstone.journal import filesystems, keeper, space
from runstone.journal.plain import PlainSegment
from runstone.journal.recovery import recover
from runstone.journal.shipper import Shipper
from runstone.journal.writer import JournalWriter
from runstone.records import Console, Params, RunChanged, RunStarted, Tags
from runstone.testing.ledger import Ledger, unavailable


def begun(root: Path, shipper: Shipper | None = None) -> JournalWriter:
    writer = JournalWriter(root, "run")
    writer.append(RunStarted("run", "0", 1, "name"))
    if shipper is not None:
        shipper.add(writer)
    return writer


def log_until_trouble(writer: JournalWriter) -> list[int]:
    """The steps that were logged before the first trouble."""
    for step in itertools.count():
        try:
            writer.metric("loss", 0.0, step)
        except JournalTrouble as trouble:
            if not re.search(r"No space left|cap of 1 MiB.*RUNSTONE_JOURNAL_CAP_MB", str(trouble)):
                raise
            return list(range(step))
        assert step < 1_000_000
    raise AssertionError


def steps(ledger: Ledger) -> list[int]:
    return [point[2] for point in ledger.points()]


# --- the disk


def test_a_disk_that_is_full_from_the_start_is_one_clear_error(root: Path) -> None:
    full = mock.patch("os.posix_fallocate", side_effect=OSError(errno.ENOSPC, "No space left on device"))
    with full, pytest.raises(JournalTrouble, match=r"No space left on device.*RUNSTONE_JOURNAL_DIR"):
        JournalWriter(root, "run")
    assert not list(root.rglob("*.seg"))


def test_a_disk_that_fills_up_loses_nothing_of_before_or_after(root: Path, shipper: Shipper, ledger: Ledger) -> None:
    writer = begun(root, shipper)
    with mock.patch("os.posix_fallocate", side_effect=OSError(errno.ENOSPC, "No space left on device")):
        logged = log_until_trouble(writer)
    for step in range(10_000, 14_000):  # somebody made room
        writer.metric("loss", 0.0, step)
        logged.append(step)
    assert shipper.flush(30)
    assert steps(ledger) == logged
    writer.close()


FULL = """
import resource, sys
from pathlib import Path
from runstone.errors import JournalTrouble
from runstone.journal.writer import JournalWriter
from runstone.records import RunStarted
writer = JournalWriter(Path(sys.argv[1]), "run")
writer.append(RunStarted("run", "0", 1, "name"))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
for step in range(20_000):
    writer.metric("loss", 0.0, step)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
try:
    while True:
        writer.metric("loss", 0.0, step + 1)
        step += 1
except JournalTrouble as trouble:
    print(step + 1)
"""


def test_a_limit_on_file_sizes_is_met_with_smaller_files_and_then_an_error(root: Path, ledger: Ledger) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, str(root)], capture_output=True, text=True, check=True, timeout=60)
    assert recover(root, ledger).problems == []  # type: ignore[arg-type]
    assert steps(ledger) == list(range(int(done.stdout)))


@pytest.fixture
def small_disk(tmp_path: Path):  # type: ignore[no-untyped-def]
    """A real file system of 1 MiB, where the tests may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.getuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False).returncode:
        pytest.skip("needs to mount a small file system, as root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_small_disk_really_full(small_disk: Path, shipper: Shipper, ledger: Ledger) -> None:
    writer = begun(small_disk / "journal", shipper)
    ledger.trouble = unavailable
    logged = log_until_trouble(writer)
    ledger.trouble = lambda batches: None
    assert shipper.flush(30)
    writer.metric("loss", 0.0, -1)  # shipping has made room
    assert shipper.flush(30)
    assert steps(ledger) == [*logged, -1]
    writer.close()
    shipper.close(10)


def test_a_full_disk_is_asked_for_room_once_and_not_at_every_call(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # one that the background makes, and gives back, would be room
    monkeypatch.setattr(JournalWriter, "prepare_spare", lambda self: False)
    others = small_disk / "others"
    others.write_bytes(bytes(200_000))
    writer = begun(small_disk / "journal")
    log_until_trouble(writer)
    with mock.patch("os.posix_fallocate", wraps=os.posix_fallocate) as tried:
        for step in range(1000):
            with pytest.raises(JournalTrouble, match="No space left"):
                writer.metric("loss", 0.0, step)
        assert tried.call_count == 0
        others.unlink()  # a segment of the journal's own may be mapped still, and take its room
        writer.metric("loss", 0.0, 1)
        assert tried.call_count
    writer.close()


def fill(writer: JournalWriter) -> tuple[list[int], list[str]]:
    """Log until nothing fits any more but the run's end: steps of the points and keys of the params that did."""
    points, params = log_until_trouble(writer), []
    writer.append(Tags("run", {"t": "1"}))
    for number in itertools.count():
        try:
            writer.append(Params("run", {f"p{number}": "x" * 100}))
        except JournalTrouble:
            break
        params.append(f"p{number}")
        assert number < 1000
    with pytest.raises(JournalTrouble):
        writer.append(Console("run", "stdout", 1, "hello"))  # never out of the reserve
    return points, params


ENOUGH_FOR_AN_END = "ValueError: " + "x" * 500


@pytest.mark.parametrize("plain", [False, True])
def test_the_end_of_a_run_still_fits_a_full_disk(
    root: Path, shipper: Shipper, ledger: Ledger, plain: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if plain:
        monkeypatch.setattr("runstone.journal.writer.mappable", lambda folder: False)
    writer = begun(root, shipper)
    ledger.trouble = unavailable
    with mock.patch("os.posix_fallocate", side_effect=OSError(errno.ENOSPC, "No space left on device")):
        points, params = fill(writer)
        end = RunChanged("run", 5, status="FAILED", end_time=5, cause=ENOUGH_FOR_AN_END)
        writer.append(end)
    writer.metric("loss", 0.0, -1)  # somebody made room
    ledger.trouble = lambda batches: None
    assert shipper.flush(30)
    writer.close()
    assert steps(ledger) == [*points, -1]
    assert len(points) > 1000
    assert [key for record in ledger.records(Params) for key in record.values] == params  # type: ignore[union-attr]
    assert len(params) > 10
    assert ledger.records(Tags) == [Tags("run", {"t": "1"})]
    assert ledger.records(RunChanged) == [end]


@pytest.mark.parametrize("then", ["leave", "close", "fork"])
def test_what_took_the_reserve_is_brought_in_when_its_process_is_gone(small_disk: Path, ledger: Ledger, then: str) -> None:
    """As a disk is really full, and the process is no more."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        code = 1
        try:
            writer = begun(small_disk / "journal")
            points, params = fill(writer)
            if then == "fork" and (child := os.fork()):
                os.waitpid(child, 0)
            writer.append(RunChanged("run", 5, status="FINISHED", end_time=5))
            if then == "close":
                writer.close()
            os.write(writing, f"{len(points)} {len(params)}\n".encode())
            code = 0
        finally:
            os._exit(code)
    os.waitpid(pid, 0)
    points, params = map(int, os.read(reading, 100).splitlines()[-1].split())
    os.close(reading)
    os.close(writing)
    found = recover(small_disk / "journal", ledger)  # type: ignore[arg-type]
    assert (found.problems, found.torn, found.crashed) == ([], 0, {})
    assert steps(ledger) == list(range(points))
    assert len(ledger.records(Params)) == params > 10
    assert ledger.get_run("run").info.status == "FINISHED"
    assert not any((small_disk / "journal").iterdir())


def test_a_signal_handler_that_logs_while_the_reserve_is_opened(root: Path, shipper: Shipper, ledger: Ledger) -> None:
    writer = begun(root, shipper)
    segment = writer.current
    real, kept = segment.finish, []

    def interrupted() -> None:
        segment.finish = real  # type: ignore[method-assign]
        real()
        with pytest.raises(JournalTrouble):  # told of, never torn
            writer.append(Tags("run", {"handler": "1"}))
        kept.append(segment.used)

    with mock.patch("os.posix_fallocate", side_effect=OSError(errno.ENOSPC, "No space left on device")):
        log_until_trouble(writer)
        segment.finish = interrupted  # type: ignore[method-assign]
        writer.append(Tags("run", {"outer": "1"}))
        writer.append(Tags("run", {"later": "1"}))
    assert kept
    assert shipper.flush(30)
    assert ledger.records(Tags) == [Tags("run", {"outer": "1"}), Tags("run", {"later": "1"})]
    writer.close()


def test_waiting_for_a_store_that_is_away_does_not_try_it_at_full_speed(root: Path, shipper: Shipper, ledger: Ledger) -> None:
    tries = []

    def away(batches: object) -> None:
        tries.append(1)
        unavailable(batches)  # type: ignore[arg-type]

    ledger.trouble = away
    writer = begun(root, shipper)
    assert not shipper.flush(0.5)
    assert len(tries) < 10
    ledger.trouble = lambda batches: None
    assert shipper.flush(30)
    writer.close()


def test_a_read_only_folder_is_one_clear_error(tmp_path: Path) -> None:
    folder = tmp_path / "readonly"
    folder.mkdir(mode=0o500)
    if os.getuid() == 0:  # root may write anywhere; the kernel's answer is played
        denied = mock.patch("os.mkdir", side_effect=PermissionError(errno.EACCES, "Permission denied"))
        with denied, pytest.raises(JournalTrouble, match="Permission denied"):
            JournalWriter(folder / "journal", "run")
    else:
        with pytest.raises(JournalTrouble, match="Permission denied"):
            JournalWriter(folder / "journal", "run")


def test_a_root_that_is_a_file_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("not a folder")
    with pytest.raises(JournalTrouble, match="cannot be written"):
        JournalWriter(tmp_path / "journal", "run")


def test_settings_that_cannot_be_read_are_named(root: Path) -> None:
    os.environ["RUNSTONE_JOURNAL_SYNC_SECONDS"] = "often"
    with pytest.raises(InvalidValue, match="RUNSTONE_JOURNAL_SYNC_SECONDS='often'"):
        JournalWriter(root, "run")
    assert not list(root.rglob("*.seg"))


# --- the cap


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "PATIENCE", 0.05)


def test_the_cap_raises_when_the_store_is_away(
    root: Path, shipper: Shipper, ledger: Ledger, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.environ["RUNSTONE_JOURNAL_CAP_MB"] = "1"
    monkeypatch.setattr(keeper, "rolled", lambda writer: None)  # a spare that is just being made takes more, a little later
    ledger.trouble = unavailable
    writer = begun(root, shipper)
    logged = log_until_trouble(writer)
    assert sum(path.stat().st_size for path in root.rglob("*.seg")) <= 1 << 20
    with pytest.raises(JournalTrouble):  # and again, each time: never in silence
        writer.append(Console("run", "stdout", 1, "x" * 100_000))
    ledger.trouble = lambda batches: None
    assert shipper.flush(30)
    writer.metric("loss", 0.0, -1)
    assert shipper.flush(30)
    assert steps(ledger) == [*logged, -1]
    writer.close()


def test_the_cap_only_slows_down_while_the_shipper_frees(root: Path, shipper: Shipper, ledger: Ledger) -> None:
    os.environ["RUNSTONE_JOURNAL_CAP_MB"] = "1"
    writer = begun(root, shipper)
    for step in range(60_000):  # more than twice the cap
        writer.metric("loss", 0.0, step)
    assert shipper.flush(30)
    assert steps(ledger) == list(range(60_000))
    writer.close()


def test_what_other_processes_left_counts(root: Path, impatient: None) -> None:
    os.environ["RUNSTONE_JOURNAL_CAP_MB"] = "1"
    (root / "other" / "journal").mkdir(parents=True)
    (root / "other" / "journal" / "000001.seg").write_bytes(bytes(1 << 20))
    writer = begun(root)
    space.space_of(root).measure()
    assert len(log_until_trouble(writer)) < 10_000
    writer.close()


# --- file systems that cannot map


@pytest.fixture
def remote_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystems, "file_system", lambda folder: "nfs4")


def test_a_network_file_system_is_written_plainly_and_says_so(
    root: Path, shipper: Shipper, ledger: Ledger, remote_disk: None
) -> None:
    with pytest.warns(RuntimeWarning, match="on a nfs4 file system.*RUNSTONE_JOURNAL_DIR"):
        writer = begun(root, shipper)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        second = JournalWriter(root, "second")  # said once
    assert isinstance(writer.segments[-1], PlainSegment)
    for step in range(5_000):
        writer.metric("loss", 0.0, step)
    writer.append(Params("run", {"a": "b"}))
    assert shipper.flush(30)
    assert steps(ledger) == list(range(5_000))
    writer.close()
    second.close()
    assert shipper.close(30)


def test_what_a_dead_process_left_on_a_network_file_system_is_brought_in(root: Path, ledger: Ledger, remote_disk: None) -> None:
    from runstone.journal import owner

    with pytest.warns(RuntimeWarning):
        writer = begun(root)
    writer.metric("loss", 0.0, 1)
    who = owner.read_owner(writer.folder)
    assert who is not None
    owner.write_owner(writer.folder, owner.Owner("run", who.host, who.pid, 5, 1))
    assert recover(root, ledger).points == 1  # type: ignore[arg-type]


def test_a_plain_journal_after_a_fork(root: Path, ledger: Ledger, remote_disk: None) -> None:
    with pytest.warns(RuntimeWarning):
        writer = begun(root)
    writer.metric("parent", 0.0, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pid = os.fork()
    if pid == 0:
        writer.metric("child", 0.0, 2)
        os._exit(0)
    os.waitpid(pid, 0)
    writer.metric("parent", 0.0, 3)
    assert recover(root, ledger).points == 1  # type: ignore[arg-type]
    assert steps(ledger) == [2]
    writer.close()


@pytest.mark.parametrize("error", [errno.EOPNOTSUPP, errno.ENODEV])
def test_a_file_system_that_refuses_maps_is_written_plainly(root: Path, shipper: Shipper, ledger: Ledger, error: int) -> None:
    with mock.patch("mmap.mmap", side_effect=OSError(error, "not here")), pytest.warns(RuntimeWarning, match="not here"):
        writer = begun(root, shipper)
    writer.metric("loss", 0.0, 1)
    assert shipper.flush(10)
    assert steps(ledger) == [1]
    writer.close()


def test_the_type_of_a_file_system_is_read_from_the_mounts(tmp_path: Path) -> None:
    device = os.stat(tmp_path).st_dev
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        f"36 35 98:0 /a /b rw,noatime master:1 - ext3 /dev/root rw\n"
        f"40 35 {os.major(device)}:{os.minor(device)} / /mnt rw shared:5 - fuse.sshfs host:/x rw\n"
    )
    with mock.patch.object(filesystems, "_MOUNTS", str(mounts)):
        assert filesystems.file_system(tmp_path) == "fuse.sshfs"
    assert filesystems.file_system(tmp_path / "missing") == ""


# --- signals


def test_a_signal_handler_that_logs_in_the_midst_of_logging(root: Path, shipper: Shipper, ledger: Ledger) -> None:
    writer = begun(root, shipper)
    numbers, seen = itertools.count(), []

    def handler(signal_number: int, frame: object) -> None:  # itself interrupted by the next signal, at times
        number = next(numbers)
        writer.append(Console("run", "stdout", number, "x" * 20_000))
        seen.append(number)

    before = signal.signal(signal.SIGVTALRM, handler)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.002, 0.002)
    try:
        deadline = time.monotonic() + 1
        step = 0
        while time.monotonic() < deadline:
            writer.append(Console("run", "stderr", step, "y" * 3_000))
            step += 1
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0, 0)
        signal.signal(signal.SIGVTALRM, before)
    assert shipper.flush(30)
    stored = [(r.stream, r.time) for r in ledger.records(Console)]  # type: ignore[union-attr]
    assert [time for stream, time in stored if stream == "stderr"] == list(range(step))
    assert sorted(time for stream, time in stored if stream == "stdout") == sorted(seen)
    assert seen


def test_a_keyboard_interrupt_anywhere_leaves_the_journal_whole(root: Path, shipper: Shipper, ledger: Ledger) -> None:
    os.environ["RUNSTONE_JOURNAL_SEGMENT_MB"] = "1"  # a new one every fifty calls
    writer = begun(root, shipper)
    done = threading.Event()
    finished: list[int] = []

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGVTALRM, interrupt)
    try:
        for round_number in range(30):
            try:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0.002 + round_number % 7 / 1000)
                while not done.is_set():
                    step = len(finished)
                    writer.append(Console("run", "stdout", step, "x" * 20_000))
                    finished.append(step)
            except KeyboardInterrupt:
                pass
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    assert shipper.flush(60)
    stored = [record.time for record in ledger.records(Console)]  # type: ignore[union-attr]
    # an interrupt between the write and the note may write a step again; none is missing, none out of order
    assert sorted(set(stored)) == list(range(max(stored) + 1))
    assert len(set(stored)) >= len(finished)
    assert stored == sorted(stored)
