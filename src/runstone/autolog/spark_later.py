"""Spark ML after the training: what evaluators say of a model's predictions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pyspark.ml.base

import runstone

from . import core, later, spark_stages
from .later import Prediction, Trained


def watch_models() -> None:
    """Watch what fitted models predict. ``transform`` is inherited from what is also the base of things that are not fitted."""
    base = pyspark.ml.base.Model
    if "transform" not in vars(base):
        base.transform = _transforming(base.transform)


def watch_evaluators(module: ModuleType) -> None:
    """Watch the base of ``pyspark.ml.evaluation``'s evaluators."""
    core.replace(module.Evaluator, "evaluate", _evaluating)


def _transforming(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def transform(self: Any, dataset: Any, params: Any = None) -> Any:
        trained = later.trained(self)
        if trained is None:
            return original(self, dataset, params)
        with core.paused():
            result = original(self, dataset, params)
            core.safely(trained.options, "a prediction", later.note, trained, dataset, result)
        return result

    return transform


def _evaluating(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def evaluate(self: Any, dataset: Any, params: Any = None) -> Any:
        found = None if core.busy() else later.prediction([dataset])
        if found is None:
            return original(self, dataset, params)
        with core.paused():
            value = original(self, dataset, params)
            core.safely(found.trained.options, "a metric", _measured, found, self, dataset, params, value)
        return value

    evaluate.__runstone_watched__ = True  # type: ignore[attr-defined]
    return evaluate


def _measured(found: Prediction, evaluator: Any, dataset: Any, params: Any, value: Any) -> None:
    if not later.is_number(value):
        return
    evaluator = evaluator.copy(params) if params else evaluator
    kind = type(evaluator)
    name = evaluator.getMetricName() if hasattr(evaluator, "getMetricName") else kind.__name__
    told = {"evaluator_class": f"{kind.__module__}.{kind.__name__}", "params": spark_stages.values(evaluator)}
    later.log(found.trained, name, found.data, told, value)
    core.safely(found.trained.options, "the dataset", _log_data, found.trained, dataset)


def _log_data(trained: Trained, dataset: Any) -> None:
    if trained.options is not None and trained.options.log_datasets:
        later.log_data(trained, runstone.data.from_spark(dataset))
