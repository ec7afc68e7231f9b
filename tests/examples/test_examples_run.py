"""Every script in examples/ runs in a fresh folder, as its README says, and leaves behind what it promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import runstone
from forks import Forks

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(path.name for path in EXAMPLES.glob("*.py"))
DROP_IN = [sys.executable, "-m", "runstone.cli.main", "drop-in"]


#: What most of them import, and nothing of ours.
IMPORTED = (
    "sklearn.datasets",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "pandas",
    "matplotlib.pyplot",
)
AS_TESTED = ("-W", "error::DeprecationWarning:__main__")


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    made = Forks(sys.executable, *IMPORTED)
    yield made
    made.close()


@pytest.fixture
def run(forks: Forks) -> Callable[..., str]:
    """Gives what the script prints; an error, a warning of Python's included, fails the test."""

    def printed(name: str | Path) -> str:
        done = forks.run(*AS_TESTED, str(EXAMPLES / name), cwd=Path.cwd(), env=os.environ)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return printed


def dropped_in(name: str) -> str:
    command = [*DROP_IN, sys.executable, *AS_TESTED, str(EXAMPLES / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr
    return done.stdout


def only_run(experiment: str) -> runstone.ActiveRun:
    found = runstone.search_runs(experiment_names=[experiment], output_format="list")
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("name", ["lecture_lab.py", "train_with_mlflow.py"])
def test_the_lectures_lab(name: str, run: Callable[..., str]) -> None:
    printed = dropped_in(name) if name == "train_with_mlflow.py" else run(name)
    match = re.fullmatch(r"Run ID: ([0-9a-f]{32})\nAccuracy: (0\.\d{3})\n", printed)
    assert match, printed
    logged = only_run("churn_prediction_demo")
    assert logged.info.run_id == match[1]
    assert logged.info.status == "FINISHED"
    assert logged.data.params == {"n_estimators": "100", "max_depth": "10"}
    assert logged.data.metrics.keys() == {"accuracy", "precision", "recall"}
    assert f"{logged.data.metrics['accuracy']:.3f}" == match[2]
    assert [file.path for file in runstone.MlflowClient().list_artifacts(match[1])] == ["model"]
    assert runstone.pyfunc.load_model(f"runs:/{match[1]}/model").predict([[0.0] * 20]).shape == (1,)


def test_the_lectures_script_is_the_lectures() -> None:
    """Nothing of ours in it: that is the point of drop-in."""
    text = (EXAMPLES / "train_with_mlflow.py").read_text()
    assert text.startswith("import mlflow\nimport mlflow.sklearn\n")
    assert "runstone" not in text


def test_basics(run: Callable[..., str]) -> None:
    assert re.fullmatch(r"Run ID: [0-9a-f]{32}\n", run("lecture_basics.py"))
    logged = only_run("churn_prediction")
    assert logged.data.params["data_version"] == "v1"
    assert logged.data.tags["team"] == "data-science"
    names = {file.path for file in runstone.MlflowClient().list_artifacts(logged.info.run_id)}
    assert names == {"confusion_matrix.png", "model"}


def test_nested_runs(run: Callable[..., str]) -> None:
    assert "3 children; best: " in run("nested_runs.py")
    runs = runstone.search_runs(experiment_names=["wine"], output_format="list")
    assert len(runs) == 4
    assert sum("mlflow.parentRunId" in found.data.tags for found in runs) == 3


def test_hyperparameter_search(run: Callable[..., str]) -> None:
    assert re.match(r"\d+ of 12 runs are above 0\.95", run("hyperparameter_search.py"))


def test_crash_and_sync(run: Callable[..., str]) -> None:
    assert "logged before the kill: 10,000; in the store: 10,000" in run("crash_and_sync.py")
    assert only_run("crashes").info.status == "CRASHED"


def test_the_lectures_homework(run: Callable[..., str]) -> None:
    text = (EXAMPLES / "lecture_autolog.py").read_text("utf-8")
    assert "SIZES = (50, 100, 150, 200, 250)\n" in text
    small = Path("small.py").absolute()  # 3,000 trees take seconds, and say no more
    small.write_text(text.replace("(50, 100, 150, 200, 250)", "(5, 10, 15, 20, 25)"), "utf-8")
    printed = run(small).splitlines()
    trees = re.match(r"best by hand: (\d+) trees", printed[0])
    assert trees
    assert printed[1:] == [
        f"best by autolog: {trees[1]} trees",
        "by hand: 5 runs of 1 params, 1 metrics, 0 artifacts",
        "autolog: 5 runs of 19 params, 8 metrics, 6 artifacts",
    ]
    found = runstone.search_runs(experiment_names=["churn_autolog"], output_format="list")
    assert {one.data.tags["mlflow.autologging"] for one in found} == {"sklearn"}
    assert {one.data.tags["estimator_name"] for one in found} == {"RandomForestClassifier"}


def test_what_is_served_follows_the_champion(run: Callable[..., str]) -> None:
    printed = run("champion_served.py")
    assert re.findall(r"served: (\d)", printed) == ["1", "2"]
    assert "version 2 is champion now, instead of version 1" in printed
    assert len(runstone.search_runs(experiment_names=["champion"], output_format="list")) == 2


def test_every_example_is_listed_and_tested() -> None:
    readme, tests = (EXAMPLES / "README.md").read_text(), Path(__file__).read_text()
    assert [name for name in SCRIPTS if f"`{name}`" not in readme or f'"{name}"' not in tests] == []


def test_the_lectures_registry_snippet(run: Callable[..., str]) -> None:
    printed = run("lecture_registry.py").splitlines()
    versions = runstone.search_model_versions(filter_string="name = 'churn_model'", order_by=["version_number ASC"])
    assert [(one.version, one.current_stage) for one in versions] == [("1", "None"), ("2", "None"), ("3", "Production")]
    assert [runstone.get_run(one.run_id).data.params["n_estimators"] for one in versions] == ["10", "20", "40"]
    assert printed[2] == f"version 3: Production, from run {versions[2].run_id}"
    right = runstone.get_run(versions[2].run_id).data.metrics["accuracy"]
    assert printed[3] == f"in production: {right:.3f} right"
    assert runstone.pyfunc.load_model("models:/churn_model/Production").metadata.run_id == versions[2].run_id


def test_a_project_is_got_back(run: Callable[..., str]) -> None:
    assert run("project_got_back.py").splitlines() == [
        "first: FINISHED",
        "what changed: code",
        "+X, y = make_classification(n_samples=1000, n_features=20, flip_y=0.3, random_state=42)",
        "reproduced: 1 of 1 metrics agree",
        "worked in the first turn",
        "kept: True",
    ]
    assert {one.info.status for one in runstone.search_runs(search_all_experiments=True, output_format="list")} == {"FINISHED"}
