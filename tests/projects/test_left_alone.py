"""A command whose watcher was killed prints on without harm, and what it prints stays in its run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

import runstone
from runstone import connect
from runstone.client.attended import attend, unwatched
from runstone.contracts import Batch
from runstone.journal.recovery import unseen
from runstone.records import RunChanged

CHATTY = """
import os, time, sys
print("begun", os.getpid(), flush=True)
while not os.path.exists("go"):
    print("x" * 1000, flush=True)
    time.sleep(0.01)
{then}
print("the last words", file=sys.stderr, flush=True)
open("done", "w").close()
"""
LOGS = """
import mlflow
with mlflow.start_run():
    mlflow.log_metric("late", 1)
"""
BY_PYTHON = "import sys, runstone; runstone.set_tracking_uri(sys.argv[3]); runstone.projects.run(sys.argv[1], sys.argv[2])"


def wait_until(true: Callable[[], object], seconds: float = 40) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, only_run()
        time.sleep(0.05)


def only_run() -> runstone.entities.Run:
    (run,) = runstone.search_runs(search_all_experiments=True, output_format="list")
    return run


def console() -> str:
    store = connect.open_store(runstone.get_tracking_uri())
    return "".join(piece.text for piece in store.console(only_run().info.run_id, limit=100_000))


@contextmanager
def left_alone(folder: Path, store: str, by: str = "command") -> Iterator[int]:
    """The process of a command whose watcher has just been killed."""
    words = ["-m", "runstone", "run", str(folder), "-e", "chatty.py", "--store", store]
    if by == "python":
        words = ["-c", BY_PYTHON, str(folder), "chatty.py", store]
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    inner = int(process.stdout.readline().split()[1])
    try:
        process.kill()
        process.communicate()
        yield inner
    finally:
        with suppress(ProcessLookupError):
            os.kill(inner, 9)


@pytest.mark.parametrize("by", ["command", "python"])
def test_it_prints_on_and_ends_its_run_by_itself(by: str, project: Callable[..., Path], store: str) -> None:
    folder = project(chatty__py=CHATTY.format(then=LOGS))
    with left_alone(folder, store, by):
        (folder / "go").touch()
        wait_until((folder / "done").exists)
        wait_until(lambda: "the last words" in console())
        wait_until(lambda: only_run().info.status == "FINISHED", 15)
    assert only_run().data.metrics == {"late": 1.0}


def test_a_run_whose_end_nobody_saw_goes_on_until_its_command_is_over(project: Callable[..., Path], store: str) -> None:
    folder = project(chatty__py=CHATTY.format(then=""))
    with left_alone(folder, store):
        wait_until(lambda: console().count("x") > 200_000)  # more than a pipe holds
        wait_until(lambda: only_run().info.status == "RUNNING")
        (folder / "go").touch()
        wait_until(lambda: only_run().info.status == "FAILED")
    assert "nobody saw its end" in str(only_run().info.cause)
    assert "the last words" in console()


def test_what_the_script_says_of_its_end_stands_though_its_new_watcher_comes_later(store: str) -> None:
    with runstone.start_run():
        pass
    run_id = only_run().info.run_id
    runs = connect.open_store(runstone.get_tracking_uri())
    runs.write(Batch([RunChanged(run_id, 1, status="FAILED", end_time=1, cause=unseen("its command"))]))
    heir = attend(run_id=run_id)
    assert unwatched(runs.get_run(run_id))
    runs.write(Batch([RunChanged(run_id, 2, status="FINISHED", end_time=2)]))
    heir.goes_on()
    heir.unseen("its command")
    assert only_run().info.status == "FINISHED"


def test_it_can_be_stopped(project: Callable[..., Path], store: str) -> None:
    folder = project(chatty__py=CHATTY.format(then=""))
    with left_alone(folder, store) as inner:
        wait_until(lambda: console().count("x") > 200_000)
        wait_until(lambda: only_run().info.status == "RUNNING")
        words = [sys.executable, "-m", "runstone", "stop", only_run().info.run_id, "--store", store]
        subprocess.run(words, check=True, capture_output=True)
        wait_until(lambda: not psutil.pid_exists(inner) or psutil.Process(inner).status() == psutil.STATUS_ZOMBIE)
    assert only_run().info.status == "KILLED"
    assert "stopped by" in str(only_run().info.cause)
