"""SIGKILL at any moment: nothing that was logged is lost, nothing is doubled.

``RUNSTONE_TEST_KILLS=500`` kills as often as the figures promise; a full test run does fewer.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from runstone.journal.recovery import recover, survey
from runstone.testing.crash import Progress, Verdict, judge, kill_group, some_time, start, wait_until_logging
from runstone.testing.ledger import Ledger

KILLS = int(os.environ.get("RUNSTONE_TEST_KILLS", "12"))

CHILD = """
import os, sys, threading
from pathlib import Path
from runstone import wire
from runstone.journal.shipper import Shipper
from runstone.journal.writer import JournalWriter
from runstone.records import Console, RunStarted
from runstone.testing.crash import Progress
from runstone.testing.ledger import Ledger

folder, threads, forks, runs, limit = Path(sys.argv[1]), *map(int, sys.argv[2:6])
progress = Progress(folder / "progress")
ledger = Ledger(folder / "ledger.db")
shipper = Shipper(lambda: ledger)
writers = [JournalWriter(folder / "journal", f"run{n}") for n in range(runs)]
for writer in writers:
    writer.append(RunStarted(writer.run_id, "0", 1, "name"))
    shipper.add(writer)


def log(slot):
    writer, key, words = writers[slot % runs], f"logger{slot}", progress.words
    for number in range(limit or 1 << 60):
        if number % 97 == 96:
            writer.append(Console(writer.run_id, "stdout", number, key))  # records between the points
        try:
            write, keys, salt = writer.hot
            write(wire.pack_metric(keys[key], number, wire.now(), 0.5, salt))
        except (KeyError, ValueError):
            writer.metric(key, 0.5, number)
        words[slot] = number + 1
    if limit:
        os.kill(os.getpid(), 9)


def all_threads(first):
    started = [threading.Thread(target=log, args=(first + n,)) for n in range(1, threads)]
    for thread in started:
        thread.start()
    log(first)


for child in range(forks):
    if os.fork() == 0:
        all_threads((child + 1) * threads)
all_threads(0)
"""


def stored(ledger: Ledger) -> list[tuple[int, int]]:
    return [(int(key.removeprefix("logger")), step) for _, key, step, _, _ in ledger.points()]


def verdict_after_recovery(folder: Path) -> Verdict:
    ledger = Ledger(folder / "ledger.db")
    found = recover(folder / "journal", ledger)  # type: ignore[arg-type]
    assert found.problems == []
    assert survey(folder / "journal") == []
    assert set(found.crashed) <= {f"run{n}" for n in range(9)}
    assert found.crashed
    return judge(Progress(folder / "progress").counts(), stored(ledger))


@pytest.mark.parametrize("shape", [(1, 0, 1), (3, 0, 2), (2, 2, 2)], ids=["one", "threads", "forks"])
def test_killed_at_random_moments(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    threads, forks, runs = shape
    for seed in range(max(1, KILLS // 6)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        child = start(CHILD, folder, threads, forks, runs, 0, folder=folder)
        progress = Progress(folder / "progress")
        wait_until_logging(child, progress, threads * (forks + 1), folder)
        some_time_passes(seed)
        kill_group(child)
        verdict = verdict_after_recovery(folder)
        assert (verdict.lost, verdict.doubled) == (0, 0), f"seed {seed}: {verdict}"


def some_time_passes(seed: int) -> None:
    time.sleep(some_time(seed, 0.6))


def test_killed_right_after_the_last_of_ten_thousand_calls(tmp_path: Path) -> None:
    for number in range(max(1, KILLS // 6)):
        folder = tmp_path / str(number)
        folder.mkdir()
        child = start(CHILD, folder, 1, 0, 1, 10_000, folder=folder)
        assert child.wait(60) == -9
        assert verdict_after_recovery(folder) == Verdict(10_000, 0, 0)


def test_a_recovery_that_is_killed_is_taken_up_by_the_next(tmp_path: Path) -> None:
    child = start(CHILD, tmp_path, 2, 0, 2, 0, folder=tmp_path)
    wait_until_logging(child, Progress(tmp_path / "progress"), 2, tmp_path)
    time.sleep(0.5)
    kill_group(child)
    script = (
        "import sys; from pathlib import Path; from runstone.testing.ledger import Ledger\n"
        "from runstone.journal.recovery import recover\n"
        "folder = Path(sys.argv[1]); recover(folder / 'journal', Ledger(folder / 'ledger.db'))"
    )
    for seed in range(4):
        recovery = start(script, tmp_path, folder=tmp_path)
        time.sleep(0.15 + some_time(seed, 0.3))
        kill_group(recovery)
    ledger = Ledger(tmp_path / "ledger.db")
    recover(tmp_path / "journal", ledger)  # type: ignore[arg-type]
    verdict = judge(Progress(tmp_path / "progress").counts(), stored(ledger))
    assert (verdict.lost, verdict.doubled) == (0, 0)
    assert survey(tmp_path / "journal") == []
