"""Projects with a ``docker_env``: a program called docker keeps what it is told, and runs commands in the mounted folder.

It shows what our half does; how an engine takes it is the engine's.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from making import git

import runstone
from runstone import projects
from runstone.client.session import session
from runstone.errors import ExecutionException
from runstone.projects.reproduce import in_words, plan, reproduce

Make = Callable[..., Path]

#: Images are files in a folder; `run` does what the container would, with the named variables and no others.
DOCKER = """#!{python}
import json, os, subprocess, sys
here = os.environ["FAKE_DOCKER"]
words = sys.argv[1:]
said = sys.stdin.read() if words[0] == "build" else ""
with open(here + "/calls", "a") as calls:
    calls.write(json.dumps([words, said]) + "\\n")
if os.path.exists(here + "/down") and words[0] == "info":
    sys.exit("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.")
image = lambda name: here + "/image-" + name.replace("/", "_")
if words[:2] == ["image", "inspect"]:
    if not os.path.exists(image(words[-1])) and words[-1] != "sha256:" + "a" * 64:
        sys.exit("No such image")
    print("sha256:" + "a" * 64)
elif words[0] == "pull":
    if "gone" in words[1]:
        sys.exit("Error response from daemon: manifest for " + words[1] + " not found")
    print("Status: Downloaded newer image")
    open(image(words[1]), "w").close()
elif words[0] == "build":
    if "broken" in said:
        sys.exit("ERROR: failed to solve: broken: not found")
    print("#5 DONE 0.1s")
    open(words[words.index("--iidfile") + 1], "w").write("sha256:" + "b" * 64)
elif words[0] == "run":
    end = words.index("bash")
    pairs = list(zip(words[:end], words[1:end]))
    seen = {{"PATH": os.environ["PATH"], "HOME": "/"}}
    for option, value in pairs:
        if option == "--env":
            name, equals, text = value.partition("=")
            seen[name] = text if equals else os.environ.get(name, "")
    folder = next(value for option, value in pairs if option == "--volume" and value.endswith(":/mlflow/projects/code/"))
    child = subprocess.Popen(words[end:], cwd=folder.partition(":")[0], env=seen, start_new_session=True)
    open(here + "/" + words[words.index("--name") + 1], "w").write(str(child.pid))
    sys.exit(child.wait())
elif words[0] == "kill":
    os.killpg(int(open(here + "/" + words[1]).read()), 9)
"""


class Docker:
    def __init__(self, place: Path) -> None:
        self.place = place

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line)[0] for line in (self.place / "calls").read_text().splitlines()]

    def one(self, word: str) -> list[str]:
        (found,) = [call for call in self.calls if call[0] == word]
        return found

    def input(self, word: str) -> str:
        lines = map(json.loads, (self.place / "calls").read_text().splitlines())
        return next(str(said) for call, said in lines if call[0] == word)


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    place = tmp_path / "docker's"
    (place / "bin").mkdir(parents=True)
    program = place / "bin" / "docker"
    program.write_text(DOCKER.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("FAKE_DOCKER", str(place))
    monkeypatch.setenv("PATH", f"{place / 'bin'}:{os.environ['PATH']}")
    return Docker(place)


PROJECT = """
name: In a Box
docker_env:
  image: me/forest:1
  volumes: ["/data:/data:ro"]
  environment: [["SEED", 7], "FROM_HERE"]
entry_points:
  main:
    parameters: {word: string}
    command: "python train.py {word}"
"""
#: What an image has: an mlflow of whatever kind, which is told where the run is.
TRAIN = """
import json, os, sys, urllib.request
address, run_id = os.environ["MLFLOW_TRACKING_URI"], os.environ["MLFLOW_RUN_ID"]
told = {"run_id": run_id, "key": "answer", "value": 42, "timestamp": 1, "step": 0}
address += "/api/2.0/mlflow/runs/log-metric"
asked = urllib.request.Request(address, json.dumps(told).encode(), {"Content-Type": "application/json"})
urllib.request.urlopen(asked).read()
print("said", sys.argv[1], os.environ["SEED"], os.environ["FROM_HERE"], "SECRET" in os.environ, flush=True)
"""

#: With a network of its own a run needs no server beside it, and takes less time.
ALONE = {"network": "mine"}


def value(words: list[str], option: str) -> list[str]:
    return [after for word, after in zip(words, words[1:], strict=False) if word == option]


def run_of(run_id: str) -> Any:
    return runstone.get_run(run_id)


def console(run_id: str) -> str:
    return "".join(piece.text for piece in session().fresh_store().console(run_id))


def test_the_container_sees_its_run_its_files_and_nothing_else_of_this_machine(
    project: Make, docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FROM_HERE", "yes")
    monkeypatch.setenv("SECRET", "hidden")
    folder = project(MLproject=PROJECT, train__py=TRAIN)
    options = {"gpus": "all", "t": True, "shm-size": "1g"}
    done = projects.run(str(folder), parameters={"word": "a $(b) 'c'"}, docker_args=options)
    run = run_of(done.run_id)
    assert (run.info.status, run.data.metrics) == ("FINISHED", {"answer": 42.0})
    assert "said a $(b) 'c' 7 yes False" in console(done.run_id)
    assert run.data.tags["mlflow.project.env"] == "docker"
    assert run.data.tags["mlflow.docker.image.uri"] == "me/forest:1"
    assert run.data.tags["mlflow.docker.image.id"] == "sha256:" + "a" * 64
    words = docker.one("run")
    assert words[words.index("bash") - 1] == "me/forest:1"
    artifacts = run.info.artifact_uri.removeprefix("file://")
    assert f"{Path(artifacts).parents[1]}:{Path(artifacts).parents[1]}" in value(words, "--volume")
    assert value(words, "--volume")[-1] == "/data:/data:ro"
    assert (value(words, "--gpus"), value(words, "--shm-size"), "-t" in words) == (["all"], ["1g"], True)
    assert (value(words, "--network"), "--init" in words, "--rm" in words) == (["host"], True, True)
    assert "a $(b)" not in " ".join(words)  # in the environment, where nothing parses it
    listed = {one.name: one.text for one in session().fresh_store().documents(done.run_id)}["packages"]
    assert listed == "me/forest:1==sha256:" + "a" * 64 + "\n"  # not what is installed on this machine


def test_a_network_of_its_own_sees_no_loopback_and_gets_the_store_itself(project: Make, docker: Docker, store: str) -> None:
    folder = project(
        MLproject='docker_env: {image: box}\nname: n\nentry_points: {main: {command: "echo $MLFLOW_TRACKING_URI"}}'
    )
    done = projects.run(str(folder), docker_args=ALONE)
    projects.run(str(folder), docker_args=ALONE)
    assert len([call for call in docker.calls if call[0] == "pull"]) == 1  # it is there now
    words = next(call for call in docker.calls if call[0] == "run")
    assert value(words, "--network") == ["mine"]
    assert f"{store}:{store}" in value(words, "--volume")
    assert store in console(done.run_id)


def test_an_image_with_the_projects_files_is_built_and_run_by_its_id(project: Make, docker: Docker) -> None:
    folder = project(MLproject='docker_env: {image: box}\nname: My Größe!\nentry_points: {main: {command: "echo in it"}}')
    done = projects.run(str(folder), build_image=True, docker_args=ALONE)
    words = docker.one("build")
    assert (value(words, "-t"), words[-1]) == (["my-gr--e:runstone"], str(folder))
    assert docker.input("build").startswith("FROM box\nCOPY . /mlflow/projects/code/\n")
    assert docker.one("run")[-4] == "sha256:" + "b" * 64
    assert run_of(done.run_id).data.tags["mlflow.docker.image.id"] == "sha256:" + "b" * 64
    assert "#5 DONE" in console(done.run_id)


def test_a_run_in_a_container_is_got_back_in_one(project: Make, docker: Docker) -> None:
    folder = project(MLproject=PROJECT, train__py=TRAIN)
    for words in (["init"], ["add", "."], ["commit", "-m", "one"]):
        git(folder, *words)
    first = projects.run(str(folder), parameters={"word": "x y"}, docker_args={"gpus": "all", "t": True})
    (folder / "train.py").write_text("raise SystemExit(1)", "utf-8")
    verdict = reproduce(first.run_id)
    assert (verdict.status, verdict.layers, verdict.compared) == ("reproduced", [], 1), in_words(verdict)
    again = [call for call in docker.calls if call[0] == "run"][1]
    assert again[-4] == "sha256:" + "a" * 64  # this very image, whatever the name means by now
    assert (value(again, "--gpus"), "-t" in again) == (["all"], True)
    assert run_of(verdict.run_id).data.tags["mlflow.docker.image.uri"] == "me/forest:1"


def test_options_of_docker_are_kept_without_secrets_and_used_again(project: Make, docker: Docker) -> None:
    folder = project(MLproject='docker_env: {image: box}\nname: n\nentry_points: {main: {command: "echo $SEED"}}')
    plain = projects.run(str(folder), docker_args={**ALONE, "env": "SEED=1"})
    assert json.loads(run_of(plain.run_id).data.tags["runstone.docker.args"]) == {"network": "mine", "env": "SEED=1"}
    found = plan(plain.run_id)
    assert (found.missing, "-A network=mine -A env=SEED=1" in " ".join(found.remarks)) == ([], True)
    reproduce(plain.run_id)
    reproduce(reproduce(plain.run_id).run_id or "")  # what was made again keeps them too
    assert {tuple(value(call, "--network")) for call in docker.calls if call[0] == "run"} == {("mine",)}
    secret = projects.run(str(folder), docker_args={**ALONE, "env": "API_KEY=12345"})
    assert "12345" not in json.dumps(run_of(secret.run_id).data.tags)
    assert plan(secret.run_id).missing == ["secrets of docker's options, which are not recorded: -A env=API_KEY=***"]


@pytest.mark.parametrize(
    ("image", "build", "words"),
    [
        ("gone:1", False, "The image gone:1 could not be fetched: Error response from daemon: manifest for gone:1 not found"),
        ("broken", True, "could not be built: ERROR: failed to solve: broken: not found"),
    ],
)
def test_an_image_that_cannot_be_had_fails_the_run_with_the_engines_words(
    image: str, build: bool, words: str, project: Make, docker: Docker
) -> None:
    folder = project(MLproject=f'docker_env: {{image: "{image}"}}\nname: n\nentry_points: {{main: {{command: "echo no"}}}}')
    with pytest.raises(ExecutionException, match="failed") as caught:
        projects.run(str(folder), build_image=build)
    assert words in str(caught.value)
    (run,) = runstone.search_runs(search_all_experiments=True, output_format="list")
    assert run.info.status == "FAILED"
    assert words in str(run.info.cause)


def test_where_no_engine_answers_the_run_fails_and_says_so(
    project: Make, docker: Docker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(MLproject='docker_env: {image: box}\nname: n\nentry_points: {main: {command: "echo no"}}')
    (docker.place / "down").touch()
    with pytest.raises(ExecutionException, match="no engine answers: Cannot connect to the Docker daemon"):
        projects.run(str(folder))
    monkeypatch.setenv("PATH", str(tmp_path))
    for build in (False, True):
        with pytest.raises(ExecutionException, match="neither docker nor podman is installed here"):
            projects.run(str(folder), build_image=build)
    runs = runstone.search_runs(search_all_experiments=True, output_format="list")
    assert {run.info.status for run in runs} == {"FAILED"}


def test_a_container_that_hears_nothing_ends_with_its_run(
    project: Make, docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runstone.projects.backends.local.GRACE", 0.2)
    folder = project(MLproject='docker_env: {image: box}\nname: n\nentry_points: {main: {command: "echo up; exec sleep 600"}}')
    begun = projects.run(str(folder), docker_args=ALONE, synchronous=False)
    give_up = time.monotonic() + 60
    while "up" not in console(begun.run_id):
        assert time.monotonic() < give_up
        time.sleep(0.05)
    begun.cancel("enough")
    assert run_of(begun.run_id).info.status == "KILLED"
    name = value(docker.one("run"), "--name")[0]
    assert docker.one("kill") == ["kill", name]
    pid = int((docker.place / name).read_text())
    while subprocess.run(["kill", "-0", str(pid)], check=False, capture_output=True).returncode == 0:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] if Path(f"/proc/{pid}").exists() else "Z"
        if state == "Z":
            break
        assert time.monotonic() < give_up, signal.SIGKILL
        time.sleep(0.05)
