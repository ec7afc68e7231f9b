"""Three figures of a classifier: confusion matrix, ROC and precision-recall curve. Drawn without pyplot, whose state is the
script's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import metrics as sk

import runstone

if TYPE_CHECKING:
    from .sklearn_training import Data

DPI = 175
#: Shares of the figure around the axes. To work them out (layout="tight") everything is drawn twice, which took longer than
#: the picture.
MARGINS = {"left": 0.12, "right": 0.96, "bottom": 0.13, "top": 0.91}
#: Characters of a class name for which there is room beside the matrix; longer ones have their layout worked out.
ROOM = 8
#: With more classes than this, numbers in the matrix could not be read.
MOST_CLASSES = 25


def log(prefix: str, estimator: Any, data: Data, predicted: Any, probable: Any) -> None:
    """Log them; the curves for two classes only, none where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return
    y = np.asarray(data.y)
    labels = getattr(estimator, "classes_", None)
    if y.ndim != 1 or labels is None or not isinstance(labels, np.ndarray):
        return

    def draw(name: str, title: str, paint: Callable[[Any, Any], None]) -> None:
        figure = Figure(figsize=(6, 4), dpi=DPI)
        axes = figure.add_subplot()
        figure.subplots_adjust(**MARGINS)
        paint(figure, axes)
        axes.set_title(title, fontsize=10)
        runstone.log_figure(figure, f"{prefix}{name}.png", save_kwargs={"dpi": DPI, "pil_kwargs": {"compress_level": 1}})

    matrix = sk.confusion_matrix(y, predicted, sample_weight=data.weight, labels=labels, normalize="true")
    draw("confusion_matrix", "Normalized confusion matrix", lambda figure, axes: _matrix(figure, axes, matrix, labels))
    if len(set(y.tolist())) != 2:
        return
    scores = probable[:, 1] if probable is not None else getattr(estimator, "decision_function", lambda _x: None)(data.x)
    if scores is None:
        return
    name = type(estimator).__name__
    false, true, _ = sk.roc_curve(y, scores, pos_label=labels[1], sample_weight=data.weight)
    precision, recall, _ = sk.precision_recall_curve(y, scores, pos_label=labels[1], sample_weight=data.weight)
    average = sk.average_precision_score(y, scores, pos_label=labels[1], sample_weight=data.weight)
    draw(
        "roc_curve", "ROC curve",
        lambda _figure, axes: _curve(
            axes, false, true, "False Positive Rate", "True Positive Rate", f"{name} (AUC = {sk.auc(false, true):0.2f})"
        ),
    )  # fmt: skip
    draw(
        "precision_recall_curve", "Precision recall curve",
        lambda _figure, axes: _curve(
            axes, recall, precision, "Recall", "Precision", f"{name} (AP = {average:0.2f})", drawstyle="steps-post"
        ),
    )  # fmt: skip


def _matrix(figure: Any, axes: Any, matrix: Any, labels: Any) -> None:
    image = axes.imshow(matrix, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes)
    axes.set_xlabel("Predicted label")
    axes.set_ylabel("True label")
    if len(labels) > MOST_CLASSES:
        return
    size = min(8.0, 50.0 / len(labels))
    places = range(len(labels))
    if max(len(str(one)) for one in labels) > ROOM:
        figure.set_layout_engine("tight")
    axes.set_xticks(places, labels, fontsize=size)
    axes.set_yticks(places, labels, fontsize=size)
    for row in places:
        for column in places:
            share = matrix[row, column]
            colour = "white" if share > 0.5 else "black"
            axes.text(column, row, f"{share:.2g}", ha="center", va="center", color=colour, fontsize=size)


def _curve(axes: Any, x: Any, y: Any, across: str, up: str, label: str, **style: Any) -> None:
    axes.plot(x, y, label=label, **style)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.legend(loc="best", fontsize=8)
