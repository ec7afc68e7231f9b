"""A script that logs through the public API into the real store and is killed, and what must be true afterwards."""

from __future__ import annotations

import time
from pathlib import Path

from msgspec import Struct

from runstone import connect
from runstone.contracts import RunQuery
from runstone.journal.recovery import recover, survey

from .crash import Progress, Verdict, judge, kill_group, some_time, start, wait_until_logging

_EXPERIMENT = "killed"
#: Seconds within which the child is killed, once each of its threads logs.
_LATEST = 0.6

_CHILD = """
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


class Shape(Struct, frozen=True):
    """``threads`` in each of 1 + ``forks`` processes, spread over ``runs`` runs."""

    threads: int
    forks: int
    runs: int


#: The shapes that are killed at random moments.
SHAPES = {"one thread": Shape(1, 0, 1), "threads, two runs": Shape(3, 0, 2), "threads, forks, two runs": Shape(2, 2, 2)}


def killed_at_random(folder: Path, shape: Shape, seed: int) -> Verdict:
    """Start the script in an empty folder, kill it with its children, recover. Raises AssertionError for what is not sound."""
    child = start(_CHILD, folder, shape.threads, shape.forks, shape.runs, 0, folder=folder)
    wait_until_logging(child, Progress(folder / "progress"), shape.threads * (shape.forks + 1), folder)
    time.sleep(some_time(seed, _LATEST))
    kill_group(child)
    return verdict_after_recovery(folder)


def killed_by_itself(folder: Path, calls: int) -> None:
    """The script kills itself right after the last of so many calls."""
    child = start(_CHILD, folder, 1, 0, 1, calls, folder=folder)
    assert child.wait(120) == -9


def verdict_after_recovery(folder: Path) -> Verdict:
    """Bring in what is left; the store and the journal must be sound, the runs known as crashed, for a reason."""
    uri = connect.canonical(str(folder / "store"))
    store = connect.open_store(uri)
    try:
        root = connect.journal_root(uri)
        found = recover(root, store)
        assert found.problems == [], found.problems
        assert survey(root) == []
        assert list(store.health(deep=True).problems) == []
        experiment = store.find_experiment(_EXPERIMENT)
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
    finally:
        store.close()
    return judge(Progress(folder / "progress").counts(), points)
