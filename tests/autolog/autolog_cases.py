"""Scripts that train, to be run under the real mlflow and under ours: each prints nothing and logs what it logs.

Run as a program, ``autolog_cases.py <folder> [--runstone]`` runs every case and prints what was logged, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

CASES: dict[str, Callable[[Any], None]] = {}
#: Tags that say where a run was made, not what was trained.
SURROUNDINGS = (
    "mlflow.user",
    "mlflow.source.",
    "mlflow.runName",
    "mlflow.log-model.history",
    "runstone.",
    "mlflow.git",
    "git.",
)


def case(function: Callable[[Any], None]) -> Callable[[Any], None]:
    CASES[function.__name__] = function
    return function


def binary(rows: int = 60, columns: int = 5) -> tuple[Any, Any]:
    draw = np.random.RandomState(3)
    x = draw.normal(size=(rows, columns))
    return x, (x[:, 0] + 0.3 * draw.normal(size=rows) > 0).astype(int)


def frame() -> tuple[Any, Any]:
    x, y = binary()
    return pd.DataFrame(x, columns=list("abcde")), pd.Series(y, name="target")


@case
def everything(mlflow: Any) -> None:  # the first: a framework's own options would outlive it
    mlflow.autolog(log_models=False, exclude_flavors=["xgboost"])
    from sklearn.tree import DecisionTreeRegressor

    DecisionTreeRegressor(max_depth=2).fit(*frame())


@case
def forest(mlflow: Any) -> None:
    from sklearn.ensemble import RandomForestClassifier

    mlflow.sklearn.autolog(log_input_examples=True)
    RandomForestClassifier(n_estimators=4, random_state=0).fit(*frame())


@case
def classes_of_text(mlflow: Any) -> None:
    from sklearn.linear_model import LogisticRegression

    mlflow.sklearn.autolog()
    x, y = binary()
    LogisticRegression().fit(x, np.array(["no", "yes", "maybe"])[y + (x[:, 1] > 0)], sample_weight=np.linspace(1, 2, len(y)))


@case
def positive_label(mlflow: Any) -> None:
    from sklearn.svm import LinearSVC

    mlflow.sklearn.autolog(pos_label=1, log_models=False)
    LinearSVC(random_state=0).fit(*binary())


@case
def regression(mlflow: Any) -> None:
    from sklearn.linear_model import LinearRegression

    mlflow.sklearn.autolog(extra_tags={"team": "vision"})
    x, _ = binary()
    LinearRegression(copy_X=False).fit(x.copy(), x @ np.arange(5.0) + 1)


@case
def pipeline(mlflow: Any) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    mlflow.sklearn.autolog()
    model = Pipeline([("scale", StandardScaler()), ("clf", LogisticRegression(C=0.5))])
    test_x, test_y = frame()
    model.fit(test_x, test_y)
    model.score(test_x, test_y)


@case
def meta(mlflow: Any) -> None:
    from sklearn.ensemble import VotingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier

    mlflow.sklearn.autolog(log_datasets=False)
    parts = [("tree", DecisionTreeClassifier(max_depth=2, random_state=0)), ("line", LogisticRegression())]
    VotingClassifier(parts, voting="soft").fit(*binary())


@case
def grid(mlflow: Any) -> None:
    from sklearn.model_selection import GridSearchCV
    from sklearn.tree import DecisionTreeClassifier

    mlflow.sklearn.autolog(max_tuning_runs=2)
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 3], "criterion": ["gini"]}, cv=3)
    search.fit(*frame())


@case
def grid_of_two_scores(mlflow: Any) -> None:
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import RandomizedSearchCV

    mlflow.sklearn.autolog(max_tuning_runs=None, log_models=False)
    x, _ = binary()
    scores, grid = ["r2", "neg_mean_absolute_error"], {"alpha": [0.1, 1.0, 10.0]}
    search = RandomizedSearchCV(Ridge(), grid, n_iter=2, scoring=scores, refit="r2", cv=2, random_state=0)
    search.fit(x, x[:, 0])


@case
def clusters(mlflow: Any) -> None:
    from sklearn.cluster import KMeans

    mlflow.sklearn.autolog()
    KMeans(2, n_init=1, random_state=0).fit_predict(binary()[0])


@case
def transformer(mlflow: Any) -> None:
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    mlflow.sklearn.autolog()
    PCA(2).fit_transform(StandardScaler().fit_transform(binary()[0]))


@case
def measured_afterwards(mlflow: Any) -> None:
    mlflow.sklearn.autolog()
    import sklearn.metrics
    from sklearn.linear_model import LogisticRegression

    train_x, train_y = binary()
    test_x, test_y = binary(30)
    model = LogisticRegression().fit(train_x, train_y)
    predicted = model.predict(test_x)
    sklearn.metrics.accuracy_score(test_y, predicted)
    sklearn.metrics.accuracy_score(test_y, predicted, normalize=False)
    sklearn.metrics.f1_score(test_y, y_pred=predicted, average="macro")
    sklearn.metrics.log_loss(test_y, model.predict_proba(train_x[:30]))
    sklearn.metrics.confusion_matrix(test_y, predicted)
    model.score(test_x, test_y)


@case
def own_run(mlflow: Any) -> None:
    mlflow.sklearn.autolog(log_models=False)
    from sklearn.linear_model import LinearRegression
    from sklearn.model_selection import cross_val_score

    x, y = binary()
    with mlflow.start_run():
        mlflow.log_param("mine", 1)
        LinearRegression().fit(x, y)
    cross_val_score(LinearRegression(), x, y, cv=2)


@case
def exclusive(mlflow: Any) -> None:
    from sklearn.linear_model import LinearRegression

    mlflow.sklearn.autolog(exclusive=True, log_models=False)
    with mlflow.start_run():
        LinearRegression().fit(*binary())


@case
def switched_off(mlflow: Any) -> None:
    from sklearn.linear_model import LinearRegression

    mlflow.sklearn.autolog()
    mlflow.sklearn.autolog(disable=True)
    LinearRegression().fit(*binary())


@case
def failing(mlflow: Any) -> None:
    from sklearn.linear_model import LinearRegression

    mlflow.sklearn.autolog()
    try:
        LinearRegression().fit(np.array([[np.nan]]), np.array([1.0]))
    except ValueError:
        return
    raise AssertionError("the error of the fit was swallowed")


def logged(mlflow: Any, names: list[str]) -> dict[str, Any]:
    """What each case logs: its runs, children last."""
    found = {}
    for name in names:
        mlflow.set_experiment(name)
        CASES[name](mlflow)
        found[name] = sorted((_told(mlflow, run) for run in runs_of(mlflow, name)), key=lambda told: json.dumps(told["order"]))
        mlflow.sklearn.autolog(disable=True)
    return found


def runs_of(mlflow: Any, name: str) -> list[Any]:
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name(name)
    return list(client.search_runs([experiment.experiment_id]))


def _told(mlflow: Any, run: Any) -> dict[str, Any]:
    client, run = mlflow.MlflowClient(), mlflow.MlflowClient().get_run(run.info.run_id)
    tags = {key: value for key, value in run.data.tags.items() if not key.startswith(SURROUNDINGS)}
    child = tags.pop("mlflow.parentRunId", None) is not None
    metrics = {key: value for key, value in run.data.metrics.items() if not key.endswith("_time")}
    params = dict(run.data.params)
    files = sorted(one.path for one in client.list_artifacts(run.info.run_id) if not one.is_dir)
    calls = ""
    if "metric_info.json" in files:
        calls = json.loads(Path(client.download_artifacts(run.info.run_id, "metric_info.json")).read_text())
    data = sorted(
        [one.dataset.name, one.dataset.digest, *(f"{tag.key}={tag.value}" for tag in one.tags)]
        for one in run.inputs.dataset_inputs
    )
    models = sorted(_models(mlflow, run.info.run_id))
    return {
        "order": [child, params, metrics.get("mean_test_score")],
        "status": run.info.status,
        "child": child,
        "params": params,
        "metrics": {key: repr(value) for key, value in metrics.items()},
        "times": sorted(key for key in run.data.metrics if key.endswith("_time")),
        "tags": tags,
        "files": files,
        "calls": calls,
        "data": data,
        "models": models,
    }


def _models(mlflow: Any, run_id: str) -> list[Any]:
    found = []
    for name in ("model", "best_estimator"):
        try:
            info = mlflow.models.get_model_info(f"runs:/{run_id}/{name}")
        except Exception:
            continue
        example = info.saved_input_example_info
        found.append([name, sorted(info.flavors), info.signature.to_dict() if info.signature else None, example is not None])
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    folder = sys.argv[1]
    if "--runstone" in sys.argv:
        import runstone as mlflow

        mlflow.set_tracking_uri(folder)
    else:
        os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # a database of it takes seconds to make
        import mlflow

        mlflow.set_tracking_uri(f"file://{folder}/mlruns")
        # it starts another Python that imports mlflow, for each model; nothing here is about what it guesses
        mlflow.models.infer_pip_requirements = lambda *_, fallback=None, **__: fallback or []
    wanted = [name for name in sys.argv[2:] if not name.startswith("-")] or list(CASES)
    print("FOUND" + json.dumps(logged(mlflow, wanted), sort_keys=True, indent=1))
