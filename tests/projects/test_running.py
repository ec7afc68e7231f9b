"""A project's run is one run: begun here, filled by the script inside, ended with what became of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from making import SCRIPT, git

import runstone
from runstone import MlflowClient, connect, projects
from runstone.errors import ExecutionException, InvalidValue, NotFound, NotSupported, RunstoneError

Make = Callable[..., Path]


def wait_until(true: Callable[[], object], seconds: float = 30) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def console(run_id: str) -> str:
    store = connect.open_store(runstone.get_tracking_uri())
    return "".join(piece.text for piece in store.console(run_id))


def test_one_run_with_what_both_sides_know(project: Make) -> None:
    folder = project(
        train__py=SCRIPT,
        MLproject="""
        name: forest
        entry_points:
          main:
            parameters:
              alpha: {type: float, default: 0.5}
              data: path
            command: "python train.py --alpha {alpha} {data}"
        """,
        data__csv="1,2",
    )
    done = projects.run(str(folder), parameters={"data": "data.csv", "more": "a b"}, run_name="the one")
    run = runstone.get_run(done.run_id)
    assert done.get_status() == run.info.status == "FINISHED"
    assert runstone.get_experiment(run.info.experiment_id).name == "forest"
    assert run.info.run_name == "the one"
    assert run.data.metrics == {"answer": 42.0}
    assert run.data.params == {
        "alpha": "0.5",
        "data": "data.csv",
        "more": "a b",
        "seen": f"--alpha 0.5 {folder / 'data.csv'} --more a b",
    }
    tags = run.data.tags
    assert tags["mlflow.source.type"] == "PROJECT"
    assert tags["mlflow.source.name"] == str(folder)
    assert tags["mlflow.project.entryPoint"] == "main"
    assert tags["mlflow.project.backend"] == "local"
    assert f"run {done.run_id}" in console(done.run_id)
    assert len(runstone.search_runs(search_all_experiments=True, output_format="list")) == 1


def test_surroundings_are_the_projects(project: Make) -> None:
    folder = project(train__py="print('hi')\n")
    git(folder, "init")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "first")
    (folder / "train.py").write_text("print('changed')\n", "utf-8")
    done = projects.run(str(folder), "train.py")
    assert runstone.get_run(done.run_id).data.tags["mlflow.source.git.commit"] == git(folder, "rev-parse", "HEAD")
    documents = {one.name: one.text for one in connect.open_store(runstone.get_tracking_uri()).documents(done.run_id)}
    assert "+print('changed')" in documents["git.diff"]
    assert '"command": "python train.py"' in documents["host"]
    assert "pytest==" in documents["packages"]


@pytest.mark.parametrize(
    ("command", "status", "cause"),
    [
        ("exit 3", "FAILED", "exit code 3"),
        ("kill -9 $$", "FAILED", "signal 9 (SIGKILL)"),
        ("python train.py; exit 4", "FAILED", "exit code 4"),
    ],
)
def test_a_failed_command_ends_the_run_failed_with_its_cause(project: Make, command: str, status: str, cause: str) -> None:
    folder = project(train__py=SCRIPT, MLproject=f'entry_points: {{main: {{command: "{command}"}}}}')
    with pytest.raises(ExecutionException, match=r"failed: "):
        projects.run(str(folder))
    (run,) = runstone.search_runs(search_all_experiments=True, output_format="list")
    assert (run.info.status, run.info.cause) == (status, cause)


def test_a_script_that_begins_no_run_logs_to_its_projects(project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNSTONE_QUIET", raising=False)
    folder = project(train__py="import mlflow\nmlflow.log_metric('m', 1)\nprint('logged')\n")
    done = projects.run(str(folder), "train.py")
    assert runstone.get_run(done.run_id).data.metrics == {"m": 1.0}
    assert "was started" not in console(done.run_id)  # it was begun by who runs the project


def test_a_script_that_fails_by_itself_keeps_its_own_words(project: Make) -> None:
    folder = project(train__py="import mlflow\nwith mlflow.start_run():\n    raise ValueError('planted')\n")
    with pytest.raises(ExecutionException):
        projects.run(str(folder), "train.py")
    (run,) = runstone.search_runs(search_all_experiments=True, output_format="list")
    assert (run.info.status, run.info.cause) == ("FAILED", "ValueError: planted")


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"entry_point": "nope"}, NotFound, "Could not find 'nope' .* scripts there: train.py"),
        ({"entry_point": "train.py", "version": "main"}, RunstoneError, "has no versions: fatal: not a git repository"),
        ({"backend": "moon"}, NotSupported, "unsupported execution mode 'moon'"),
        ({"env_manager": "magic"}, InvalidValue, "'magic' is no environment manager"),
        ({"experiment_name": "a", "experiment_id": "1"}, InvalidValue, "only one"),
        ({"backend_config": "gone.json"}, InvalidValue, "gone.json"),
    ],
)
def test_a_mistake_of_the_caller_begins_no_run(
    project: Make, options: dict[str, str], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        projects.run(str(project(train__py=SCRIPT)), **options)  # type: ignore[arg-type]
    assert runstone.search_runs(search_all_experiments=True, output_format="list") == []


def test_a_place_that_is_no_project_is_named() -> None:
    with pytest.raises(NotFound, match="no project at './gone'"):
        projects.run("./gone")


def test_an_environment_that_cannot_be_made_ends_the_run_with_the_resolvers_words(
    project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNSTONE_ENV_DIR", str(tmp_path / "envs"))
    folder = project(train__py=SCRIPT, python_env__yaml="dependencies: ['./not-there']\n")
    with pytest.raises(ExecutionException, match="not-there"):
        projects.run(str(folder), "train.py")
    (run,) = runstone.search_runs(search_all_experiments=True, output_format="list")
    assert run.info.status == "FAILED"
    assert "not-there" in str(run.info.cause)


def test_an_environment_of_its_own_shares_the_run(project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSTONE_ENV_DIR", str(tmp_path / "envs"))
    folder = project(train__py="import sys\nprint(sys.prefix)\n", python_env__yaml="dependencies: []\n")
    done = projects.run(str(folder), "train.py")
    assert str(tmp_path / "envs") in console(done.run_id)
    assert runstone.get_run(done.run_id).data.tags["mlflow.project.env"] == "uv"
    done = projects.run(str(folder), "train.py", env_manager="local")
    assert sys.prefix in console(done.run_id)


def test_steps_of_a_project_are_runs_below_it(project: Make) -> None:
    folder = project(
        step__py=SCRIPT,
        main__py="""
        import mlflow
        with mlflow.start_run():
            inner = mlflow.run(".", "step.py", parameters={"n": 1})
            print("inner", inner.run_id, inner.get_status())
        """,
    )
    done = projects.run(str(folder), "main.py")
    (child,) = runstone.search_runs(
        search_all_experiments=True, filter_string=f"tags.mlflow.parentRunId = '{done.run_id}'", output_format="list"
    )
    assert child.data.params["n"] == "1"
    assert child.info.status == "FINISHED"
    assert child.info.experiment_id == runstone.get_run(done.run_id).info.experiment_id


def test_a_run_that_was_begun_here_goes_on_here_afterwards(project: Make) -> None:
    folder = project(train__py=SCRIPT)
    with runstone.start_run() as run:
        inner = projects.run(str(folder), "train.py", run_id=run.info.run_id, synchronous=False)
        assert inner.wait()
        runstone.log_metric("after", 1)
    found = runstone.get_run(run.info.run_id)
    assert (found.info.status, found.data.metrics) == ("FINISHED", {"answer": 42.0, "after": 1.0})


def test_aside_it_can_be_waited_for_and_cancelled(project: Make) -> None:
    folder = project(quick__py="print('quick')\n", slow__py="import time\nprint('slow', flush=True)\ntime.sleep(600)\n")
    quick = projects.run(str(folder), "quick.py", synchronous=False)
    slow = projects.run(str(folder), "slow.py", synchronous=False)
    assert quick.wait() is True
    assert slow.get_status() == "RUNNING"
    slow.cancel()
    assert slow.get_status() == "KILLED"
    assert runstone.get_run(slow.run_id).info.status == "KILLED"


def test_it_stops_when_asked_through_the_store(project: Make) -> None:
    from runstone.client.attended import STOP_TAG

    text = "import mlflow, time\nwith mlflow.start_run():\n    print('slow', flush=True)\n    time.sleep(600)\n"
    folder = project(slow__py=text)  # the script ends its run itself, with the signal; who asked for it is said all the same
    slow = projects.run(str(folder), "slow.py", synchronous=False)
    wait_until(lambda: "slow" in console(slow.run_id))
    MlflowClient().set_tag(slow.run_id, STOP_TAG, "ada")
    assert slow.wait() is False
    run = runstone.get_run(slow.run_id)
    assert (run.info.status, run.info.cause) == ("KILLED", "stopped by ada")


def test_what_does_not_go_in_peace_is_killed(project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runstone.projects.backends.local.GRACE", 0.5)
    folder = project(MLproject="""entry_points: {main: {command: "trap '' TERM; echo deaf; sleep 600 & wait; wait"}}""")
    deaf = projects.run(str(folder), synchronous=False)
    wait_until(lambda: "deaf" in console(deaf.run_id))
    deaf.cancel()
    assert runstone.get_run(deaf.run_id).info.status == "KILLED"


def test_what_a_command_leaves_in_the_background_holds_nothing_up(project: Make) -> None:
    folder = project(MLproject="""entry_points: {main: {command: "sleep 20 & echo done"}}""")
    begun = time.monotonic()
    assert projects.run(str(folder)).get_status() == "FINISHED"
    assert time.monotonic() - begun < 15  # not a measure of speed: it would have waited for the sleep


def start(store: str, folder: Path, entry: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "runstone.cli.main", "run", str(folder), "-e", entry, "--store", store]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))


def store_beside(pid: int) -> psutil.Process:
    """The process that keeps the store of a ``runstone run`` open: its first fork, which any other child comes after."""
    return min(psutil.Process(pid).children(), key=lambda child: child.pid)


def has_ended(pid: int) -> bool:
    """Also one whose exit code nobody has asked for yet: its watcher is gone, and the system takes its time."""
    process = psutil.Process(pid) if psutil.pid_exists(pid) else None
    try:
        return process is None or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def all_runs() -> list[Any]:
    return list(runstone.search_runs(search_all_experiments=True, output_format="list"))


def test_ctrl_c_and_sigterm_end_process_and_run(project: Make, store: str) -> None:
    folder = project(slow__py="import time, os\nprint('pid', os.getpid(), flush=True)\ntime.sleep(600)\n")
    for number in (signal.SIGINT, signal.SIGTERM):
        process = start(store, folder, "slow.py")
        assert process.stdout is not None
        inner = int(process.stdout.readline().split()[1])
        said = [f"pid {inner}"]  # when that is stored all is: it has nothing else to stay for
        wait_until(lambda: said[0] in "".join(console(run.info.run_id) for run in all_runs()))  # noqa: B023  (called at once)
        process.send_signal(number)
        process.communicate(timeout=60)
        assert process.returncode != 0
        wait_until(lambda: has_ended(inner))  # noqa: B023  (called at once)
    assert [run.info.status for run in all_runs()] == ["KILLED", "KILLED"]


def test_a_watcher_that_is_killed_leaves_a_run_that_its_script_can_finish(project: Make, store: str) -> None:
    folder = project(
        train__py="""
        import sys, time, os, mlflow
        with mlflow.start_run() as run:
            print("begun", os.getpid(), run.info.run_id, flush=True)
            while not os.path.exists("go"):
                time.sleep(0.05)
            mlflow.log_metric("late", 1)
        """
    )
    process = start(store, folder, "train.py")
    assert process.stdout is not None
    _, _, run_id = process.stdout.readline().split()
    process.kill()
    process.communicate()
    (folder / "go").touch()
    wait_until(lambda: runstone.get_run(run_id).info.status == "FINISHED")
    assert runstone.get_run(run_id).data.metrics == {"late": 1.0}


@pytest.mark.parametrize("with_its_store", [False, True])
def test_a_watcher_that_is_killed_under_a_script_that_logs_nothing_leaves_no_run_that_goes_on_for_ever(
    with_its_store: bool, project: Make, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if with_its_store:  # the process beside it, which would end the run at once, is killed too: the lease decides
        monkeypatch.setenv("RUNSTONE_LEASE_SECONDS", "0.6")
    folder = project(silent__py="import os, time\nprint('pid', os.getpid(), flush=True)\ntime.sleep(600)\n")
    process = start(store, folder, "silent.py")
    assert process.stdout is not None
    inner = int(process.stdout.readline().split()[1])
    wait_until(lambda: console_of_the_only_run())
    store_of_it = store_beside(process.pid)
    if with_its_store:
        store_of_it.kill()
    process.kill()
    process.communicate()
    os.kill(inner, signal.SIGKILL)
    wait_until(lambda: only_run().info.status == "FAILED")  # seen by one who only reads
    assert "whoever watched over its command is gone" in str(only_run().info.cause)
    assert "killed (signal 9)" in str(only_run().info.cause)
    assert "pid" in console_of_the_only_run()
    wait_until(lambda: has_ended(store_of_it.pid))


def test_a_run_whose_store_is_killed_beside_it_is_stored_all_the_same(project: Make, store: str) -> None:
    folder = project(
        train__py="""
        import os, time, mlflow
        print("begun", flush=True)
        while not os.path.exists("go"):
            time.sleep(0.05)
        with mlflow.start_run():
            mlflow.log_metric("late", 1)
        """
    )
    process = start(store, folder, "train.py")
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    wait_until(lambda: console_of_the_only_run())
    store_beside(process.pid).kill()
    (folder / "go").touch()
    assert process.wait(60) == 0
    process.communicate()
    run = only_run()
    assert (run.info.status, run.data.metrics) == ("FINISHED", {"late": 1.0})


def only_run() -> runstone.entities.Run:
    (run,) = runstone.search_runs(search_all_experiments=True, output_format="list")
    return run


def console_of_the_only_run() -> str:
    runs = runstone.search_runs(search_all_experiments=True, output_format="list")
    return console(runs[0].info.run_id) if runs else ""


def test_several_at_once_keep_apart(project: Make) -> None:
    folder = project(train__py=SCRIPT)
    found: list[str] = []

    def one(number: int) -> None:
        found.append(projects.run(str(folder), "train.py", parameters={"n": number}).run_id)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 3
    assert {runstone.get_run(run_id).data.params["n"] for run_id in found} == {"0", "1", "2"}


def test_a_file_behind_a_uri_is_brought_to_a_path_parameter(project: Make) -> None:
    with runstone.start_run() as source:
        runstone.log_text("a,b\n1,2\n", "data.csv")
    folder = project(
        show__py="import sys\nprint(open(sys.argv[1]).read())\n",
        MLproject='entry_points: {main: {parameters: {data: path}, command: "python show.py {data}"}}',
    )
    done = projects.run(str(folder), parameters={"data": f"runs:/{source.info.run_id}/data.csv"})
    assert "a,b\n1,2" in console(done.run_id)
    with pytest.raises(NotFound, match=r"'gone.csv' for parameter 'data'"):
        projects.run(str(folder), parameters={"data": "gone.csv"})


def test_a_back_end_of_an_mlflow_plugin(project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site"
    (package / "moon-1.dist-info").mkdir(parents=True)
    (package / "moon-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: moon\nVersion: 1\n", "utf-8")
    (package / "moon-1.dist-info" / "entry_points.txt").write_text("[mlflow.project_backend]\nmoon = moon:build\n", "utf-8")
    (package / "moon.py").write_text(
        "class Submitted:\n    run_id = 'r'\n    def wait(self): return seen[2]['n'] == 1\n"
        "class Backend:\n    def run(self, *given):\n        seen.extend(given)\n        return Submitted()\n"
        "seen = []\nbuild = Backend\n",
        "utf-8",
    )
    monkeypatch.syspath_prepend(str(package))
    folder = project(train__py=SCRIPT)
    assert projects.run(str(folder), parameters={"n": 1}, backend="moon", backend_config={"k": "v"}).run_id == "r"
    seen = sys.modules["moon"].seen
    assert seen[:4] == [str(folder), "main", {"n": 1}, None]
    assert seen[4]["k"] == "v"
    assert seen[5] == runstone.get_tracking_uri()
    assert runstone.get_experiment(seen[6]).name == "project"
