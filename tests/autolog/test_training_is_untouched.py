"""Training gives what it gives without autologging, whatever happens inside of autologging."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from autolog_cases import binary
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.preprocessing import StandardScaler
from sklearn.utils.parallel import Parallel, delayed

import runstone
from runstone.autolog import core, sklearn_training
from runstone.errors import InvalidValue

X, Y = binary()


def runs() -> list[Any]:
    return list(runstone.search_runs(search_all_experiments=True, output_format="list"))


def test_the_model_and_the_random_numbers_after_it_are_the_same() -> None:
    def train() -> tuple[bytes, Any]:
        np.random.seed(7)
        forest = RandomForestClassifier(3).fit(X, Y)
        DummyClassifier(strategy="uniform").fit(X, Y)  # draws lots from the global generator when it predicts
        return forest.predict_proba(X).tobytes(), np.random.rand(3).tolist()

    plain = train()
    runstone.sklearn.autolog(log_post_training_metrics=False)
    assert train() == plain
    assert len(runs()) == 2


def test_an_error_inside_is_one_warning(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("RUNSTONE_STRICT")
    monkeypatch.setattr(sklearn_training, "finish", lambda *_: 1 / 0)
    runstone.sklearn.autolog()
    for _ in range(2):
        assert LinearRegression().fit(X, Y).coef_.shape == (5,)
    assert capsys.readouterr().err.count("WARNING") == 1
    assert [run.info.status for run in runs()] == ["FINISHED", "FINISHED"]


def test_no_run_to_log_to_is_one_warning(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("RUNSTONE_STRICT")
    runstone.sklearn.autolog()
    monkeypatch.setattr(runstone, "start_run", lambda **_: 1 / 0)
    assert LinearRegression().fit(X, Y).coef_.shape == (5,)
    assert "training goes on" in capsys.readouterr().err


def test_the_fits_own_error_passes_through() -> None:
    runstone.sklearn.autolog()
    with pytest.raises(ValueError, match="NaN"):
        LinearRegression().fit([[np.nan]], [1.0])
    assert runs()[0].info.status == "FAILED"
    assert runstone.active_run() is None


def test_params_that_the_run_has_otherwise_stay(capsys: pytest.CaptureFixture[str]) -> None:
    runstone.sklearn.autolog(log_models=False)
    with runstone.start_run() as run:
        runstone.log_param("fit_intercept", "mine")
        LinearRegression().fit(X, Y)
    data = runstone.get_run(run.info.run_id).data
    assert (data.params["fit_intercept"], data.params["positive"]) == ("mine", "False")
    assert "training_r2_score" in data.metrics
    assert "fit_intercept" in capsys.readouterr().err


def test_silent_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    runstone.sklearn.autolog(silent=True)
    LinearRegression().fit(X.tolist(), Y.tolist())
    assert "autolog" not in capsys.readouterr().err


def test_folds_and_preparation_are_no_runs() -> None:
    """Also for functions that were imported before, unlike MLflow's."""
    runstone.sklearn.autolog()
    cross_val_score(LinearRegression(), X, Y, cv=2)
    StandardScaler().fit(X)
    assert runs() == []


def test_workers_of_a_search_begin_no_runs() -> None:
    runstone.sklearn.autolog(log_models=False, max_tuning_runs=0)
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2, n_jobs=2)
    import joblib

    with joblib.parallel_backend("threading"):
        search.fit(X, Y)
    assert len(runs()) == 1


def test_threads_with_runs_of_their_own_log_to_them() -> None:
    runstone.sklearn.autolog(log_models=False)
    ids = []

    def work(alpha: float) -> None:
        with runstone.start_run() as run:
            LogisticRegression(C=alpha).fit(X, Y)
        ids.append((run.info.run_id, alpha))

    threads = [threading.Thread(target=work, args=(alpha,)) for alpha in (0.5, 2.0)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {run_id: runstone.get_run(run_id).data.params["C"] for run_id, _ in ids} == {key: str(c) for key, c in ids}


def test_what_is_watched_still_pickles_and_clones() -> None:
    runstone.sklearn.autolog(log_models=False)
    scorer = sklearn.metrics.make_scorer(sklearn.metrics.f1_score)
    model = GridSearchCV(LogisticRegression(), {"C": [1.0]}, scoring=scorer, cv=2).fit(X, Y)
    again = pickle.loads(pickle.dumps(clone(model).fit(X, Y)))
    assert again.scorer_._score_func is sklearn.metrics.f1_score
    assert Parallel(n_jobs=1)(delayed(LogisticRegression.fit)(LogisticRegression(), X, Y) for _ in range(1))


def test_models_of_others_are_left_alone() -> None:
    class Mine(ClassifierMixin, BaseEstimator):
        def fit(self, x: Any, y: Any) -> Mine:
            self.classes_ = np.unique(y)
            return self

        def predict(self, x: Any) -> Any:
            return np.zeros(len(x), int)

    runstone.sklearn.autolog()
    assert Mine().fit(X, Y).score(X, Y) >= 0
    assert runs() == []


def test_what_autolog_cannot_be_told() -> None:
    with pytest.raises(InvalidValue, match="non-negative"):
        runstone.sklearn.autolog(max_tuning_runs=-1)
    with pytest.raises(InvalidValue, match="skops"):
        runstone.sklearn.autolog(serialization_format="onnx")


def test_a_frameworks_own_options_stay() -> None:
    runstone.sklearn.autolog(log_models=False, max_tuning_runs=1)
    runstone.autolog(disable=True)
    options = core.chosen("sklearn")
    assert options is not None
    assert not options.log_models
    runstone.sklearn.autolog(disable=True)
    assert core.chosen("sklearn") is None


def test_a_registered_model_gets_a_version() -> None:
    runstone.sklearn.autolog(registered_model_name="line")
    LinearRegression().fit(X, Y)
    assert runstone.pyfunc.load_model("models:/line/1").predict(X).shape == (60,)


LATER = """
import sys, runstone
runstone.set_tracking_uri(sys.argv[1])
runstone.autolog(log_models=False)
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"sklearn", "numpy", "pandas"}, loaded
from sklearn.tree import DecisionTreeClassifier
DecisionTreeClassifier().fit([[0.0], [1.0]], [0, 1])
assert DecisionTreeClassifier.__module__ == "sklearn.tree._classes"
print(runstone.last_active_run().data.metrics["training_accuracy_score"])
"""


def test_frameworks_may_be_imported_later(tmp_path: Any) -> None:
    command = [sys.executable, "-W", "error", "-c", LATER, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "1.0\n", done.stderr


DROP_IN = """
import mlflow, mlflow.sklearn
mlflow.sklearn.autolog()
from sklearn.tree import DecisionTreeClassifier
model = DecisionTreeClassifier().fit([[0.0], [1.0]], [0, 1])
mlflow.autolog(disable=True)
run = mlflow.last_active_run()
print(mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model").predict([[1.0]]))
"""


def test_scripts_that_say_mlflow() -> None:
    command = [sys.executable, "-m", "runstone.cli.main", "drop-in", sys.executable, "-c", DROP_IN]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "[1]\n", done.stderr
