"""Spark ML: ``fit`` of its estimators and pipelines."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pyspark.ml.base

import runstone
from runstone.models.flavors import spark as flavor

from . import core, importing
from .core import Options, Prepared, Training

FRAMEWORK = "spark"
TESTED = ("3.3", "5.0")


def autolog(
    log_models: bool = True,
    log_datasets: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    registered_model_name: str | None = None,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log what Spark ML fits, from now on. Where no run is active, each fit gets one. What a pipeline, a cross-validator or a
    split fits inside is part of it.

    Args:
        log_models: log trained models; they are written by Spark.
        log_datasets: taken for MLflow's sake; a Spark frame is not read for a digest.
        disable … extra_tags: as for :func:`runstone.sklearn.autolog`.
    """
    switch(**locals())


def switch(**options: Any) -> None:
    """Take these options, and watch Spark ML if that is not done yet."""
    if core.switch(FRAMEWORK, Options(**options), "pyspark", TESTED):
        importing.when_loaded("pyspark.ml.base", _watch)


def _watch(_module: ModuleType) -> None:
    core.replace(pyspark.ml.base.Estimator, "fit", lambda original: core.watched(FRAMEWORK, original, _prepare))


def _prepare(training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
    options, estimator = training.options, args[0]
    core.log_params(options, _params(estimator))
    kind = type(estimator)
    runstone.set_tags({"estimator_name": kind.__name__, "estimator_class": f"{kind.__module__}.{kind.__name__}"})

    def after(model: Any) -> None:
        if hasattr(model, "avgMetrics"):
            runstone.log_metrics({f"avg_metric_{place}": float(value) for place, value in enumerate(model.avgMetrics)})
        if options.log_models and hasattr(model, "write"):
            core.safely(options, "logging the model", _keep, options, model)

    return Prepared(args, kwargs, after)


def _params(estimator: Any) -> dict[str, Any]:
    """Those of the estimator; of a pipeline, those of its stages by their names."""
    if hasattr(estimator, "getStages"):
        stages = estimator.getStages()
        found = {"stages": [type(stage).__name__ for stage in stages]}
        for stage in stages:
            found |= {f"{type(stage).__name__}.{name}": value for name, value in _params(stage).items()}
        return found
    return {param.name: value for param, value in estimator.extractParamMap().items()}


def _keep(options: Options, model: Any) -> None:
    flavor.log_model(model, name="model", registered_model_name=options.registered_model_name)
