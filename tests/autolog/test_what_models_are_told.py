"""What logged models know beside their files: the run's params, an example of sparse data, what ``score`` says."""

from __future__ import annotations

from collections.abc import Iterator

import lightgbm
import numpy as np
import pytest
import scipy.sparse
from sklearn.linear_model import LogisticRegression

import runstone
from runstone.autolog import core

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
