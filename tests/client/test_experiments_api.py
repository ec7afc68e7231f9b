"""Which experiment runs go to, and what can be done to experiments."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import runstone
from runstone.entities import Experiment, ViewType
from runstone.errors import AlreadyExists, FilterError, InvalidValue, NotFound, NotSupported, WrongState


def start_one(**arguments: object) -> str:
    with runstone.start_run(**arguments) as run:
        pass
    assert runstone.get_run(run.info.run_id).info.experiment_id == run.info.experiment_id
    return runstone.get_experiment(run.info.experiment_id).name


def test_set_experiment_makes_it_and_runs_go_there() -> None:
    made = runstone.set_experiment("trees")
    assert isinstance(made, Experiment)
    assert made.name == "trees"
    assert start_one() == "trees"
    assert runstone.set_experiment(experiment_id=made.experiment_id).name == "trees"
    assert os.environ["RUNSTONE_EXPERIMENT_ID"] == made.experiment_id


def test_runs_that_name_none_go_to_one_named_after_the_script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.modules", {**__import__("sys").modules, "__main__": type("main", (), {"__file__": "/x/train.py"})})
    assert start_one() == "train"


def test_in_a_notebook_it_is_named_after_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.modules", {**__import__("sys").modules, "__main__": type("main", (), {})})
    (tmp_path / "churn").mkdir()
    os.chdir(tmp_path / "churn")
    assert start_one() == "churn"


def test_a_script_from_standard_input_is_named_after_the_folder(tmp_path: Path) -> None:
    (tmp_path / "churn").mkdir()
    script = (
        "import runstone\nwith runstone.start_run() as run:\n    print(runstone.get_experiment(run.info.experiment_id).name)"
    )
    done = subprocess.run(
        [sys.executable, "-"], input=script, cwd=tmp_path / "churn", capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "churn\n"


def test_the_environment_names_it_by_id_or_name() -> None:
    number = runstone.create_experiment("by-id")
    os.environ["MLFLOW_EXPERIMENT_NAME"] = "by-name"
    assert start_one() == "by-name"
    os.environ["MLFLOW_EXPERIMENT_ID"] = number
    assert start_one() == "by-id"
    os.environ["RUNSTONE_EXPERIMENT_ID"] = "0"
    assert start_one() == "Default"
    assert start_one(experiment_id=number) == "by-id"
    assert start_one(experiment_id=int(number)) == "by-id"


def test_set_experiment_wants_exactly_one_of_two() -> None:
    with pytest.raises(InvalidValue, match="exactly one"):
        runstone.set_experiment()
    with pytest.raises(InvalidValue, match="exactly one"):
        runstone.set_experiment("a", experiment_id="0")
    with pytest.raises(NotFound):
        runstone.set_experiment(experiment_id="12345")
    with pytest.raises(NotSupported, match="trace_location"):
        runstone.set_experiment("a", trace_location="x")


@pytest.mark.parametrize("name", ["", "  ", None, 5])
def test_absurd_names(name: object) -> None:
    with pytest.raises(InvalidValue, match="xperiment"):
        runstone.create_experiment(name)


def test_a_deleted_experiment_takes_no_runs_until_restored() -> None:
    made = runstone.set_experiment("gone")
    assert start_one() == "gone"
    runstone.delete_experiment(made.experiment_id)
    for call in (
        runstone.start_run,
        lambda: runstone.start_run(experiment_id=made.experiment_id),
        lambda: runstone.set_experiment("gone"),
        lambda: runstone.set_experiment(experiment_id=made.experiment_id),
        lambda: runstone.MlflowClient().create_run(made.experiment_id),
    ):
        with pytest.raises(WrongState, match="deleted"):
            call()
    assert runstone.active_run() is None
    runstone.restore_experiment(made.experiment_id)
    assert start_one() == "gone"


def test_an_unknown_experiment() -> None:
    with pytest.raises(NotFound):
        runstone.start_run(experiment_id="999")
    with pytest.raises(NotFound):
        runstone.get_experiment("999")
    assert runstone.get_experiment_by_name("nobody") is None
    with pytest.raises(NotFound):
        runstone.delete_experiment("999")


def test_create_get_rename_tag() -> None:
    number = runstone.create_experiment("one", tags={"a": 1})
    with pytest.raises(AlreadyExists, match="one"):
        runstone.create_experiment("one")
    client = runstone.MlflowClient()
    client.rename_experiment(number, "two")
    client.set_experiment_tag(number, "b", "x")
    client.delete_experiment_tag(number, "a")
    with pytest.raises(NotFound, match="No tag"):
        client.delete_experiment_tag(number, "a")
    found = runstone.get_experiment_by_name("two")
    assert found is not None
    assert (found.experiment_id, found.tags) == (number, {"b": "x"})
    runstone.create_experiment("other")
    with pytest.raises(AlreadyExists):
        client.rename_experiment(number, "other")


def test_artifacts_go_where_the_experiment_says(tmp_path: Path) -> None:
    number = runstone.create_experiment("here", artifact_location=tmp_path / "files")
    with runstone.start_run(experiment_id=number) as run:
        runstone.log_text("hello", "a.txt")
    assert run.info.artifact_uri.endswith(f"files/{run.info.run_id}/artifacts")
    assert (tmp_path / "files" / run.info.run_id / "artifacts" / "a.txt").read_text() == "hello"


def test_tags_of_the_experiment_in_force() -> None:
    made = runstone.set_experiment("tagged")
    runstone.set_experiment_tag("a", 1)
    runstone.set_experiment_tags({"b": 2, "c": 3})
    runstone.delete_experiment_tag("c")
    assert runstone.get_experiment(made.experiment_id).tags == {"a": "1", "b": "2"}


def test_search_experiments() -> None:
    numbers = [runstone.create_experiment(f"exp-{number}", tags={"even": number % 2 == 0}) for number in range(6)]
    runstone.delete_experiment(numbers[5])
    found = runstone.search_experiments(filter_string="name LIKE 'exp-%'", order_by=["name ASC"])
    assert [one.name for one in found] == ["exp-0", "exp-1", "exp-2", "exp-3", "exp-4"]
    assert [one.name for one in runstone.search_experiments(filter_string="tags.even = 'True'", order_by=["name"])] == [
        "exp-0",
        "exp-2",
        "exp-4",
    ]
    assert [one.name for one in runstone.search_experiments(view_type=ViewType.DELETED_ONLY)] == ["exp-5"]
    assert len(runstone.search_experiments(max_results=2)) == 2
    page = runstone.MlflowClient().search_experiments(max_results=4, order_by=["name"])
    rest = runstone.MlflowClient().search_experiments(max_results=4, order_by=["name"], page_token=page.token)
    assert [one.name for one in [*page, *rest]] == ["Default", "exp-0", "exp-1", "exp-2", "exp-3", "exp-4"]
    with pytest.raises(FilterError):
        runstone.search_experiments(filter_string="name ~ 'x'")


def test_the_choice_follows_by_name_when_the_store_changes(tmp_path: Path) -> None:
    runstone.set_experiment("moving")
    runstone.set_tracking_uri(tmp_path / "elsewhere")
    assert start_one() == "moving"


def test_what_a_metric_means_is_said_once_and_changed_at_any_time() -> None:
    made = runstone.set_experiment("latencies")
    runstone.define_metric("p99", direction="min", statistic="mean", unit="ms", objective=True)
    runstone.define_metric("p99", unit="")
    for direction in ("fast", "slow"):
        with runstone.start_run(run_name=direction):
            runstone.log_metrics({"p99": 1.0 if direction == "fast" else 2.0})
    tags = runstone.get_experiment(made.experiment_id).tags
    assert {key: value for key, value in tags.items() if key.startswith("runstone.")} == {
        "runstone.objective": "p99", "runstone.direction.p99": "min", "runstone.statistic.p99": "mean",
    }  # fmt: skip
    runs = runstone.search_runs(output_format="list")
    found = runstone.compare(runs)
    assert (found.metric, found.direction, found.statistic) == ("p99", "min", "mean")
    with pytest.raises(InvalidValue, match="'median' is none of last"):
        runstone.define_metric("p99", statistic="median")  # type: ignore[arg-type]


def test_an_unknown_id_in_the_environment_is_refused_by_the_variables_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "77")
    with pytest.raises(NotFound, match="No Experiment with id=77 exists: RUNSTONE_EXPERIMENT_ID or MLFLOW_EXPERIMENT_ID"):
        runstone.start_run()
