"""What logged models know beside their files: the run's params, an example of sparse data, what ``score`` says, the metrics of
the training that made them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import lightgbm
import numpy as np
import pytest
import scipy.sparse
import xgboost
from sklearn.linear_model import LogisticRegression

import runstone
from runstone.autolog import core
from runstone.errors import NotFound

X = np.random.default_rng(0).normal(size=(40, 3)).clip(min=0)
Y = (X[:, 0] > 0).astype(int)
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RUNSTONE_CAPTURE_CONTEXT", "0")
    core.forget()
    yield
    core.forget()


def test_a_model_has_its_runs_params() -> None:
    with runstone.start_run():
        runstone.log_params({"lr": 0.5, "depth": 2})
        info = runstone.sklearn.log_model(LogisticRegression().fit(X, Y), name="m", params={"depth": 3, "own": 1})
    assert runstone.get_logged_model(info.model_id).params == {"lr": "0.5", "depth": "2", "own": "1"}


def test_an_example_of_sparse_data_is_an_array() -> None:
    runstone.sklearn.autolog(log_input_examples=True)
    rows = scipy.sparse.csr_matrix(X)
    LogisticRegression().fit(rows, Y)
    (model,) = runstone.search_logged_models(output_format="list")
    folder = runstone.artifacts.download_artifacts(f"models:/{model.model_id}")
    found = runstone.models.Model.load(folder)
    np.testing.assert_array_equal(found.load_input_example(folder), X[:5])
    assert runstone.pyfunc.load_model(folder).predict(rows[:5]).shape == (5,)


def test_the_score_of_a_booster_has_its_own_name() -> None:
    runstone.lightgbm.autolog()
    model = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(X, Y)
    held = X[:20]
    model.score(held, Y[:20])
    run = runstone.last_active_run()
    assert [name for name in run.data.metrics if name.endswith("_held")] == ["LGBMClassifier_score_held"]
    told = runstone.artifacts.load_dict(f"runs:/{run.info.run_id}/metric_info.json")
    assert told["LGBMClassifier_score_held"].startswith("LGBMClassifier.score(X=held")


def points(key: str) -> list[tuple[int, str | None]]:
    """Step and dataset of a metric's points that are the only model's of the last run."""
    (model,) = runstone.search_logged_models(
        filter_string=f"source_run_id = '{runstone.last_active_run().info.run_id}'", output_format="list"
    )
    return [(one.step, one.dataset_name) for one in model.metrics or () if one.key == key]


def test_the_iterations_of_xgboost_are_the_models() -> None:
    """As mlflow 3.17 does, with the training data for what early stopping says."""
    runstone.xgboost.autolog()
    data, turned = xgboost.DMatrix(X, Y), xgboost.DMatrix(X, 1 - Y)
    params = {"objective": "binary:logistic", "eval_metric": "logloss"}
    xgboost.train(params, data, 9, evals=[(data, "train"), (turned, "val")], early_stopping_rounds=2, verbose_eval=False)
    assert points("train-logloss") == [(0, None), (1, None), (2, None), (3, "dataset")]
    assert points("stopped_iteration") == points("best_iteration") == [(0, "dataset")]
    xgboost.train(params, data, 2, evals=[(data, "train")], verbose_eval=False)
    assert points("train-logloss") == [(0, None), (1, None)]


def test_the_iterations_of_lightgbm_are_the_models() -> None:
    runstone.lightgbm.autolog()
    data = lightgbm.Dataset(X, Y, free_raw_data=False)
    held = lightgbm.Dataset(X, Y, reference=data)
    params = {"objective": "binary", "verbose": -1}
    stop = lightgbm.early_stopping(2, verbose=False)
    lightgbm.train(params, data, 2, valid_sets=[held], valid_names=["held"], callbacks=[stop])
    assert points("held-binary_logloss") == [(0, None), (1, None), (2, None)]
    assert points("best_iteration") == [(0, None)]


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm", "catboost"])
def test_the_iterations_of_an_estimator_are_its_models(kind: str) -> None:
    getattr(runstone, kind).autolog()
    if kind == "catboost":
        catboost = pytest.importorskip("catboost", reason="catboost is not installed (pip install catboost)")
        catboost.CatBoostClassifier(iterations=2, verbose=False, allow_writing_files=False).fit(X, Y, eval_set=(X, Y))
        key = "validation-Logloss"
    elif kind == "xgboost":
        xgboost.XGBClassifier(n_estimators=2).fit(X, Y, eval_set=[(X, Y)], verbose=False)
        key = "validation_0-logloss"
    else:
        lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(X, Y, eval_set=[(X, Y)])
        key = "training-binary_logloss"
    assert points(key) == [(0, None), (1, None)]


def test_points_are_no_models_where_none_is_kept_or_the_training_fails() -> None:
    runstone.xgboost.autolog(log_models=False)
    data = xgboost.DMatrix(X, Y)
    xgboost.train({}, data, 2, evals=[(data, "train")], verbose_eval=False)
    assert "train-rmse" in runstone.last_active_run().data.metrics

    def stop(*_told: Any) -> Any:
        raise RuntimeError("enough")

    runstone.xgboost.autolog()
    with pytest.raises(RuntimeError, match="enough"):
        xgboost.train({}, data, 2, evals=[(data, "train")], custom_metric=stop, verbose_eval=False)
    assert runstone.last_active_run().info.status == "FAILED"
    assert runstone.search_logged_models(output_format="list") == []


def test_a_model_to_log_to_has_to_be_there() -> None:
    with runstone.start_run(), pytest.raises(NotFound, match="m-0123"):
        runstone.sklearn.log_model(LogisticRegression().fit(X, Y), name="m", model_id="m-0123")


def test_what_statsmodels_says_of_a_fit_is_the_models() -> None:
    api = pytest.importorskip("statsmodels.api", reason="statsmodels is not installed (pip install statsmodels)")
    runstone.statsmodels.autolog()
    api.OLS(X[:, 0], X).fit()
    assert points("rsquared") == [(0, None)]


def test_a_search_that_halves_is_a_search() -> None:
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    from sklearn.model_selection import HalvingGridSearchCV

    runstone.sklearn.autolog(log_models=False, max_tuning_runs=2)
    search = HalvingGridSearchCV(LogisticRegression(), {"C": [0.1, 1.0, 10.0]}, cv=2, min_resources=20).fit(X, Y)
    every = runstone.search_runs(output_format="list")
    (whole,) = [run for run in every if "mlflow.parentRunId" not in run.data.tags]
    assert whole.data.params["best_C"] == str(search.best_params_["C"])
    assert whole.data.metrics["best_cv_score"] == search.best_score_
    assert "estimator__C" not in whole.data.params
    assert len(every) == 3
    assert {path.path for path in runstone.MlflowClient().list_artifacts(whole.info.run_id)} >= {"cv_results.csv"}


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm"])
def test_an_estimator_has_the_objective_that_the_data_decide_and_its_data(kind: str) -> None:
    getattr(runstone, kind).autolog(log_models=False)
    many = np.arange(40) % 3
    made = {
        "xgboost": lambda **how: xgboost.XGBClassifier(n_estimators=2, **how),
        "lightgbm": lambda **how: lightgbm.LGBMClassifier(n_estimators=2, verbose=-1, **how),
    }[kind]
    with runstone.start_run() as run:
        made().fit(X, many, eval_set=[(X[:20], many[:20])])
    found = runstone.get_run(run.info.run_id)
    assert found.data.params["objective"] == {"xgboost": "multi:softprob", "lightgbm": "multiclass"}[kind]
    told = [(one.tags[0].value, json.loads(one.dataset.profile)["features_shape"]) for one in found.inputs.dataset_inputs]
    assert sorted(told) == [("eval", [20, 3]), ("train", [40, 3])]
    with runstone.start_run() as run:
        made(objective={"xgboost": "multi:softmax", "lightgbm": "multiclassova"}[kind]).fit(X, many)
    assert runstone.get_run(run.info.run_id).data.params["objective"].startswith(("multi:soft", "multiclassova"))


def test_an_objective_of_ones_own_is_the_estimators() -> None:
    def own(truth: Any, guess: Any) -> Any:
        return guess - truth, np.ones_like(guess)

    runstone.xgboost.autolog(log_models=False)
    with runstone.start_run() as run:
        xgboost.XGBRegressor(n_estimators=2, objective=own).fit(X, Y)
    assert "own" in runstone.get_run(run.info.run_id).data.params["objective"]
