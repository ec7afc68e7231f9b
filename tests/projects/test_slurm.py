"""A project as a batch job of a real Slurm: queued, running on its node, its log as it comes, stopped, queued again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from making import git
from slurm_here import missing, serving

import runstone
from runstone import MlflowClient, connect, projects
from runstone.client.attended import STOP_TAG
from runstone.errors import ExecutionException, InvalidValue, NotSupported, WrongState

pytestmark = pytest.mark.xdist_group("slurm")
Make = Callable[..., Path]

SLOW = "import os, time\nprint('pid', os.getpid(), flush=True)\ntime.sleep(600)\n"
AGAIN = """
import os, sys, time
import mlflow
with mlflow.start_run() as run:
    again = int(os.environ.get("SLURM_RESTART_COUNT", 0))
    mlflow.log_metric("tries", again + 1)
    print("try", again, flush=True)
    if not again:
        time.sleep(600)
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if why := missing():
        pytest.skip(why)
    with serving(tmp_path_factory.mktemp("slurm")) as conf:
        yield conf


@pytest.fixture
def config(cluster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("SLURM_CONF", str(cluster))
    return {"folder": str(tmp_path / "jobs"), "poll_seconds": 0.1}


def wait_until(true: Callable[[], object], seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def console(run_id: str) -> str:
    return "".join(piece.text for piece in connect.open_store(runstone.get_tracking_uri()).console(run_id))


def test_queued_behind_another_then_run_and_stopped(project: Make, config: dict[str, Any], tmp_path: Path) -> None:
    folder = project(slow__py=SLOW, quick__py="import mlflow, sys\nmlflow.log_metric('n', 1)\nprint(sys.argv)\nsys.exit(3)\n")
    git(folder, "init")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "one")
    slow = projects.run(str(folder), "slow.py", backend="slurm", backend_config=config, synchronous=False)
    wait_until(lambda: "pid" in console(slow.run_id))  # its log comes while it runs
    there: dict[str, Any] = {"backend": "slurm", "backend_config": config, "synchronous": False}
    # the code of a commit, which is fetched to a temporary folder
    quick = projects.run(str(folder), "quick.py", version="main", parameters={"x": "a $(id) b"}, **there)
    wait_until(lambda: runstone.get_run(quick.run_id).info.status == "SCHEDULED")
    running, waiting = (runstone.get_run(one.run_id) for one in (slow, quick))
    assert running.info.status == "RUNNING"
    assert (running.data.tags["runstone.job.state"], waiting.data.tags["runstone.job.state"]) == ("running", "queued")
    assert running.data.tags["runstone.job.node"]
    assert running.data.tags["mlflow.project.backend"] == "slurm"

    MlflowClient().set_tag(slow.run_id, STOP_TAG, "ada")
    assert slow.wait() is False
    assert quick.wait() is False
    ended = runstone.get_run(slow.run_id)
    assert (ended.info.status, ended.info.cause) == ("KILLED", "stopped by ada")
    ended = runstone.get_run(quick.run_id)
    assert (ended.info.status, ended.info.cause) == ("FAILED", "exit code 3")
    assert ended.data.metrics == {"n": 1.0}
    assert "a $(id) b" in console(quick.run_id)
    assert ended.data.tags["runstone.job.state"] == "finished"
    assert not any((tmp_path / "jobs").iterdir())


def test_a_job_that_is_queued_again_goes_on_in_its_run(project: Make, config: dict[str, Any]) -> None:
    run = projects.run(str(project(train__py=AGAIN)), "train.py", backend="slurm", backend_config=config, synchronous=False)
    wait_until(lambda: "try 0" in console(run.run_id))
    job = runstone.get_run(run.run_id).data.tags["runstone.job.id"]
    subprocess.run(["scontrol", "requeue", job], check=True)
    wait_until(lambda: runstone.get_run(run.run_id).data.tags["runstone.job.state"] == "queued")
    time.sleep(2)  # within the second of a job's end, slurmd takes a new launch of it for one that was ended
    subprocess.run(["scontrol", "update", f"JobId={job}", "StartTime=now"], check=True)  # else after two minutes
    assert run.wait() is True
    ended = runstone.get_run(run.run_id)
    assert (ended.info.status, ended.data.metrics) == ("FINISHED", {"tries": 2.0})
    assert "try 0" in console(run.run_id)
    assert "try 1" in console(run.run_id)
    assert len(runstone.search_runs(search_all_experiments=True, output_format="list")) == 1


COUNTS = """
import os, time
print("one", flush=True)
while not os.path.exists("go"):
    time.sleep(0.05)
print("two", flush=True)
"""


@pytest.mark.parametrize("ended_by", ["the process beside it", "runstone follow"])
def test_a_job_outlives_its_watcher_and_nothing_is_lost(
    ended_by: str, project: Make, config: dict[str, Any], store: str, tmp_path: Path
) -> None:
    folder = project(count__py=COUNTS)
    command = [sys.executable, "-m", "runstone.cli.main"]
    where = ["-b", "slurm", "-c", json.dumps(config), "--store", store]
    watcher = subprocess.Popen([*command, "run", str(folder), "-e", "count.py", *where], stdout=subprocess.PIPE)
    wait_until(lambda: runs() and "one" in console(runs()[0].info.run_id))
    run_id = runs()[0].info.run_id
    if ended_by == "runstone follow":
        min(psutil.Process(watcher.pid).children(), key=lambda child: child.pid).kill()
    watcher.kill()
    watcher.communicate()
    if ended_by == "runstone follow":
        wait_until(lambda: runs()[0].info.status == "FAILED")
        assert "whoever watched over job" in str(runs()[0].info.cause)
        assert f"`runstone follow {run_id[:12]}` takes it up again" in str(runs()[0].info.cause)
        following = subprocess.Popen([*command, "follow", run_id[:12], "--store", store])
        wait_until(lambda: runs()[0].info.status == "RUNNING")
        with pytest.raises(WrongState, match=f"Process {following.pid} watches over job .* already"):
            projects.follow(run_id)
        (folder / "go").touch()
        assert following.wait(60) == 0
    (folder / "go").touch()
    wait_until(lambda: runs()[0].info.status == "FINISHED")
    wait_until(lambda: not any((tmp_path / "jobs").iterdir()))
    assert console(run_id) == "one\ntwo\n"
    with pytest.raises(WrongState, match="is over; the run is FINISHED"):
        projects.follow(run_id)


def runs() -> list[runstone.entities.Run]:
    return list(runstone.search_runs(search_all_experiments=True, output_format="list"))


def test_one_that_waits_leaves_the_queue_when_it_is_stopped(project: Make, config: dict[str, Any]) -> None:
    held = {**config, "sbatch": {"hold": True}}
    run = projects.run(str(project(slow__py=SLOW)), "slow.py", backend="slurm", backend_config=held, synchronous=False)
    wait_until(lambda: runstone.get_run(run.run_id).info.status == "SCHEDULED")
    run.cancel()
    assert runstone.get_run(run.run_id).info.status == "KILLED"
    assert subprocess.run(["squeue", "--noheader"], capture_output=True, check=True).stdout == b""


def test_slurms_own_words_end_the_run(project: Make, config: dict[str, Any]) -> None:
    with pytest.raises(ExecutionException, match="sbatch: .*partition"):
        projects.run(
            str(project(slow__py=SLOW)), "slow.py", backend="slurm", backend_config={**config, "sbatch": {"partition": "moon"}}
        )


@pytest.mark.parametrize(
    ("config", "kind", "words"),
    [
        ({"sbatch": {"output": "x"}}, InvalidValue, "'output' is no option of sbatch"),
        ({"sbatch": {"time; id": 1}}, InvalidValue, "'time; id' is no option of sbatch"),
        ({"sbatch": "-p gpu"}, InvalidValue, "'sbatch' maps options to values"),
        ({"partition": "gpu"}, InvalidValue, "'partition' means nothing to slurm. What works: sbatch, folder"),
        ({"poll_seconds": 0}, InvalidValue, "'poll_seconds' must be a number"),
        ({}, NotSupported, "needs the programs of Slurm"),
    ],
)
def test_a_mistake_begins_no_run(
    project: Make, monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], kind: type[Exception], words: str
) -> None:
    monkeypatch.setattr("shutil.which", lambda name, *_, **__: None)
    with pytest.raises(kind, match=words):
        projects.run(str(project(slow__py=SLOW)), "slow.py", backend="slurm", backend_config=config)
    assert runstone.search_runs(search_all_experiments=True, output_format="list") == []
