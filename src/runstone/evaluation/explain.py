"""What moved the predictions: SHAP values, where the package shap is installed.

Names of the files and of the settings are MLflow's. Trees and linear models are explained by themselves; any other model, which
takes long, where ``evaluator_config={"log_model_explainability": True}`` asks for it.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from runstone._lazy import need
from runstone.client.notices import warn_once
from runstone.errors import InvalidValue

from . import plots
from .artifacts import ImageEvaluationArtifact, Shelf

ASKED, SAMPLES = "log_model_explainability", "explainability_nsamples"
#: Rows that are explained, evenly chosen, and those that others are held against.
MOST, BACKGROUND = 2_000, 100
#: Modules of models that shap takes apart without asking them for many predictions.
_FAST = (
    "sklearn.tree.", "sklearn.ensemble._forest", "sklearn.ensemble._gb", "sklearn.ensemble._hist", "sklearn.linear_model.",
    "xgboost.", "lightgbm.", "catboost.",
)  # fmt: skip


def log(shelf: Shelf, model: Any, features: Any, names: Any, config: Mapping[str, Any]) -> None:
    """Log the pictures.

    Args:
        model: as it was evaluated; nothing is explained without one.
        features: rows of a frame or array.
        names: of the features.

    Raises:
        InvalidValue: it was asked for, and cannot be explained.
        NotSupported: it was asked for, and shap is not installed.
    """
    asked = config.get(ASKED)
    raw = model.get_raw_model() if hasattr(model, "get_raw_model") else model
    fast = f"{type(raw).__module__}.".startswith(_FAST)
    if model is None or asked is False or (not asked and not (fast and importlib.util.find_spec("shap"))):
        return
    shap = need("shap", f"evaluator_config[{ASKED!r}]")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values, shown = _values(shap, raw if fast else model, fast, features, int(config.get(SAMPLES, MOST)))
    except Exception as problem:
        told = f"the model {type(raw).__name__} could not be explained by shap: {problem}"
        if asked:
            raise InvalidValue(f"{told}. evaluator_config={{{ASKED!r}: False}} leaves it out.") from problem
        warn_once(f"shap {type(raw).__name__}", told)
        return
    names = [str(one) for one in names]
    for name, picture in (
        ("shap_beeswarm_plot", plots.swarm(values, shown, names)),
        ("shap_summary_plot", plots.swarm(values, shown, names, len(names))),
        ("shap_feature_importance_plot", plots.bars(np.abs(values).mean(axis=0), names, "mean |SHAP value|")),
    ):
        shelf.put(name, picture, ImageEvaluationArtifact)


def _values(shap: Any, model: Any, fast: bool, features: Any, most: int) -> tuple[Any, Any]:
    """SHAP values and the features, both rows × features; of several classes the last for two, else the mean of their sizes."""
    chosen = np.linspace(0, len(features) - 1, min(len(features), max(most, 1))).astype(int)
    rows = features.iloc[chosen] if hasattr(features, "iloc") else np.asarray(features)[chosen]
    background = shap.utils.sample(rows, BACKGROUND, random_state=0) if len(rows) > BACKGROUND else rows
    trees = fast and not type(model).__module__.startswith("sklearn.linear_model.")
    if trees:
        found = shap.TreeExplainer(model)(rows)
    elif fast:
        found = shap.LinearExplainer(model, background)(rows)
    else:
        found = shap.Explainer(getattr(model, "predict", model), background, seed=0)(rows)
    values = np.asarray(found.values, dtype=float)
    if values.ndim == 3:
        values = values[:, :, -1] if values.shape[2] <= 2 else np.abs(values).mean(axis=2)
    return values, np.asarray(rows)
