"""Metrics that come along, for ``extra_metrics``, under MLflow's names: the same numbers as those of ``model_type``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runstone._lazy import need

from . import classifier, regressor
from .metric import EvaluationMetric, MetricValue, make_metric


def mae() -> EvaluationMetric:
    """``mean_absolute_error``; like all of these weighted by ``evaluator_config``'s ``sample_weights``."""
    return _of_numbers("mean_absolute_error", greater_is_better=False)


def mse() -> EvaluationMetric:
    """``mean_squared_error``."""
    return _of_numbers("mean_squared_error", greater_is_better=False)


def rmse() -> EvaluationMetric:
    """``root_mean_squared_error``."""
    return _of_numbers("root_mean_squared_error", greater_is_better=False)


def mape() -> EvaluationMetric:
    """``mean_absolute_percentage_error``."""
    return _of_numbers("mean_absolute_percentage_error", greater_is_better=False)


def max_error() -> EvaluationMetric:
    """``max_error``, which knows no weights."""
    return _of_numbers("max_error", greater_is_better=False)


def r2_score() -> EvaluationMetric:
    """``r2_score``: left out for a single row, of which it says nothing."""
    return _of_numbers("r2_score", greater_is_better=True)


def precision_score() -> EvaluationMetric:
    """``precision_score``: of the positive class of two, else by ``evaluator_config``'s ``average``."""
    return _of_classes("precision_score")


def recall_score() -> EvaluationMetric:
    """``recall_score``, as :func:`precision_score`."""
    return _of_classes("recall_score")


def f1_score() -> EvaluationMetric:
    """``f1_score``, as :func:`precision_score`."""
    return _of_classes("f1_score")


def exact_match() -> EvaluationMetric:
    """``exact_match/v1``: the share of predictions that are the target itself; texts, too."""

    def compute(predictions: Any, targets: Any, sample_weights: Any = None) -> MetricValue:
        share = need("sklearn.metrics", "evaluate", "scikit-learn").accuracy_score(
            targets, predictions, sample_weight=sample_weights
        )
        return MetricValue(aggregate_results={"exact_match": share})

    return _made("exact_match", compute, True, "v1")


def _of_numbers(name: str, greater_is_better: bool) -> EvaluationMetric:
    def compute(predictions: Any, targets: Any, sample_weights: Any = None) -> MetricValue:
        found = regressor.numbers(targets, predictions, {"sample_weights": sample_weights})
        return MetricValue(aggregate_results={name: found.get(name)})

    return _made(name, compute, greater_is_better)


def _of_classes(name: str) -> EvaluationMetric:
    def compute(
        predictions: Any,
        targets: Any,
        pos_label: Any = None,
        average: str = "weighted",
        label_list: Any = None,
        sample_weights: Any = None,
    ) -> MetricValue:
        config = {"pos_label": pos_label, "average": average, "label_list": label_list, "sample_weights": sample_weights}
        kinds = classifier.classes(targets, predictions, None, config)
        return MetricValue(aggregate_results={name: classifier.numbers(targets, predictions, None, kinds, config)[name]})

    return _made(name, compute, True)


def _made(name: str, compute: Callable[..., Any], greater_is_better: bool, version: str | None = None) -> EvaluationMetric:
    return make_metric(eval_fn=compute, greater_is_better=greater_is_better, name=name, version=version)
