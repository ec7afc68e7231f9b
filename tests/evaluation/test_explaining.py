"""What moved the predictions: SHAP values in an evaluation, where shap is installed."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

import runstone
from runstone.errors import InvalidValue, NotSupported
from runstone.evaluation import explain

PICTURES = {"shap_beeswarm_plot", "shap_summary_plot", "shap_feature_importance_plot"}
ROWS = pd.DataFrame({"x": np.arange(20) / 20, "y": (np.arange(20) > 9).astype(int)})
TREE = DecisionTreeClassifier().fit(ROWS[["x"]], ROWS["y"])


def evaluated(tmp_path: Path, model: Any, **config: Any) -> set[str]:
    runstone.set_tracking_uri(str(tmp_path / "store"))
    found = runstone.evaluate(model, ROWS, targets="y", model_type="classifier", evaluator_config=config)
    return {name for name in found.artifacts if name.startswith("shap")}


def guess(frame: Any) -> Any:
    return (frame["x"] > 0.4).astype(int)


class Broken:
    """Stands for shap, and explains nothing."""

    utils = SimpleNamespace(sample=lambda rows, count, random_state: rows[:count])

    def TreeExplainer(self, _model: Any) -> Any:
        raise ValueError("no way")


class Stand:
    """Stands for shap: each feature moved each prediction by its value."""

    utils = SimpleNamespace(sample=lambda rows, count, random_state: rows[:count])

    def TreeExplainer(self, _model: Any) -> Any:
        return lambda rows: SimpleNamespace(values=np.repeat(np.asarray(rows)[:, :, None], 2, axis=2))

    def Explainer(self, _model: Any, _background: Any, seed: int) -> Any:
        return lambda rows: SimpleNamespace(values=np.asarray(rows))


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setitem(sys.modules, "shap", Stand())  # type: ignore[arg-type]
    monkeypatch.setattr(explain.importlib.util, "find_spec", lambda _name: True)
    return monkeypatch


def test_trees_are_explained_and_others_on_request(tmp_path: Path, stand: pytest.MonkeyPatch) -> None:
    assert evaluated(tmp_path, TREE) == PICTURES
    assert evaluated(tmp_path, TREE, log_model_explainability=False) == set()
    assert evaluated(tmp_path, guess) == set()
    assert evaluated(tmp_path, guess, log_model_explainability=True, explainability_nsamples=5) == PICTURES
    stand.setitem(sys.modules, "shap", Broken())  # type: ignore[arg-type]
    assert evaluated(tmp_path, TREE) == set()
    with pytest.raises(InvalidValue, match="DecisionTreeClassifier could not be explained by shap: no way"):
        evaluated(tmp_path, TREE, log_model_explainability=True)


def test_without_shap_it_is_an_error_only_where_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shap", None)
    monkeypatch.setattr(explain.importlib.util, "find_spec", lambda _name: None)
    assert evaluated(tmp_path, TREE) == set()
    with pytest.raises(NotSupported, match="pip install shap"):
        evaluated(tmp_path, TREE, log_model_explainability=True)


def test_the_real_shap(tmp_path: Path) -> None:
    pytest.importorskip("shap", reason="shap is not installed (pip install shap)")
    assert evaluated(tmp_path, TREE) == PICTURES
