"""What goes wrong with a project is said in words, and a run that has begun ends FAILED with the reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import runstone
from runstone import projects
from runstone.errors import ExecutionException, InvalidValue, NotFound
from runstone.projects.source import reason

Make = Callable[..., Path]

MLPROJECT = """
entry_points:
  main:
    parameters: {alpha: {type: float, default: 1}, data: {type: path, default: train.py}}
    command: "echo {alpha}"
"""


def test_a_parameter_that_is_none_is_passed_on_and_said(
    project: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUNSTONE_QUIET", raising=False)
    folder = project(MLproject=MLPROJECT, train__py="")
    projects.run(str(folder), parameters={"aplha": 3})
    said = capsys.readouterr()
    assert said.out == "1 --aplha 3\n"
    assert "--aplha: no parameters of entry point 'main', passed on as options. Its parameters: alpha (float" in said.err


def test_a_script_that_sets_another_experiment_is_told_how_its_project_is_run(project: Make) -> None:
    folder = project(train__py="import mlflow\nmlflow.set_experiment('wine')\nmlflow.start_run()\n")
    with pytest.raises(ExecutionException):
        projects.run(str(folder), "train.py")
    (run,) = runstone.search_runs(search_all_experiments=True, output_format="list")
    assert "begin it with --experiment-name 'wine'" in str(run.info.cause)
    assert projects.run(str(folder), "train.py", experiment_name="wine").get_status() == "FINISHED"


def test_what_cannot_be_meant_is_said(
    project: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUNSTONE_QUIET", raising=False)
    folder = project(MLproject=MLPROJECT, train__py="")
    projects.run(str(folder), docker_args={"gpus": "all"})
    assert "'project' has no docker_env: options of docker are left aside" in capsys.readouterr().err
    with pytest.raises(NotFound, match=rf"is a file; a project is its folder: runstone run {folder} -e train.py"):
        projects.run(str(folder / "train.py"))
    for wrong in (None, 3, ""):
        with pytest.raises(InvalidValue, match=f"{wrong!r} names no project"):
            projects.run(wrong)  # type: ignore[arg-type]
    for name in ("parameters", "docker_args"):
        with pytest.raises(InvalidValue, match=rf"{name} must be a mapping of names to values; they are \['a'\]"):
            projects.run(str(folder), **{name: ["a"]})  # type: ignore[arg-type]


def test_a_path_that_is_nowhere_names_each_place_once(project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project(MLproject=MLPROJECT, train__py="")
    monkeypatch.chdir(folder)
    with pytest.raises(NotFound, match=rf"no such file or folder in {folder}\.$"):
        projects.run(".", parameters={"data": "gone.csv"})


@pytest.mark.parametrize(
    ("python_env", "words"),
    [
        ("dependencies: ['-r a.txt']", r"Requirements include each other: .*a.txt includes .*b.txt includes .*a.txt"),
        ("dependencies: 3", "dependencies must be a list"),
    ],
)
def test_an_environment_that_makes_no_sense_ends_the_run_with_the_reason(
    project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python_env: str, words: str
) -> None:
    monkeypatch.setenv("RUNSTONE_ENV_DIR", str(tmp_path / "envs"))
    folder = project(train__py="", python_env__yaml=python_env, a__txt="-r b.txt\n", b__txt="-r a.txt\n")
    with pytest.raises(ExecutionException, match=words):
        projects.run(str(folder), "train.py")
    (run,) = runstone.search_runs(search_all_experiments=True, output_format="list")
    assert run.info.status == "FAILED"
    assert words.partition(":")[0] in str(run.info.cause)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("fatal: repository 'x' not found\n", "fatal: repository 'x' not found"),
        (
            "ssh: connect to host h port 22: Connection refused\r\nfatal: Could not read from remote repository.\n\nPlease "
            "make sure you have the correct access rights\nand the repository exists.\n",
            "ssh: connect to host h port 22: Connection refused; fatal: Could not read from remote repository.",
        ),
        (
            "No ED25519 host key is known for h and you have requested strict checking.\r\nHost key verification failed.\r\n"
            "fatal: Could not read from remote repository.\n\nPlease make sure\n",
            "Host key verification failed.; fatal: Could not read from remote repository.",
        ),
        (
            "Warning: Permanently added 'h' (ED25519) to the list of known hosts.\r\ngit@h: Permission denied (publickey).\r\n"
            "fatal: Could not read from remote repository.\n",
            "git@h: Permission denied (publickey).; fatal: Could not read from remote repository.",
        ),
        (
            "ERROR: Repository not found.\nfatal: Could not read from remote repository.\n\nPlease make sure\n",
            "ERROR: Repository not found.; fatal: Could not read from remote repository.",
        ),
        (
            "remote: ======\nremote: The project could not be found\nfatal: repository 'x' not found\n",
            "remote: The project could not be found; fatal: repository 'x' not found",
        ),
        ("something else\nthe last\n", "the last"),
        ("", "it gave no reason"),
    ],
)
def test_gits_reason_is_told_and_not_its_advice(said: str, kept: str) -> None:
    assert reason(said) == kept
