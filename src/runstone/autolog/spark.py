"""Spark ML: ``fit`` of its estimators and pipelines."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pyspark.ml.base

import runstone
from runstone.client.notices import warn_once
from runstone.models.flavors import spark as flavor

from . import core, importing, spark_search, spark_stages
from .core import Options, Prepared, Training

FRAMEWORK = "spark"
TESTED = ("3.3", "5.0")
#: Options of MLflow's without a meaning here.
_IDLE = ("log_post_training_metrics", "log_input_examples", "log_model_signatures", "log_model_allowlist")


def autolog(
    log_models: bool = True,
    log_datasets: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    log_post_training_metrics: bool = False,
    registered_model_name: str | None = None,
    log_input_examples: bool = False,
    log_model_signatures: bool = False,
    log_model_allowlist: list[str] | None = None,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log what Spark ML fits, from now on. Where no run is active, each fit gets one. What a pipeline, a cross-validator or a
    split fits inside is part of it.

    Args:
        log_models: log trained models; they are written by Spark.
        log_datasets: taken for MLflow's sake; a Spark frame is not read for a digest.
        log_post_training_metrics, log_input_examples, log_model_signatures, log_model_allowlist: MLflow's; one that is asked
            for is named in a warning, since nothing follows from it here.
        disable … extra_tags: as for :func:`runstone.sklearn.autolog`.
    """
    told = dict(locals())
    idle = [name for name in _IDLE if told.pop(name)]
    if idle and not silent:
        warn_once("spark autolog", f"autologging of Spark ML does nothing for {', '.join(idle)}.")
    switch(**told)


def switch(**options: Any) -> None:
    """Take these options, and watch Spark ML if that is not done yet."""
    if core.switch(FRAMEWORK, Options(**options), "pyspark", TESTED):
        importing.when_loaded("pyspark.ml.base", _watch)


def _watch(_module: ModuleType) -> None:
    core.replace(pyspark.ml.base.Estimator, "fit", _watched)


def _watched(original: Callable[..., Any]) -> Callable[..., Any]:
    logged = core.watched(FRAMEWORK, original, _prepare)

    @functools.wraps(original)
    def fit(self: Any, dataset: Any, params: Any = None) -> Any:
        # as in MLflow: what makes features is logged as part of a pipeline, and several trainings at once are not logged
        if type(self).__module__.startswith("pyspark.ml.feature") or isinstance(params, list | tuple):
            with core.paused():
                return original(self, dataset, params)
        return logged(self, dataset, params)

    return fit


def _prepare(training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
    options = training.options
    estimator, _, params = args
    estimator = estimator.copy(params) if params else estimator
    core.safely(options, "the estimator's params", _begin, options, estimator)

    def after(model: Any) -> None:
        if spark_stages.is_search(estimator):
            core.safely(options, "the search's results", spark_search.finish, training, options, estimator, model)
        if options.log_models and hasattr(model, "write"):
            core.safely(options, "logging the model", _keep, options, model)

    return Prepared(args, kwargs, after)


def _begin(options: Options, estimator: Any) -> None:
    names = spark_stages.names_of(estimator)
    core.log_params(options, spark_stages.params_of(estimator, names))
    runstone.set_tags(spark_search.about(estimator))
    if info := spark_stages.info_of(estimator, names):
        runstone.log_text(json.dumps(info, indent=2, default=str), "estimator_info.json")


def _keep(options: Options, model: Any) -> None:
    flavor.log_model(model, name="model", registered_model_name=options.registered_model_name)
    if hasattr(model, "bestModel"):
        flavor.log_model(model.bestModel, name="best_model")
