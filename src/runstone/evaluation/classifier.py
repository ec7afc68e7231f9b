"""Numbers and pictures of a classifier, under MLflow's names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from msgspec import Struct

from runstone._lazy import need
from runstone.client.notices import notice
from runstone.errors import InvalidValue

from . import plots
from .artifacts import CsvEvaluationArtifact, ImageEvaluationArtifact, Shelf

#: How the numbers of more than two classes become one.
AVERAGES = ("weighted", "macro", "micro")


class Classes(Struct, frozen=True):
    """``labels``: all classes, the positive one last of two; ``columns``: the class of each column of probabilities."""

    labels: Any
    columns: Any
    positive: Any = None

    @property
    def binary(self) -> bool:
        return len(self.labels) == 2

    def of_positive(self, probabilities: Any) -> Any:
        return probabilities[:, list(self.columns).index(self.positive)]


def classes(targets: Any, predictions: Any, known: Any, config: Mapping[str, Any]) -> Classes:
    """Which classes there are.

    Args:
        known: what the model says its classes are, or None.

    Raises: InvalidValue for fewer than two, or a positive class that is none of them.
    """
    given, positive = config.get("label_list"), config.get("pos_label")
    try:
        labels = (
            np.unique(np.concatenate([np.asarray(targets), np.asarray(predictions)])) if given is None else np.unique(given)
        )
    except TypeError as cause:
        raise InvalidValue(f"Targets and predictions have no common type of classes: {cause}.") from cause
    if given is None and known is not None and set(labels) < set(known):
        labels = np.unique(known)
    if len(labels) < 2:
        raise InvalidValue(
            f"Evaluation dataset for classification must contain at least two unique labels, and it has {labels.tolist()}. "
            "evaluator_config={'label_list': [0, 1]} names those that are missing."
        )
    if positive is not None and positive not in labels:
        raise InvalidValue(f"'pos_label' {positive!r} must exist in 'label_list' {labels.tolist()}.")
    columns = np.asarray(known) if known is not None else labels
    if len(labels) > 2:
        return Classes(labels, columns)
    positive = labels[-1] if positive is None else positive
    return Classes(np.array([next(one for one in labels if one != positive), positive]), columns, positive)


def numbers(targets: Any, predictions: Any, probabilities: Any, kinds: Classes, config: Mapping[str, Any]) -> dict[str, Any]:
    """Metrics; those of probabilities only where there are some, and where the data lets them be computed."""
    metrics, weights = need("sklearn.metrics", "evaluate", "scikit-learn"), config.get("sample_weights")
    found: dict[str, Any] = {}
    if kinds.binary:
        found |= _counts(metrics, targets, predictions, kinds.labels)
    average = "binary" if kinds.binary else _average(config)
    found |= _common(metrics, targets, predictions, average, kinds.positive, weights)
    if probabilities is None:
        return found
    wanted: dict[str, Callable[[], Any]] = {
        "log_loss": lambda: metrics.log_loss(targets, probabilities, labels=kinds.columns, sample_weight=weights)
    }
    if kinds.binary:
        score, truth = kinds.of_positive(probabilities), np.asarray(targets) == kinds.positive
        wanted["roc_auc"] = lambda: metrics.roc_auc_score(truth, score, sample_weight=weights)
        wanted["precision_recall_auc"] = lambda: metrics.average_precision_score(truth, score, sample_weight=weights)
    elif average in ("macro", "weighted"):
        wanted["roc_auc"] = lambda: metrics.roc_auc_score(
            targets, probabilities, labels=kinds.columns, average=average, multi_class="ovr", sample_weight=weights
        )
    lacking = len(np.unique(targets)) < len(kinds.labels)
    for name, call in wanted.items():
        if lacking and name != "log_loss":
            continue  # not defined where a class has no rows
        try:
            found[name] = call()
        except ValueError as cause:
            notice(f"{name} is left out: {cause}")
    return found


def _average(config: Mapping[str, Any]) -> str:
    """Raises InvalidValue for a word that gives no single number, ``None`` (one for each class) among them."""
    average = config.get("average", "weighted")
    if average not in AVERAGES:
        raise InvalidValue(
            f"evaluator_config's 'average' is {average!r}, which gives no single number for more than two classes; "
            f"{', '.join(map(repr, AVERAGES))} do. The numbers of each class are in per_class_metrics.csv."
        )
    return str(average)


def log(shelf: Shelf, targets: Any, predictions: Any, probabilities: Any, kinds: Classes, config: Mapping[str, Any]) -> None:
    """Log the pictures, and the numbers of each class where there are more than two."""
    metrics, weights = need("sklearn.metrics", "evaluate", "scikit-learn"), config.get("sample_weights")
    most = config.get("max_classes_for_multiclass_roc_pr", 10)
    curves = probabilities is not None and len(kinds.labels) <= (2 if kinds.binary else most)
    rows, roc, precision = [], {}, {}
    for label in [kinds.positive] if kinds.binary else kinds.labels:
        truth, guess = (np.asarray(targets) == label).astype(int), (np.asarray(predictions) == label).astype(int)
        row = {"positive_class": label, **_counts(metrics, truth, guess, [0, 1])}
        row |= _common(metrics, truth, guess, "binary", 1, weights)
        if curves and 0 < truth.sum() < len(truth):
            score = probabilities[:, list(kinds.columns).index(label)]
            row["roc_auc"] = metrics.roc_auc_score(truth, score, sample_weight=weights)
            row["precision_recall_auc"] = metrics.average_precision_score(truth, score, sample_weight=weights)
            x, y, _ = metrics.roc_curve(truth, score, sample_weight=weights)
            roc[f"{label}, AUC={row['roc_auc']:.3f}"] = (x, y)
            y, x, _ = metrics.precision_recall_curve(truth, score, sample_weight=weights)
            precision[f"{label}, AP={row['precision_recall_auc']:.3f}"] = (x, y)
        rows.append(row)
    if not kinds.binary:
        shelf.put("per_class_metrics", need("pandas", "evaluate").DataFrame(rows), CsvEvaluationArtifact)
    pictures = {}
    if roc:
        pictures["roc_curve_plot"] = plots.curves(roc, "False positive rate", "True positive rate", "ROC", diagonal=True)
        pictures["precision_recall_curve_plot"] = plots.curves(precision, "Recall", "Precision", "Precision and recall")
    if probabilities is not None and kinds.binary:
        pictures["lift_curve_plot"] = plots.lift(np.asarray(targets) == kinds.positive, kinds.of_positive(probabilities))
    if probabilities is not None:
        bins = int(config.get("calibration_n_bins", 10))
        shown = [kinds.positive] if kinds.binary else kinds.labels
        parts = {str(one): (np.asarray(targets) == one, probabilities[:, list(kinds.columns).index(one)]) for one in shown}
        pictures["calibration_curve_plot"] = plots.calibration(parts, bins)
    table = metrics.confusion_matrix(targets, predictions, labels=kinds.labels, normalize="true", sample_weight=weights)
    pictures["confusion_matrix"] = plots.confusion(table, kinds.labels)
    for name, figure in pictures.items():
        shelf.put(name, figure, ImageEvaluationArtifact)


def _counts(metrics: Any, targets: Any, predictions: Any, labels: Any) -> dict[str, int]:
    table = metrics.confusion_matrix(targets, predictions, labels=labels).ravel()
    names = ("true_negatives", "false_positives", "false_negatives", "true_positives")
    return dict(zip(names, map(int, table), strict=True))


def _common(metrics: Any, targets: Any, predictions: Any, average: str, positive: Any, weights: Any) -> dict[str, Any]:
    told = {"average": average, "pos_label": positive, "sample_weight": weights, "zero_division": 0}
    return {
        "example_count": len(targets),
        "accuracy_score": metrics.accuracy_score(targets, predictions, sample_weight=weights),
        "recall_score": metrics.recall_score(targets, predictions, **told),
        "precision_score": metrics.precision_score(targets, predictions, **told),
        "f1_score": metrics.f1_score(targets, predictions, **told),
    }
