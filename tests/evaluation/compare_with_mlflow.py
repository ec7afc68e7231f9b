"""Evaluates the same models with the module that is named: by ours in a test, and by the real mlflow for the record:

PEER_PYTHON compare_with_mlflow.py sqlite:///record.db > mlflow_evaluations.json
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
import warnings
from typing import Any


def evaluate_all(mlflow: Any) -> dict[str, Any]:
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import LinearRegression

    found: dict[str, Any] = {}

    def keep(name: str, result: Any) -> None:
        found[name] = [{key: float(value) for key, value in result.metrics.items()}, sorted(result.artifacts)]

    binary, truth = load_breast_cancer(return_X_y=True, as_frame=True)
    binary = binary.iloc[:, :5]
    many, kinds = load_iris(return_X_y=True, as_frame=True)
    real, amounts = load_diabetes(return_X_y=True, as_frame=True)
    quiet = {"log_model_explainability": False}
    weights = [1.0 + row % 3 for row in range(len(truth))]
    half = mlflow.models.make_metric(
        eval_fn=lambda predictions, targets: float(abs(predictions - targets).median()), greater_is_better=False, name="half"
    )
    old = mlflow.models.make_metric(
        eval_fn=lambda frame, known: known["accuracy_score"] * 2, greater_is_better=True, name="old"
    )
    with mlflow.start_run():
        model = LinearDiscriminantAnalysis().fit(binary, truth)  # solved, not searched for: the same on every processor
        uri = mlflow.sklearn.log_model(model, name="binary").model_uri
        data = binary.assign(y=truth)
        for name, config in {
            "binary": {}, "positive": {"pos_label": 0}, "weighted": {"sample_weights": weights},
            "prefix": {"metric_prefix": "v_"},
        }.items():  # fmt: skip
            told = mlflow.evaluate(uri, data, targets="y", model_type="classifier", evaluator_config={**quiet, **config})
            keep(name, told)
        model = LinearDiscriminantAnalysis().fit(many, kinds)
        uri = mlflow.sklearn.log_model(model, name="many").model_uri
        data = many.assign(y=kinds)
        for name, config in {"many": {}, "macro": {"average": "macro"}}.items():
            keep(name, mlflow.evaluate(uri, data, targets="y", model_type="classifier", evaluator_config={**quiet, **config}))
        data = data.assign(p=model.predict(many))
        keep("static", mlflow.evaluate(data=data, targets="y", predictions="p", model_type="classifier", extra_metrics=[old]))
        model = LinearRegression().fit(real, amounts)
        uri = mlflow.sklearn.log_model(model, name="real").model_uri
        keep(
            "real",
            mlflow.evaluate(uri, real.assign(y=amounts), targets="y", model_type="regressor", extra_metrics=[half],
                            evaluator_config=quiet),
        )  # fmt: skip
    return found


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    used = importlib.import_module("mlflow")
    used.set_tracking_uri(sys.argv[1])
    print(json.dumps(evaluate_all(used)))
