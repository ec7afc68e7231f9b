"""SIGKILL while a script logs through the public API into the real store: 0 lost, 0 doubled, store and journal sound.

``RUNSTONE_TEST_KILLS=500`` kills as often as the figures promise; a full test run does fewer.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runstone import connect
from runstone.contracts import RunQuery
from runstone.journal.recovery import recover, survey
from runstone.testing.crash import Progress, Verdict, judge, kill_group, some_time, start, wait_until_logging

KILLS = int(os.environ.get("RUNSTONE_TEST_KILLS", "12"))

CHILD = """
import os, sys, threading
from pathlib import Path
import runstone
from runstone.testing.crash import Progress

folder, threads, forks, runs, limit = Path(sys.argv[1]), *map(int, sys.argv[2:6])
progress = Progress(folder / "progress")
runstone.set_tracking_uri(str(folder / "store"))
runstone.set_experiment("killed")
started = [runstone.start_run(run_name=f"run {n}", nested=True) for n in range(runs)]
ids = [run.info.run_id for run in started]


def log(slot):
    words, key, run_id = progress.words, f"logger{slot}", ids[slot % runs]
    for number in range(limit or 1 << 60):
        if number % 97 == 96 and slot == 0:
            runstone.log_param(f"{key} at {number}", number)  # records between the points
        if slot % runs == runs - 1:
            runstone.log_metric(key, 0.5, number)
        else:
            runstone.log_metric(key, 0.5, number, run_id=run_id)
        words[slot] = number + 1
    if limit:
        os.kill(os.getpid(), 9)


def all_threads(first):
    others = [threading.Thread(target=log, args=(first + n,)) for n in range(1, threads)]
    for thread in others:
        thread.start()
    log(first)


for child in range(forks):
    if os.fork() == 0:
        all_threads((child + 1) * threads)
all_threads(0)
"""


def verdict_after_recovery(folder: Path) -> Verdict:
    uri = str(folder / "store")
    store = connect.open_store(connect.canonical(uri))
    root = connect.journal_root(connect.canonical(uri))
    found = recover(root, store)
    assert found.problems == []
    assert survey(root) == []
    health = store.health(deep=True)
    assert list(health.problems) == []
    experiment = store.find_experiment("killed")
    assert experiment is not None
    points = []
    for run in store.search_runs(RunQuery(experiment_ids=(experiment.experiment_id,))):
        assert run.info.status == "CRASHED"
        assert run.info.cause
        for key, summary in store.get_run(run.info.run_id).data.summaries.items():
            series = store.history(run.info.run_id, key)
            assert len(series.steps) == summary.count
            if key.startswith("logger"):
                points += [(int(key.removeprefix("logger")), step) for step in series.steps.tolist()]
    store.close()
    return judge(Progress(folder / "progress").counts(), points)


@pytest.mark.parametrize("shape", [(1, 0, 1), (3, 0, 2), (2, 2, 2)], ids=["one", "threads", "forks"])
def test_killed_at_random_moments(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    threads, forks, runs = shape
    for seed in range(max(1, KILLS // 3)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        child = start(CHILD, folder, threads, forks, runs, 0, folder=folder)
        wait_until_logging(child, Progress(folder / "progress"), threads * (forks + 1), folder)
        time.sleep(some_time(seed, 0.6))
        kill_group(child)
        verdict = verdict_after_recovery(folder)
        assert (verdict.lost, verdict.doubled) == (0, 0), f"seed {seed}: {verdict}"


def test_killed_right_after_the_last_of_ten_thousand_calls(tmp_path: Path) -> None:
    for number in range(max(1, KILLS // 6)):
        folder = tmp_path / str(number)
        folder.mkdir()
        child = start(CHILD, folder, 1, 0, 1, 10_000, folder=folder)
        assert child.wait(60) == -9
        assert verdict_after_recovery(folder) == Verdict(10_000, 0, 0)


def test_the_next_run_brings_the_dead_one_in_by_itself(tmp_path: Path) -> None:
    child = start(CHILD, tmp_path, 1, 0, 1, 10_000, folder=tmp_path)
    assert child.wait(60) == -9
    script = (
        "import sys, runstone\n"
        "runstone.set_tracking_uri(sys.argv[1]); runstone.set_experiment('next')\n"
        "with runstone.start_run(): pass\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "store")], check=True, timeout=60, cwd=tmp_path)
    assert verdict_after_recovery(tmp_path) == Verdict(10_000, 0, 0)
