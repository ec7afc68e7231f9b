"""Three figures of a classifier: confusion matrix, ROC and precision-recall curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import metrics as sk

import runstone

if TYPE_CHECKING:
    from .sklearn_training import Data


def log(prefix: str, estimator: Any, data: Data, predicted: Any, probable: Any) -> None:
    """Log them; the curves for two classes only, none where matplotlib is not installed."""
    try:
        from . import plain_plots
    except ImportError:
        return
    y = np.asarray(data.y)
    labels = getattr(estimator, "classes_", None)
    if y.ndim != 1 or labels is None or not isinstance(labels, np.ndarray):
        return
    shares = sk.confusion_matrix(y, predicted, sample_weight=data.weight, labels=labels, normalize="true")
    names = [str(one) for one in labels]
    drawn = plain_plots.matrix("Normalized confusion matrix", "Predicted label", "True label", shares, names)
    runstone.log_image(drawn, f"{prefix}confusion_matrix.png")
    if len(set(y.tolist())) != 2:
        return
    scores = probable[:, 1] if probable is not None else getattr(estimator, "decision_function", lambda _x: None)(data.x)
    if scores is None:
        return
    name = type(estimator).__name__
    false, true, _ = sk.roc_curve(y, scores, pos_label=labels[1], sample_weight=data.weight)
    label = f"{name} (AUC = {sk.auc(false, true):0.2f})"
    drawn = plain_plots.curve("ROC curve", "False Positive Rate", "True Positive Rate", label, false, true)
    runstone.log_image(drawn, f"{prefix}roc_curve.png")
    precision, recall, _ = sk.precision_recall_curve(y, scores, pos_label=labels[1], sample_weight=data.weight)
    average = sk.average_precision_score(y, scores, pos_label=labels[1], sample_weight=data.weight)
    label = f"{name} (AP = {average:0.2f})"
    drawn = plain_plots.curve(
        "Precision recall curve", "Recall", "Precision", label, recall, precision, steps=True, right=False
    )
    runstone.log_image(drawn, f"{prefix}precision_recall_curve.png")
