"""Optuna's studies, held against what Optuna itself says of their trials."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import runstone

optuna = pytest.importorskip("optuna", reason="optuna is not installed (pip install optuna)")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    runstone.optuna.autolog()
    yield
    optuna.logging.set_verbosity(before)


def study(**how: Any) -> Any:
    return optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1), **how)


def runs_of(made: Any) -> tuple[Any, dict[int, Any]]:
    """The study's run, and those of its trials by number."""
    every = runstone.search_runs(output_format="list")
    (parent,) = [run for run in every if run.data.tags.get("optuna.study") == made.study_name]
    below = [run for run in every if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    return parent, {int(run.data.tags["optuna.trial"]): run for run in below}


def document(run: Any, name: str) -> Any:
    return runstone.artifacts.load_text(f"runs:/{run.info.run_id}/{name}")


def objective(trial: Any) -> float:
    x, kind = trial.suggest_float("x", -1, 1), trial.suggest_categorical("kind", ["a", "b"])
    trial.set_user_attr("fold", trial.number)
    trial.report(x, 0)
    if trial.number == 1:
        raise optuna.TrialPruned
    if trial.number == 2:
        raise ValueError("broken")
    if trial.number == 3:
        return float("nan")
    if trial.number == 4:
        return None  # type: ignore[return-value]
    return float(x**2 + (kind == "b"))


def test_every_state_of_a_trial_is_its_runs() -> None:
    made = study(study_name="tuning")
    made.set_user_attr("team", "vision")
    made.optimize(objective, n_trials=6, catch=(ValueError,))
    parent, trials = runs_of(made)
    assert (parent.info.run_name, parent.info.status, parent.data.tags["team"]) == ("tuning", "FINISHED", "vision")
    wanted = {"COMPLETE": "FINISHED", "PRUNED": "KILLED", "FAIL": "FAILED"}
    for told in made.trials:
        run = trials[told.number]
        assert run.data.tags["optuna.state"] == told.state.name
        assert run.info.status == wanted[told.state.name]
        assert run.data.params == {name: str(value) for name, value in told.params.items()}
        assert run.data.tags["fold"] == str(told.number)
        assert run.data.metrics["intermediate_value"] == told.intermediate_values[0]
        assert run.data.metrics.get("value") == (told.value if told.state.name == "COMPLETE" else None)
        assert "optuna.suggested" not in run.data.tags
    assert parent.data.metrics == {"best_value": made.best_value}
    assert parent.data.tags["optuna.best_trial"] == str(made.best_trial.number)
    assert parent.data.params["best_kind"] == made.best_params["kind"]
    rows = list(csv.DictReader(io.StringIO(document(parent, "trials.csv"))))
    assert [row["state"] for row in rows] == [one.state.name for one in made.trials]
    assert [row["run_id"] for row in rows] == [trials[place].info.run_id for place in range(6)]
    assert float(rows[0]["params_x"]) == made.trials[0].params["x"]
    (best,) = json.loads(document(parent, "best_trials.json"))
    assert (best["number"], best["value"], best["params"]) == (made.best_trial.number, made.best_value, made.best_params)
    space = json.loads(document(parent, "search_space.json"))
    assert space["x"]["attributes"]["high"] == 1
    assert space["kind"]["attributes"]["choices"] == ["a", "b"]


def test_a_trial_is_there_while_it_goes_on() -> None:
    seen: list[Any] = []

    def watched(trial: Any) -> float:
        x = trial.suggest_float("x", 0, 1)
        run = runstone.get_run(runstone.active_run().info.run_id)
        seen.append((run.info.status, json.loads(run.data.tags["optuna.suggested"]) == {"x": x}))
        return x

    made = study()
    made.optimize(watched, n_trials=2, callbacks=[lambda _study, _trial: seen.append(runstone.active_run().info.run_id)])
    parent, trials = runs_of(made)
    assert seen == [("RUNNING", True), parent.info.run_id] * 2
    assert [run.info.status for run in trials.values()] == ["FINISHED"] * 2


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_several_objectives() -> None:
    made = study(directions=["minimize", "maximize"])
    made.set_metric_names(["loss", "accuracy"])
    made.optimize(lambda trial: (trial.suggest_float("x", 0, 1), trial.suggest_int("n", 1, 3)), n_trials=5)
    parent, trials = runs_of(made)
    assert parent.data.tags["optuna.directions"] == "MINIMIZE,MAXIMIZE"
    assert parent.data.metrics == {}
    for told in made.trials:
        assert trials[told.number].data.metrics == dict(zip(["loss", "accuracy"], told.values, strict=True))
    best = json.loads(document(parent, "best_trials.json"))
    assert [one["number"] for one in best] == [one.number for one in made.best_trials]


def test_a_study_that_is_interrupted_keeps_what_it_found() -> None:
    def interrupted(trial: Any) -> float:
        runstone.start_run(nested=True)  # and never ended
        x = trial.suggest_float("x", 0, 1)
        if trial.number == 2:
            raise KeyboardInterrupt
        return x

    made = study()
    with pytest.raises(KeyboardInterrupt):
        made.optimize(interrupted, n_trials=5)
    assert runstone.active_run() is None
    parent, trials = runs_of(made)
    assert parent.info.status == "KILLED"
    assert [trials[place].info.status for place in range(3)] == ["FINISHED", "FINISHED", "KILLED"]
    assert parent.data.params["best_x"] == str(made.best_params["x"])
    assert len(document(parent, "trials.csv").splitlines()) == 4


def test_what_the_objective_logs_itself_goes_first() -> None:
    def own(trial: Any) -> float:
        x = trial.suggest_float("x", 0, 1)
        runstone.log_param("x", "rounded")
        runstone.end_run()  # one too many
        return x

    with runstone.start_run() as run:
        made = study()
        made.optimize(own, n_trials=1)
        assert runstone.active_run() is run
    _, trials = runs_of(made)
    assert trials[0].data.params == {"x": "rounded"}
    assert made.trials[0].state.name == "COMPLETE"


def test_a_study_that_goes_on_has_its_best_of_all() -> None:
    made = study()
    made.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    with runstone.start_run() as run:
        made.optimize(lambda trial: trial.suggest_float("x", 0, 1) + 5, n_trials=2)
    told = runstone.get_run(run.info.run_id)
    assert told.data.metrics == {"best_value": made.best_value}
    assert told.data.params["best_x"] == str(made.best_params["x"])
    rows = list(csv.DictReader(io.StringIO(document(told, "trials.csv"))))
    assert [bool(row["run_id"]) for row in rows] == [False, False, False, True, True]


def trials_of(made: Any) -> dict[int, Any]:
    found = runstone.search_runs(filter_string=f"tags.`optuna.study` = '{made.study_name}'", output_format="list")
    return {int(run.data.tags["optuna.trial"]): run for run in found if "optuna.trial" in run.data.tags}


@pytest.mark.filterwarnings("ignore:.*nan:UserWarning")
def test_trials_that_are_asked_for_and_told() -> None:
    made = study(study_name="asked")
    with runstone.start_run() as run:
        first = made.ask()
        second = made.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
        x = first.suggest_float("x", 0, 1)
        first.report(x, 3)
        third, fourth = made.ask(), made.ask()
        seen = {number: one.data.tags.get("optuna.suggested") for number, one in trials_of(made).items()}
        assert seen == {0: json.dumps({"x": x}), 1: json.dumps(second.params), 2: None, 3: None}
        assert runstone.active_run() is run
        with pytest.raises(ValueError, match="COMPLETE"):
            made.tell(first, state=optuna.trial.TrialState.COMPLETE)
        assert made.tell(second.number, 2.0).value == 2.0
        made.tell(first, x)
        made.tell(third, state=optuna.trial.TrialState.PRUNED)
        made.tell(fourth, float("nan"))
        made.tell(second, 5.0, skip_if_finished=True)
        unwatched = made.trials
    trials = trials_of(made)
    assert [trials[place].info.status for place in range(4)] == ["FINISHED", "FINISHED", "KILLED", "FAILED"]
    assert {one.data.tags["mlflow.parentRunId"] for one in trials.values()} == {run.info.run_id}
    for told in unwatched:
        one = trials[told.number].data
        assert one.tags["optuna.state"] == told.state.name
        assert one.params == {name: str(value) for name, value in told.params.items()}
        assert one.metrics.get("value") == (told.value if told.state.name == "COMPLETE" else None)
        assert "optuna.suggested" not in one.tags
    assert trials[0].data.metrics["intermediate_value"] == x
    whole = runstone.get_run(run.info.run_id)
    assert whole.data.metrics == {"best_value": made.best_value}
    assert whole.data.tags["optuna.best_trial"] == str(made.best_trial.number)
    assert whole.data.tags["optuna.study"] == "asked"


def test_without_an_active_run_each_trial_that_is_asked_for_has_one() -> None:
    made = study()
    trial = made.ask()
    assert runstone.active_run() is None
    made.tell(trial, trial.suggest_float("x", 0, 1))
    made.optimize(lambda one: one.suggest_float("x", 0, 1), n_trials=2, n_jobs=2)
    every = runstone.search_runs(output_format="list")
    assert sorted(run.data.tags.get("optuna.trial", "study") for run in every) == ["0", "1", "2", "study"]
    (alone,) = [run for run in every if run.data.tags.get("optuna.trial") == "0"]
    assert (alone.info.status, "mlflow.parentRunId" in alone.data.tags) == ("FINISHED", False)


def test_a_study_inside_of_a_trial_is_its_own() -> None:
    inner = study(study_name="inner")

    def outside(trial: Any) -> float:
        one = inner.ask()
        inner.tell(one, one.suggest_float("y", 0, 1))
        return float(trial.suggest_float("x", 0, 1))

    made = study(study_name="outer")
    made.optimize(outside, n_trials=1)
    trials = [run for run in runstone.search_runs(output_format="list") if "optuna.trial" in run.data.tags]
    named = {",".join(run.data.params): run for run in trials}
    assert set(named) == {"x", "y"}
    assert named["y"].data.tags["mlflow.parentRunId"] == named["x"].info.run_id
    assert named["x"].data.metrics["value"] == made.best_value


def test_a_trial_that_optuna_is_told_nothing_of_has_failed(tmp_path: Any) -> None:
    script = tmp_path / "asks.py"
    script.write_text("import optuna, runstone\nrunstone.optuna.autolog()\noptuna.create_study().ask()\n")
    store = str(tmp_path / "store")
    done = subprocess.run(
        [sys.executable, str(script)], env={**os.environ, "RUNSTONE_TRACKING_URI": store}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    runstone.set_tracking_uri(store)
    (run,) = runstone.search_runs(search_all_experiments=True, output_format="list")
    assert (run.info.status, run.data.tags["optuna.trial"]) == ("FAILED", "0")
