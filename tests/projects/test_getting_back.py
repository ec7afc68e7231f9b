"""A run is got back from what was recorded of it, and checked; two runs are told apart by their planted cause."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from making import git

import runstone
from runstone.client.session import session
from runstone.errors import ExecutionException
from runstone.projects.code import Origin, lay_out, unreachable
from runstone.projects.evidence import ancestor, changed, evidence
from runstone.projects.reproduce import CANNOT, DIFFERS, REPRODUCED, VERDICT_TAG, in_words, plan, reproduce
from runstone.query.identity import sources_of

TRAIN = """
import argparse, random
import runstone
from part.helper import scale

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--alpha", type=float, default=1.0)
given = parser.parse_args()
runstone.set_experiment("forest")
with runstone.start_run():
    runstone.log_params(vars(given))
    random.seed(given.seed)
    runstone.log_metric("score", scale(given.alpha) * random.random())
"""


@pytest.fixture
def code(project: Callable[..., Path]) -> Path:
    folder = project(train__py=TRAIN)
    (folder / "part").mkdir()
    (folder / "part" / "helper.py").write_text("def scale(x):\n    return 2 * x\n", "utf-8")
    return folder


@pytest.fixture
def repository(code: Path) -> Path:
    git(code, "init")
    git(code, "add", ".")
    git(code, "commit", "-m", "one")
    return code


def train(folder: Path, *options: str) -> str:
    subprocess.run([sys.executable, "train.py", *options], cwd=folder, check=True, capture_output=True)
    (run,) = runstone.search_runs(search_all_experiments=True, max_results=1, output_format="list")
    return str(run.info.run_id)


def test_after_the_working_tree_changed(repository: Path) -> None:
    (repository / "part" / "helper.py").write_text("def scale(x):\n    return 30 * x\n", "utf-8")  # never committed
    (repository / "part" / "__init__.py").write_text("# untracked\n", "utf-8")
    run_id = train(repository, "--alpha", "2")
    git(repository, "checkout", ".")
    (repository / "part" / "__init__.py").unlink()
    (repository / "part" / "helper.py").write_text("def scale(x):\n    return 0\n", "utf-8")
    verdict = reproduce(run_id)
    assert (verdict.status, verdict.layers, verdict.compared) == (REPRODUCED, [], 1), in_words(verdict)
    old, new = runstone.get_run(run_id), runstone.get_run(verdict.run_id)
    assert new.data.metrics == old.data.metrics
    assert new.data.tags["runstone.reproduces"] == run_id
    for run in (old, new):
        assert json.loads(run.data.tags[VERDICT_TAG])["status"] == REPRODUCED
    assert (repository / "part" / "helper.py").read_text("utf-8").endswith("return 0\n")


READER = """
import sys
import mlflow
with mlflow.start_run():
    mlflow.log_metrics({f"sum{n}": sum(map(int, open(path.rpartition("=")[2]))) for n, path in enumerate(sys.argv[1:])})
"""


def test_a_projects_files_are_read_as_they_were_in_git_and_others_where_they_are(project: Callable[..., Path]) -> None:
    folder = project(
        train__py=READER,
        MLproject="""
        entry_points:
          main:
            parameters: {known: {type: path, default: known.txt}, ignored: {type: path, default: big.txt}, far: path}
            command: 'python train.py {known} "{ignored}" --far={far}'
        """,
        known__txt="1\n2\n",
        big__txt="10\n",
        __gitignore="big.txt\n",
    )
    for words in (["init"], ["add", "."], ["commit", "-m", "one"]):
        git(folder, *words)
    with runstone.start_run() as source:
        runstone.log_text("100\n", "far.txt")
    far = f"runs:/{source.info.run_id}/far.txt"
    first = runstone.projects.run(str(folder), parameters={"far": far})
    (folder / "known.txt").write_text("7\n", "utf-8")  # in the working tree alone
    verdict = reproduce(first.run_id)
    assert runstone.get_run(first.run_id).data.metrics == {"sum0": 3.0, "sum1": 10.0, "sum2": 100.0}
    assert (verdict.status, verdict.layers) == (REPRODUCED, []), in_words(verdict)
    git(folder, "add", "-f", "big.txt")
    git(folder, "commit", "-m", "two")
    done = runstone.projects.run(str(folder), version="main", parameters={"far": far})  # a checkout in a temporary folder
    for run_id in (first.run_id, done.run_id):
        assert runstone.get_run(run_id).data.tags["runstone.command"] == f'python train.py known.txt "big.txt" --far={far}'


def test_a_value_is_no_shell_text_the_second_time_either(project: Callable[..., Path], tmp_path: Path) -> None:
    folder = project(
        train__py="import sys, mlflow\nwith mlflow.start_run():\n    mlflow.log_metric('n', sum(map(ord, sys.argv[1])))\n",
        MLproject="entry_points: {main: {parameters: {x: string}, command: 'python train.py \"{x}\"'}}",
    )
    done = runstone.projects.run(str(folder), parameters={"x": f"it's $(touch {tmp_path}/ran)"})
    verdict = reproduce(done.run_id)
    assert (verdict.status, verdict.compared) == (REPRODUCED, 1), in_words(verdict)
    assert not (tmp_path / "ran").exists()


def test_without_git_from_the_files_that_were_imported(code: Path) -> None:
    run_id = train(code)
    for file in (code / "train.py", code / "part" / "helper.py"):
        file.unlink()
    assert reproduce(run_id).status == REPRODUCED


def test_a_project_without_git_and_without_python_keeps_what_it_is_made_of(project: Callable[..., Path]) -> None:
    text = 'name: p\nentry_points: {main: {parameters: {n: int}, command: "bash train.sh {n} settings.yaml"}}\n'
    folder = project(MLproject=text, train__sh='cat "$2"; echo $((6 * $1))\n', settings__yaml="depth: 3\n", notes__txt="")
    for name in ("secrets.toml", "db-credentials.yml", ".env.yaml"):  # nobody asked for these to be kept
        (folder / name).write_text("password: hunter2\n", "utf-8")
    (folder / "mlruns").mkdir()  # what runs leave here is not the project
    (folder / "mlruns" / "train.sh").write_text("", "utf-8")
    first = runstone.projects.run(str(folder), parameters={"n": 7})
    assert set(sources_of(evidence(first.run_id).documents)) == {"MLproject", "train.sh", "settings.yaml"}
    shutil.rmtree(folder)
    verdict = reproduce(first.run_id)
    assert verdict.status == REPRODUCED, in_words(verdict)
    assert verdict.run_id
    assert "depth: 3\n42\n" in "".join(piece.text for piece in session().fresh_store().console(verdict.run_id))


def test_an_address_in_a_tag_is_never_an_option_of_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "--quiet", "HEAD")  # what git would ask if the address were an option
    assert unreachable(f"--upload-pack=touch {tmp_path}/made;git-upload-pack #@")
    code = Origin(f"--upload-pack=touch {tmp_path}/made;git-upload-pack #@", str(tmp_path / "HEAD"), "", {}, ".")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ExecutionException):
        lay_out(code, tmp_path / "folder")
    assert not (tmp_path / "made").exists()


def test_a_program_that_is_not_deterministic_differs_and_a_tolerance_helps(code: Path) -> None:
    text = (code / "train.py").read_text("utf-8").replace("random.seed(given.seed)", "pass")
    (code / "train.py").write_text(text.replace("* random.random()", "* (1 + 0.001 * random.random())"), "utf-8")
    run_id = train(code)
    verdict = reproduce(run_id)
    assert verdict.status == DIFFERS
    assert "not deterministic" in in_words(verdict)
    assert reproduce(run_id, tolerance=0.01).status == REPRODUCED


def test_a_tolerance_by_the_spread_of_seeds(code: Path) -> None:
    run_id = train(code, "--seed", "1")
    with pytest.raises(ValueError, match="at least 3 runs that differ only in their seeds; there are 1"):
        reproduce(run_id, tolerance="seeds")
    for seed in ("2", "3"):
        train(code, "--seed", seed)
    assert reproduce(run_id, tolerance="seeds").status == REPRODUCED


def test_what_is_missing_is_said_beforehand_and_kept(repository: Path) -> None:
    run_id = train(repository)
    repository.rename(repository.with_name("moved"))
    found = plan(run_id)
    assert len(found.missing) == 1
    assert "commit " in found.missing[0]
    assert str(repository) in found.missing[0]
    verdict = reproduce(run_id)
    assert (verdict.status, verdict.run_id) == (CANNOT, "")
    assert in_words(verdict).startswith("cannot be reproduced; missing: commit ")
    assert json.loads(runstone.get_run(run_id).data.tags[VERDICT_TAG])["missing"] == list(found.missing)


def test_a_repository_that_does_not_answer_is_missing(repository: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", "--bare", str(repository), str(tmp_path / "far.git")], check=True)
    first = runstone.projects.run((tmp_path / "far.git").as_uri(), "train.py", experiment_name="forest")
    assert plan(first.run_id).missing == []
    (tmp_path / "far.git").rename(tmp_path / "away.git")
    (said,) = plan(first.run_id).missing
    assert f"({(tmp_path / 'far.git').as_uri()} cannot be fetched from: fatal: " in said


def test_a_patch_that_no_longer_applies_ends_the_new_run_with_the_reason(repository: Path) -> None:
    (repository / "part" / "helper.py").write_text("def scale(x):\n    return 30 * x\n", "utf-8")
    run_id = train(repository)
    from runstone import connect
    from runstone.contracts import Batch
    from runstone.records import Document

    broken = "diff --git a/gone.py b/gone.py\n--- a/gone.py\n+++ b/gone.py\n@@ -1 +1 @@\n-a\n+b\n"
    connect.open_store(runstone.get_tracking_uri()).write(Batch([Document(run_id, "git.diff", "text/x-diff", broken)]))
    verdict = reproduce(run_id)
    assert verdict.status == CANNOT
    assert "gone.py" in verdict.missing[0]
    assert runstone.get_run(verdict.run_id).info.status == "FAILED"


def test_data_that_is_gone_is_missing_and_data_that_changed_is_named(tmp_path: Path) -> None:
    from runstone.entities import Dataset

    with runstone.start_run() as run:
        runstone.log_input(Dataset("iris", "d1", "local", json.dumps({"uri": str(tmp_path / "gone.csv")})))
    assert any("dataset 'iris'" in one for one in plan(run.info.run_id).missing)
    (tmp_path / "gone.csv").write_text("a\n1\n", "utf-8")  # it is back, but who knows with what in it
    found = plan(run.info.run_id)
    assert not any("iris" in one for one in found.missing)
    assert any("dataset 'iris'" in one and "written to after the run began" in one for one in found.remarks)


LEARNER = """
from pathlib import Path
import mlflow, numpy as np
with mlflow.start_run():
    numbers = np.loadtxt("numbers.txt")
    mlflow.log_input(mlflow.data.from_numpy(numbers, source=str(Path("numbers.txt").resolve()), name="numbers"), "training")
    mlflow.log_metric("sum", numbers.sum())
"""


@pytest.mark.parametrize("version", [None, "main"], ids=["in place", "fetched"])
def test_data_that_lies_in_the_repository_comes_with_the_code(project: Callable[..., Path], version: str | None) -> None:
    folder = project(learn__py=LEARNER, numbers__txt="1\n2\n")
    for words in (["init"], ["add", "."], ["commit", "-m", "one"]):
        git(folder, *words)
    first = runstone.projects.run(str(folder), "learn.py", version=version)
    (folder / "numbers.txt").unlink()
    found = plan(first.run_id)
    assert (found.missing, found.remarks) == ([], [])
    verdict = reproduce(first.run_id)
    assert (verdict.status, verdict.layers) == (REPRODUCED, []), in_words(verdict)


def test_data_that_git_ignores_is_read_where_it_is(project: Callable[..., Path]) -> None:
    folder = project(learn__py=LEARNER, numbers__txt="1\n2\n", __gitignore="numbers.txt\n")
    for words in (["init"], ["add", "."], ["commit", "-m", "one"]):
        git(folder, *words)
    first = runstone.projects.run(str(folder), "learn.py")
    verdict = reproduce(first.run_id)
    assert (verdict.status, verdict.layers) == (REPRODUCED, []), in_words(verdict)
    (folder / "numbers.txt").write_text("1\n3\n", "utf-8")
    verdict = reproduce(first.run_id)
    assert (verdict.status, verdict.layers) == (DIFFERS, ["data"]), in_words(verdict)


def test_the_difference_names_the_planted_cause(repository: Path) -> None:
    first = train(repository)
    (repository / "part" / "helper.py").write_text("def scale(x):\n    return 30 * x\n", "utf-8")
    git(repository, "commit", "-am", "two")
    second = train(repository)
    found = changed(evidence(first), evidence(second))
    assert found.changed == ["code"]
    assert "-    return 2 * x\n+    return 30 * x\n" in found.layer("code").text
    assert [one.name for one in found.metrics] == ["score"]
    assert git(repository, "status", "--porcelain") in ("", "?? part/__pycache__/")
    assert ancestor(evidence(second)).run.info.run_id == first


def test_commands_say_the_same(repository: Path, store: str) -> None:
    from click.testing import CliRunner

    from runstone.cli.main import cli

    first, second = train(repository), train(repository, "--alpha", "3")
    third = train(repository, "--alpha", "3")

    def call(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli, [*words, "--store", store])
        assert done.exit_code == code, done.output
        return done.output

    shown = call("diff", first[:10], second[:10])
    assert "python train.py --alpha 3" in shown
    assert "Nothing differs" not in shown
    assert "Nothing differs, and no metric moved." in call("diff", second, third)
    found = json.loads(call("diff", second, "--json"))
    assert found["before"] == first
    assert [layer["layer"] for layer in found["layers"] if layer["same"] is False] == ["config"]
    assert [one["run_id"] for one in json.loads(call("find-same", third, "--json"))] == [second]
    call("find-same", first, code=1)
    planned = call("reproduce", second, "--dry-run").splitlines()
    assert planned[0] == "would run: python train.py --alpha 3"
    assert planned[1] == f"code: commit {git(repository, 'rev-parse', 'HEAD')[:12]} of {repository}"
    assert re.fullmatch(r"environment: this one, which has the same \d+ packages", planned[2])
    assert planned[3:] == ["missing: nothing"]
    assert json.loads(call("reproduce", second, "--dry-run", "--json"))["missing"] == []
    assert json.loads(call("reproduce", second, "--json"))["status"] == REPRODUCED


@pytest.mark.parametrize("way", ["refuse", "reuse"])
def test_an_equal_run_is_refused_or_taken_instead(repository: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    first = runstone.projects.run(str(repository), "train.py", experiment_name="forest")
    monkeypatch.setenv("RUNSTONE_SAME_RUN", way)
    if way == "refuse":
        with pytest.raises(runstone.MlflowException, match=f"exact run exists .*{first.run_id}.*score"):
            runstone.projects.run(str(repository), "train.py", experiment_name="forest")
    else:
        assert runstone.projects.run(str(repository), "train.py", experiment_name="forest").run_id == first.run_id
    other = runstone.projects.run(str(repository), "train.py", parameters={"alpha": 2.0}, experiment_name="forest")
    assert other.run_id != first.run_id


def test_a_script_is_told_of_an_equal_run_and_may_be_refused(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNSTONE_QUIET")
    first = train(repository)
    words = [sys.executable, "train.py"]
    again = subprocess.run(words, cwd=repository, check=True, capture_output=True, text=True)
    assert (
        f"this exact run exists (same code, environment and command): {runstone.get_run(first).info.run_name}" in again.stderr
    )
    monkeypatch.setenv("RUNSTONE_SAME_RUN", "refuse")
    refused = subprocess.run(words, cwd=repository, check=False, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "WrongState: This exact run exists" in refused.stderr


LOOP = """
import runstone
for number in range(3):
    with runstone.start_run():
        runstone.log_param("n", number)
    runstone.flush(30)
"""


def test_the_runs_of_one_script_are_parts_of_what_it_makes(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of a loop is no second making of the first; all of them are when the script is started again."""
    (repository / "loop.py").write_text(LOOP)
    monkeypatch.setenv("RUNSTONE_SAME_RUN", "refuse")
    subprocess.run([sys.executable, "loop.py"], cwd=repository, check=True, capture_output=True)
    again = subprocess.run([sys.executable, "loop.py"], cwd=repository, check=False, capture_output=True, text=True)
    assert again.returncode == 1
    assert "and 2 more" in again.stderr
