"""Spark ML: ``fit`` of its estimators and pipelines."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pyspark.ml.base

import runstone

from . import core, importing, later, spark_later, spark_models, spark_search, spark_stages
from .core import Options, Prepared, Training

FRAMEWORK = "spark"
TESTED = ("3.3", "5.0")


class SparkOptions(Options, frozen=True, kw_only=True):
    log_post_training_metrics: bool = True
    log_model_allowlist: list[str] | None = None


def autolog(
    log_models: bool = True,
    log_datasets: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    log_post_training_metrics: bool = True,
    registered_model_name: str | None = None,
    log_input_examples: bool = False,
    log_model_signatures: bool = True,
    log_model_allowlist: list[str] | None = None,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log what Spark ML fits, from now on. Where no run is active, each fit gets one. What a pipeline, a cross-validator or a
    split fits inside is part of it.

    Args:
        log_models: log trained models; they are written by Spark.
        log_datasets: say what was trained on, and what was evaluated; Spark counts the rows, of which none is fetched.
        log_post_training_metrics: log what evaluators say of what a fitted model's ``transform`` gave.
        log_model_signatures: say which columns the model takes, and what it gives.
        log_input_examples: keep five rows of the training data with the model.
        log_model_allowlist: classes of models to log, such as ``pyspark.ml.classification.*``; every class that Spark can
            write if there is none. (MLflow has a list of its own then.)
        disable … extra_tags: as for :func:`runstone.sklearn.autolog`.
    """
    switch(**locals())


def switch(**options: Any) -> None:
    """Take these options, and watch Spark ML if that is not done yet."""
    if core.switch(FRAMEWORK, SparkOptions(**options), "pyspark", TESTED):
        importing.when_loaded("pyspark.ml.base", _watch)
        importing.when_loaded("pyspark.ml.evaluation", spark_later.watch_evaluators)


def _watch(_module: ModuleType) -> None:
    core.replace(pyspark.ml.base.Estimator, "fit", _watched)
    spark_later.watch_models()


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
    assert isinstance(options, SparkOptions)
    estimator, data, params = args
    estimator = estimator.copy(params) if params else estimator
    core.safely(options, "the estimator's params", _begin, options, estimator)
    if options.log_datasets:
        core.safely(options, "the dataset", lambda: runstone.log_input(runstone.data.from_spark(data), context="train"))

    def after(model: Any) -> None:
        if spark_stages.is_search(estimator):
            core.safely(options, "the search's results", spark_search.finish, training, options, estimator, model)
        kept = (
            core.safely(options, "logging the model", spark_models.keep, options, model, data) if options.log_models else None
        )
        if options.log_post_training_metrics and isinstance(model, pyspark.ml.base.Model):
            later.remember(model, FRAMEWORK, training.run_id, kept)

    return Prepared(args, kwargs, after)


def _begin(options: Options, estimator: Any) -> None:
    names = spark_stages.names_of(estimator)
    core.log_params(options, spark_stages.params_of(estimator, names))
    runstone.set_tags(spark_search.about(estimator))
    if info := spark_stages.info_of(estimator, names):
        runstone.log_text(json.dumps(info, indent=2, default=str), "estimator_info.json")
