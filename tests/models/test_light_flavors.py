"""CatBoost, statsmodels, ONNX: saved, loaded, logged without a line; Optuna's studies."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import runstone
from runstone.autolog import core
from runstone.errors import InvalidValue, PermissionDenied
from runstone.models import Model

X = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a", "b", "c"])
Y = (X["a"] + 0.3 * np.random.default_rng(1).normal(size=60) > 0).astype(int)


@pytest.fixture(autouse=True)
def switched_off(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RUNSTONE_CAPTURE_CONTEXT", "0")
    core.forget()
    yield
    core.forget()


def need(name: str) -> Any:
    return pytest.importorskip(name, reason=f"{name} is not installed (pip install {name})")


def last() -> Any:
    return runstone.last_active_run()


def history(run: Any, key: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in runstone.MlflowClient().get_metric_history(run.info.run_id, key)]


def files(run: Any) -> set[str]:
    return {item.path for item in runstone.MlflowClient().list_artifacts(run.info.run_id)}


def test_catboost(tmp_path: Path) -> None:
    catboost = need("catboost")

    def train() -> Any:
        model = catboost.CatBoostClassifier(iterations=5, depth=2, verbose=False, thread_count=1, allow_writing_files=False)
        return model.fit(X, Y, eval_set=(X[:30], Y[:30]))

    plain = train()
    runstone.catboost.save_model(plain, tmp_path / "m", input_example=X.head(2))
    loaded = runstone.catboost.load_model(tmp_path / "m")
    np.testing.assert_array_equal(loaded.predict_proba(X), plain.predict_proba(X))
    np.testing.assert_array_equal(runstone.pyfunc.load_model(tmp_path / "m").predict(X), plain.predict(X))
    settings = Model.load(tmp_path / "m").flavors["catboost"]
    assert (settings["model_type"], settings["save_format"], settings["data"]) == ("CatBoostClassifier", "cbm", "model.cb")
    with pytest.raises(InvalidValue, match="DataFrame"):
        runstone.catboost.save_model(X, tmp_path / "other")
    runstone.catboost.autolog()
    model = train()
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    run = last()
    assert (run.data.params["depth"], run.data.params["iterations"]) == ("2", "5")
    assert [step for step, _ in history(run, "learn-Logloss")] == [0, 1, 2, 3, 4]
    assert len(history(run, "validation-Logloss")) == 5
    assert "feature_importance_PredictionValuesChange.json" in files(run)
    again = runstone.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert again.metadata.signature.inputs.input_names() == ["a", "b", "c"]


def test_statsmodels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need("statsmodels")
    api = importlib.import_module("statsmodels.api")

    def fit() -> Any:
        return api.OLS(Y, X).fit()

    plain = fit()
    runstone.statsmodels.save_model(plain, tmp_path / "m", input_example=X.head(2))
    # the last bit hangs on how an array lies in memory
    np.testing.assert_allclose(runstone.pyfunc.load_model(tmp_path / "m").predict(X), plain.predict(X), rtol=1e-12)
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "deny")
    with pytest.raises(PermissionDenied):
        runstone.statsmodels.load_model(tmp_path / "m")
    monkeypatch.delenv("RUNSTONE_ALLOW_PICKLE")
    runstone.statsmodels.autolog()
    np.testing.assert_array_equal(fit().params, plain.params)
    run = last()
    assert run.data.params["method"] == "pinv"
    assert run.data.metrics["rsquared"] == plain.rsquared
    assert {"model", "model_summary.txt"} <= files(run)
    np.testing.assert_array_equal(runstone.statsmodels.load_model(f"runs:/{run.info.run_id}/model").params, plain.params)
    with pytest.raises(InvalidValue, match="int"):
        runstone.statsmodels.save_model(7, tmp_path / "other")


def graph() -> Any:
    from onnx import TensorProto, helper

    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 3])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])
    weights = helper.make_tensor("w", TensorProto.FLOAT, [3, 1], [1.0, 2.0, 3.0])
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    made = helper.make_graph([node], "line", [given], [result], [weights])
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_onnx(tmp_path: Path) -> None:
    need("onnx")
    need("onnxruntime")
    rows = X.to_numpy(np.float32)
    runstone.onnx.save_model(graph(), tmp_path / "m", input_example=rows[:2], onnx_session_options={"intra_op_num_threads": 1})
    assert runstone.onnx.load_model(tmp_path / "m").graph.name == "line"
    loaded = runstone.pyfunc.load_model(tmp_path / "m")
    np.testing.assert_allclose(loaded.predict(rows)["y"], rows @ [[1.0], [2.0], [3.0]], rtol=1e-5)
    runstone.onnx.save_model(
        graph(), tmp_path / "unsigned", onnx_execution_providers=["NoSuchProvider", "CPUExecutionProvider"]
    )
    frame = runstone.pyfunc.load_model(tmp_path / "unsigned").predict(X)
    np.testing.assert_allclose(frame["y"], X.to_numpy() @ [1.0, 2.0, 3.0], rtol=1e-5)
    with pytest.raises(InvalidValue, match="frame, an array or a dict"):
        runstone.pyfunc.load_model(tmp_path / "unsigned").predict([1])
    with pytest.raises(InvalidValue, match="int"):
        runstone.onnx.save_model(7, tmp_path / "other")


def test_a_study_of_optuna() -> None:
    optuna = need("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def objective(trial: Any) -> float:
        x = trial.suggest_float("x", -1, 1)
        for step in range(2):
            trial.report(x, step)
        if trial.number == 1:
            raise optuna.TrialPruned
        if trial.number == 2:
            raise ValueError(x)
        runstone.log_param("mine", trial.number)
        return float(x**2)

    def study(**how: Any) -> Any:
        made = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=3))
        made.optimize(objective, n_trials=4, catch=(ValueError,), **how)
        return made

    plain = [trial.params for trial in study().trials]
    runstone.end_run()  # of the objective's own logging
    runstone.optuna.autolog()
    before = len(runstone.search_runs(output_format="list"))
    made = study()
    assert [trial.params for trial in made.trials] == plain
    every = runstone.search_runs(output_format="list")
    assert len(every) == before + 5
    parent = next(run for run in every if "optuna.sampler" in run.data.tags)
    assert parent.data.metrics["best_value"] == made.best_value
    assert parent.data.params["best_x"] == str(made.best_params["x"])
    trials = [run for run in every if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    found = {run.data.tags["optuna.trial"]: run for run in trials}
    assert {place: run.info.status for place, run in found.items()} == {
        "0": "FINISHED", "1": "KILLED", "2": "FAILED", "3": "FINISHED",
    }  # fmt: skip
    assert found["3"].data.metrics["value"] == made.trials[3].value
    assert found["3"].data.params == {"mine": "3", "x": str(made.trials[3].params["x"])}
    assert [step for step, _ in history(found["1"], "intermediate_value")] == [0, 1]
    made = study(n_jobs=2)
    threads = [run for run in runstone.search_runs(output_format="list") if run not in every]
    assert len({run.data.tags.get("mlflow.parentRunId") for run in threads}) == 2  # theirs, and none for itself


def test_what_is_trained_inside_of_a_trial_is_logged_to_it() -> None:
    optuna = need("optuna")
    from sklearn.linear_model import Ridge

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    runstone.autolog(log_models=False, log_datasets=False)
    study = optuna.create_study()
    study.optimize(lambda trial: Ridge(alpha=trial.suggest_float("alpha", 0.1, 1)).fit(X, Y).score(X, Y), n_trials=2)
    every = runstone.search_runs(output_format="list")
    trials = [run for run in every if "optuna.trial" in run.data.tags]
    assert len(every) == 3
    assert all("training_score" in run.data.metrics for run in trials)
