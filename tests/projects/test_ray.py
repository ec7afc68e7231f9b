"""A project as a job of a Ray cluster, through its Jobs API. CI plays the API; by hand it is tried on a real cluster."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jobs_api import Cluster, serving
from making import git

import runstone
from runstone import connect, projects
from runstone.errors import ExecutionException, InvalidValue
from runstone.projects.backends.ray import packed

Make = Callable[..., Path]
TRAIN = """
import sys, runstone
with runstone.start_run() as run:
    print("run", run.info.run_id, sys.argv[1], flush=True)
    runstone.log_metric("answer", 42)
"""
MLPROJECT = 'entry_points: {main: {parameters: {x: string}, command: "python train.py {x}"}}'


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "cluster").mkdir()
    with serving(tmp_path / "cluster") as cluster:
        yield cluster


def config(cluster: Cluster) -> dict[str, Any]:
    return {"address": cluster.address, "poll_seconds": 0.1, "entrypoint_num_cpus": 2}


def wait_until(true: Callable[[], object], seconds: float = 30) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_it_is_queued_runs_with_its_files_and_shares_the_run(project: Make, cluster: Cluster) -> None:
    folder = project(train__py=TRAIN, MLproject=MLPROJECT, python_env__yaml="dependencies: [numpy]\n")
    (folder / ".git").mkdir()
    (folder / "outside").symlink_to("/etc/hostname")
    cluster.busy = True
    submitted = projects.run(
        str(folder), parameters={"x": "a $(id) b"}, backend="ray", backend_config=config(cluster), synchronous=False
    )
    wait_until(lambda: runstone.get_run(submitted.run_id).info.status == "SCHEDULED")
    cluster.busy = False
    assert submitted.wait() is True
    run = runstone.get_run(submitted.run_id)
    assert (run.info.status, run.data.metrics) == ("FINISHED", {"answer": 42.0})
    assert run.data.tags["runstone.job.node"] == "127.0.0.9"
    assert run.data.tags["runstone.job.id"] == f"runstone-{submitted.run_id}"
    store = connect.open_store(runstone.get_tracking_uri())
    assert f"run {submitted.run_id} a $(id) b" in "".join(piece.text for piece in store.console(submitted.run_id))
    (asked,) = cluster.asked
    assert asked["entrypoint_num_cpus"] == 2
    assert asked["runtime_env"]["pip"] == ["numpy"]
    files = {path.name for path in (cluster.folder / submitted.run_id).parent.glob("runstone-*/*")}
    assert files == {"train.py", "MLproject", "python_env.yaml"}

    again = projects.run(str(folder), parameters={"x": "1"}, backend="ray", backend_config=config(cluster))
    assert again.get_status() == "FINISHED"
    assert len(cluster.packages) == 1  # equal files are sent once


def test_it_fails_with_its_exit_code_and_is_stopped(project: Make, cluster: Cluster) -> None:
    folder = project(bad__py="import sys\nsys.exit(3)\n", slow__py="import time\ntime.sleep(600)\n")
    there: dict[str, Any] = {"backend": "ray", "backend_config": config(cluster)}
    with pytest.raises(ExecutionException, match="failed: exit code 3"):
        projects.run(str(folder), "bad.py", **there)
    slow = projects.run(str(folder), "slow.py", synchronous=False, **there)
    wait_until(lambda: runstone.get_run(slow.run_id).data.tags.get("runstone.job.state") == "running")
    slow.cancel()
    assert runstone.get_run(slow.run_id).info.status == "KILLED"


def test_a_job_outlives_its_watcher_and_nothing_is_lost(project: Make, cluster: Cluster, store: str) -> None:
    text = "import os, time\nprint('one', flush=True)\nwhile not os.path.exists('../go'):\n    time.sleep(0.05)\nprint('two')\n"
    command = [sys.executable, "-m", "runstone.cli.main", "run", str(project(count__py=text)), "-e", "count.py", "-b", "ray"]
    watcher = subprocess.Popen([*command, "-c", json.dumps(config(cluster)), "--store", store], stdout=subprocess.PIPE)

    def printed() -> str:
        opened = connect.open_store(store)
        found = runstone.search_runs(search_all_experiments=True, output_format="list")
        return "".join(piece.text for run in found for piece in opened.console(run.info.run_id))

    wait_until(lambda: "one" in printed())
    watcher.kill()
    watcher.communicate()
    (cluster.folder / "go").touch()
    wait_until(lambda: "two" in printed())
    run_id = runstone.search_runs(search_all_experiments=True, output_format="list")[0].info.run_id
    wait_until(lambda: runstone.get_run(run_id).info.status == "FINISHED")
    assert printed() == "one\ntwo\n"


def test_mistakes_are_told(project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(project(train__py=TRAIN))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(InvalidValue, match="needs the address of the cluster's dashboard"):
        projects.run(folder, "train.py", backend="ray")
    with pytest.raises(ExecutionException, match="No Ray cluster answers at http://127.0.0.1:9"):
        projects.run(folder, "train.py", backend="ray", backend_config={"address": "http://127.0.0.1:9"})


def test_what_git_ignores_is_not_sent(project: Make) -> None:
    folder = project(train__py=TRAIN, secret__env="KEY=1\n", __gitignore="*.env\ndata/\n")
    (folder / "data").mkdir()
    (folder / "data" / "big.csv").write_text("1\n", "utf-8")
    (folder / "part").mkdir()
    (folder / "part" / "new.py").write_text("", "utf-8")
    assert {"secret.env", "data/big.csv"} <= set(zipfile.ZipFile(io.BytesIO(packed(folder))).namelist())  # no repository
    git(folder, "init")
    assert set(zipfile.ZipFile(io.BytesIO(packed(folder))).namelist()) == {".gitignore", "part/new.py", "train.py"}
