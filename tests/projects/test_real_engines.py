"""Projects with a ``docker_env`` in real containers: docker's own daemon, and podman, started for these tests by root."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import engine_here
import pytest
from making import git

import runstone
from runstone import projects
from runstone.client.session import session
from runstone.errors import ExecutionException
from runstone.projects.reproduce import in_words, reproduce

Make = Callable[..., Path]
PACKAGES, SOURCE = sysconfig.get_path("purelib"), str(Path(runstone.__file__).parents[1])
PEER = os.environ.get("RUNSTONE_PEER_PYTHON", "")

#: The image has Python and nothing else: packages are mounted.
PROJECT = """
name: box
docker_env:
  image: IMAGE
  volumes: [VOLUMES]
  environment: [["PYTHONPATH", "PLACES"], ["SEED", 7], "FROM_HERE"]
entry_points:
  main:
    parameters: {word: string}
    command: "python train.py {word}"
  long:
    command: "trap '' TERM; echo it is up; while :; do sleep 1; done"
  broken:
    command: "python -c 'raise SystemExit(3)'"
"""
TRAIN = """
import os, sys
import MODULE as mlflow
with mlflow.start_run() as run:
    mlflow.log_param("seen", sys.argv[1])
    mlflow.log_metric("answer", 42)
    mlflow.log_text("from inside", "told.txt")
    print("said", sys.argv[1], os.environ["SEED"], os.environ["FROM_HERE"], "SECRET" in os.environ, os.getcwd())
"""


@pytest.fixture(scope="module", params=["docker", "podman"])
def serving(request: pytest.FixtureRequest) -> Iterator[tuple[str, dict[str, str]]]:
    if why := engine_here.missing(request.param):
        pytest.skip(why)
    with ExitStack() as stack:  # in a folder with a short path, for its socket
        place = tempfile.TemporaryDirectory(prefix="engine", dir="/tmp", ignore_cleanup_errors=True)
        yield request.param, dict(stack.enter_context(engine_here.serving(request.param, Path(stack.enter_context(place)))))


@pytest.fixture
def engine(serving: tuple[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> str:
    name, env = serving
    for key, value in {**env, "FROM_HERE": "yes", "SECRET": "hidden"}.items():
        monkeypatch.setenv(key, value)
    return name


def boxed(project: Make, *places: str, **files: str) -> Path:
    text = PROJECT.replace("IMAGE", engine_here.IMAGE).replace("PLACES", ":".join(places))
    return project(MLproject=text.replace("VOLUMES", ", ".join(f'"{one}:{one}:ro"' for one in places)), **files)


def console(run_id: str) -> str:
    return "".join(piece.text for piece in session().fresh_store().console(run_id))


def containers(engine: str) -> list[str]:
    return subprocess.run([engine, "ps", "-q"], capture_output=True, text=True, check=True).stdout.split()


def test_a_run_in_a_container_is_one_run_and_is_got_back(project: Make, engine: str) -> None:
    folder = boxed(project, PACKAGES, SOURCE, train__py=TRAIN.replace("MODULE", "runstone"))
    for words in (["init"], ["add", "."], ["commit", "-m", "one"]):
        git(folder, *words)
    done = projects.run(str(folder), parameters={"word": "a $(id) 'c'"}, docker_args={"memory": "900m"})
    run = runstone.get_run(done.run_id)
    assert (run.info.status, run.data.metrics, run.data.params["seen"]) == ("FINISHED", {"answer": 42.0}, "a $(id) 'c'")
    assert "said a $(id) 'c' 7 yes False /mlflow/projects/code\n" in console(done.run_id)
    assert runstone.artifacts.load_text(f"runs:/{done.run_id}/told.txt") == "from inside"
    name = run.data.tags["mlflow.docker.image.uri"]
    told = [engine, "image", "inspect", "--format", "{{.Id}}", name]
    assert run.data.tags["mlflow.docker.image.id"] == subprocess.check_output(told, text=True).strip()
    (folder / "train.py").write_text("raise SystemExit(1)", "utf-8")
    verdict = reproduce(done.run_id)
    assert (verdict.status, verdict.layers, verdict.compared) == ("reproduced", [], 1), in_words(verdict)
    assert containers(engine) == []


@pytest.mark.peer
@pytest.mark.skipif(not PEER, reason="RUNSTONE_PEER_PYTHON names no Python with mlflow")
def test_the_real_mlflow_in_the_image_shares_the_run(project: Make, engine: str) -> None:
    packages = str(next(Path(PEER).parents[1].glob("lib/python*/site-packages")))
    folder = boxed(project, packages, train__py=TRAIN.replace("MODULE", "mlflow"))
    done = projects.run(str(folder), parameters={"word": "x"})
    run = runstone.get_run(done.run_id)
    assert (run.info.status, run.data.metrics, run.data.params["seen"]) == ("FINISHED", {"answer": 42.0}, "x")
    assert runstone.artifacts.load_text(f"runs:/{done.run_id}/told.txt") == "from inside"


def test_the_projects_files_are_in_an_image_of_its_own(project: Make, engine: str) -> None:
    folder = boxed(project, PACKAGES, SOURCE, train__py=TRAIN.replace("MODULE", "runstone"))
    done = projects.run(str(folder), parameters={"word": "x"}, build_image=True)
    tags = runstone.get_run(done.run_id).data.tags
    assert tags["mlflow.docker.image.uri"] == "box:runstone"
    asked = [
        engine,
        "run",
        "--rm",
        "--network",
        "none",
        tags["mlflow.docker.image.id"],
        "cat",
        "/mlflow/projects/code/train.py",
    ]
    assert "from inside" in subprocess.check_output(asked, text=True)


def test_a_container_that_hears_nothing_is_stopped_with_its_run(
    project: Make, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runstone.projects.backends.local.GRACE", 1.0)
    slow = projects.run(str(boxed(project, SOURCE)), "long", synchronous=False)
    give_up = time.monotonic() + 60
    while "it is up" not in console(slow.run_id):
        assert slow.get_status() == "RUNNING", runstone.get_run(slow.run_id).info.cause
        assert time.monotonic() < give_up
        time.sleep(0.1)
    assert len(containers(engine)) == 1
    slow.cancel()
    assert runstone.get_run(slow.run_id).info.status == "KILLED"
    while containers(engine):
        assert time.monotonic() < give_up
        time.sleep(0.1)


def test_what_goes_wrong_is_told_in_the_engines_words(project: Make, engine: str) -> None:
    folder = boxed(project, SOURCE)
    with pytest.raises(ExecutionException, match="failed: exit code 3"):
        projects.run(str(folder), "broken")
    (folder / "MLproject").write_text('docker_env: {image: "localhost:1/gone"}\nentry_points: {main: {command: "true"}}')
    with pytest.raises(ExecutionException, match="The image localhost:1/gone could not be fetched: (?s:.*)refused"):
        projects.run(str(folder))
