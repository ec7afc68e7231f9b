"""Models evaluated: the same names and numbers as mlflow (recorded from mlflow 3.17), slices, thresholds, mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from compare_with_mlflow import evaluate_all
from sklearn.linear_model import LogisticRegression

import runstone
from runstone.errors import InvalidValue, MlflowException, NotFound, NotSupported
from runstone.evaluation.thresholds import ModelValidationFailedException
from runstone.metrics import MetricValue, make_metric
from runstone.models import EvaluationResult, MetricThreshold

HERE = Path(__file__).parent
#: Ours alone.
MORE = {"residuals_plot"}


def data() -> pd.DataFrame:
    values = np.arange(40)
    return pd.DataFrame({"x": values / 40, "part": ["a", "b"] * 20, "y": (values > 20).astype(int)})


def guess(frame: Any) -> Any:
    return (frame["x"] > 0.4).astype(int)


def alike(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert set(found) == set(expected)
    for name, (metrics, artifacts) in expected.items():
        assert found[name][0] == pytest.approx(metrics, abs=1e-9), name
        assert set(found[name][1]) - MORE == set(artifacts), name


def test_names_and_numbers_are_those_that_mlflow_gave(tmp_path: Path) -> None:
    runstone.set_tracking_uri(str(tmp_path / "store"))
    found = evaluate_all(runstone)
    alike(found, json.loads((HERE / "mlflow_evaluations.json").read_text()))
    run = runstone.last_active_run()
    assert run is not None
    assert run.data.metrics["root_mean_squared_error"] == pytest.approx(found["real"][0]["root_mean_squared_error"])
    assert {path.path for path in runstone.MlflowClient().list_artifacts(run.info.run_id)} >= {"roc_curve_plot.png"}
    assert json.loads(run.data.tags["mlflow.datasets"])[0]["name"] == "dataset"


def test_a_function_with_slices_a_metric_of_rows_and_files_of_ones_own(tmp_path: Path) -> None:
    def off(predictions: Any, targets: Any) -> MetricValue:
        return MetricValue(scores=[float(one) for one in abs(predictions - targets)])

    def double(off: MetricValue) -> float:
        assert off.aggregate_results is not None
        return 2 * float(off.aggregate_results["mean"])

    def files(frame: Any, known: dict[str, Any], folder: str) -> dict[str, Any]:
        Path(folder, "note.txt").write_text("seen")
        return {"rows": frame, "note": Path(folder, "note.txt"), "said": {"accuracy": known["accuracy_score"]}}

    metrics = [make_metric(eval_fn=double, greater_is_better=False), make_metric(eval_fn=off, greater_is_better=False)]
    found = runstone.evaluate(
        guess, data(), targets="y", model_type="classifier", extra_metrics=metrics, custom_artifacts=[files], slices=["part"]
    )
    assert found.metrics["accuracy_score"] == 36 / 40
    assert found.metrics["double"] == pytest.approx(2 * found.metrics["off/mean"])
    assert found.metrics["accuracy_score/part: a"] == 18 / 20
    assert found.tables["slice_metrics"]["example_count"].tolist() == [20, 20]
    assert found.tables["eval_results_table"]["off/score"].sum() == 4
    assert runstone.active_run() is None
    found.save(tmp_path / "kept")
    again = EvaluationResult.load(tmp_path / "kept")
    assert again.metrics == found.metrics
    assert again.artifacts["note"].content == "seen"
    assert again.artifacts["confusion_matrix"].content.size[0] > 100
    with pytest.raises(NotFound):
        EvaluationResult.load(tmp_path / "nothing")


def test_metrics_that_come_along_are_those_of_the_kind_of_model() -> None:
    known = runstone.metrics
    weights = [1.0 + row % 3 for row in range(40)]
    config = {"sample_weights": weights, "pos_label": 0}
    truth, guesses = data().y, guess(data())
    numbers = [known.mae(), known.mse(), known.rmse(), known.mape(), known.max_error(), known.r2_score()]
    frame = data().assign(p=guesses)
    found = runstone.evaluate(data=frame, targets="y", predictions="p", extra_metrics=numbers, evaluator_config=config)
    full = runstone.evaluate(data=frame, targets="y", predictions="p", model_type="regressor", evaluator_config=config)
    assert found.metrics == {one.name: full.metrics[one.name] for one in numbers}
    kinds = [known.precision_score(), known.recall_score(), known.f1_score()]
    found = runstone.evaluate(data=frame, targets="y", predictions="p", extra_metrics=kinds, evaluator_config=config)
    full = runstone.evaluate(data=frame, targets="y", predictions="p", model_type="classifier", evaluator_config=config)
    assert found.metrics == {one.name: full.metrics[one.name] for one in kinds}
    texts = pd.DataFrame({"y": ["a", "b"], "p": ["a", "c"]})
    found = runstone.evaluate(data=texts, targets="y", predictions="p", extra_metrics=[known.exact_match()])
    assert found.metrics == {"exact_match/v1": 0.5}
    assert known.rmse()(guesses, truth).aggregate_results == {"root_mean_squared_error": np.sqrt(0.1)}
    assert known.r2_score()([1.0], [1.0]).aggregate_results == {"r2_score": None}


def test_a_candidate_is_held_against_its_baseline() -> None:
    better = MetricThreshold(threshold=0.8, min_absolute_change=0.01, greater_is_better=True)
    given: dict[str, Any] = {"data": data(), "targets": "y", "model_type": "classifier"}
    exact = lambda frame: (frame["x"] > 0.5).astype(int)  # noqa: E731
    found = runstone.evaluate(exact, baseline=guess, validation_thresholds={"accuracy_score": better}, **given)
    assert found.baseline is not None
    assert found.baseline.metrics["accuracy_score"] == 36 / 40
    with pytest.raises(ModelValidationFailedException, match="absolute change"):
        runstone.evaluate(guess, baseline=found, validation_thresholds={"accuracy_score": better}, **given)
    with pytest.raises(ModelValidationFailedException, match="missing"):
        runstone.validate_evaluation_results({"speed": better}, found)


def test_classes_that_the_data_lacks_are_known_from_the_model() -> None:
    frame = pd.DataFrame({"x": np.arange(30.0), "y": np.repeat([0, 1, 2], 10)})
    model = LogisticRegression(max_iter=1000).fit(frame[["x"]], frame["y"])
    found = runstone.evaluate(model, frame[:20], targets="y", model_type="classifier")
    assert len(found.artifacts["per_class_metrics"].content) == 3
    assert "log_loss" in found.metrics


WRONG: dict[str, tuple[dict[str, Any], type[MlflowException], str]] = {
    "no data": ({"data": None}, InvalidValue, "data"),
    "no such column": ({"targets": "z"}, InvalidValue, "'z'"),
    "no targets": ({"targets": None}, InvalidValue, "targets"),
    "no model": ({"model": None}, InvalidValue, "predictions"),
    "another kind": ({"model_type": "text"}, InvalidValue, "'text'"),
    "no evaluator": ({"evaluators": "mine"}, InvalidValue, "mine"),
    "another environment": ({"env_manager": "conda"}, NotSupported, "conda"),
    "too few predictions": ({"model": lambda frame: [1]}, InvalidValue, "40 rows"),
    "one class": ({"data": data()[:5], "model": lambda frame: [0] * 5}, InvalidValue, "two unique"),
    "a metric without its column": (
        {"extra_metrics": [make_metric(eval_fn=lambda nothing: 1, greater_is_better=True, name="odd")]}, InvalidValue, "nothing"
    ),
    "a slice without its column": ({"slices": ["sex"]}, InvalidValue, "'sex'"),
    "an average that is none": (
        {"evaluator_config": {"average": None}, "data": data().assign(y=np.arange(40) % 3)}, InvalidValue, "'macro'"
    ),
    "no rows": ({"data": data()[:0]}, InvalidValue, "no rows"),
    "rows without a target": ({"data": data().assign(y=[None, *data().y[1:]])}, InvalidValue, "1 of 40 rows"),
    "numbers of texts": ({"model_type": "regressor", "targets": "part"}, InvalidValue, "regressor|number"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_one_clear_error(name: str) -> None:
    changed, kind, told = WRONG[name]
    given: dict[str, Any] = {"model": guess, "data": data(), "targets": "y", "model_type": "classifier"}
    with pytest.raises(kind, match=told):
        runstone.evaluate(**{**given, **changed})


def test_a_threshold_that_makes_no_sense_is_refused() -> None:
    for wrong in ({"threshold": 1}, {"greater_is_better": True}, {"min_relative_change": 2.0, "greater_is_better": True}):
        with pytest.raises(InvalidValue, match="MetricThreshold"):
            MetricThreshold(**wrong)  # type: ignore[arg-type]


def test_evaluators_that_are_named_can_be_asked_for() -> None:
    frame = pd.DataFrame({"y": [0, 1, 1, 0], "p": [0, 1, 0, 0]})
    names = runstone.models.list_evaluators()
    assert names == ["default", "classifier", "regressor"]
    for name in names:
        kind = "classifier" if name == "default" else name
        found = runstone.evaluate(data=frame, targets="y", predictions="p", model_type=kind, evaluators=name)
        assert found.metrics
