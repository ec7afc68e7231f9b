"""CatBoost: ``fit`` of its models. MLflow has no autologging of it; the names are as for XGBoost."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from types import ModuleType
from typing import Any

import catboost

from runstone.models.flavors import catboost as flavor

from . import boosting, core, importing
from .core import Options, Prepared, Training

FRAMEWORK = "catboost"
TESTED = ("1.0", "2.0")


def autolog(
    log_input_examples: bool = False,
    log_model_signatures: bool = True,
    log_models: bool = True,
    log_datasets: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    registered_model_name: str | None = None,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log what CatBoost trains, from now on. Where no run is active, each training gets one.

    Metrics of the iterations are logged when the training has ended: CatBoost calls nobody back on a GPU.

    Args:
        log_input_examples … extra_tags: as for :func:`runstone.sklearn.autolog`.
    """
    switch(**locals())


def switch(**options: Any) -> None:
    """Take these options, and watch CatBoost if that is not done yet."""
    if core.switch(FRAMEWORK, Options(**options), "catboost", TESTED):
        importing.when_loaded("catboost", _watch)


def _watch(_module: ModuleType) -> None:
    for name in flavor.KINDS:
        core.replace(getattr(catboost, name), "fit", lambda original: core.watched(FRAMEWORK, original, _prepare))
    core.replace(catboost.Pool, "__init__", lambda original: boosting.remembering(FRAMEWORK, original))


def _prepare(training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
    options = training.options
    told = core.given(original, args, kwargs)
    data = told.get("X")
    example = boosting.example_of(data) if isinstance(data, catboost.Pool) else boosting.first_rows(data)
    if options.log_datasets and not isinstance(data, catboost.Pool):
        core.safely(options, "describing the data", boosting.describe, options, data, "train")

    def after(model: Any) -> None:
        params = {**model.get_all_params(), **model.get_params()}
        core.log_params(options, params)
        core.safely(options, "the iterations' metrics", _log_iterations, training, model)
        core.safely(options, "the importances", _log_importances, model)
        if options.log_models:
            core.safely(options, "logging the model", _keep, training, model, example, params)

    return Prepared(args, kwargs, after)


def _keep(training: Training, model: Any, example: Any, params: dict[str, Any]) -> None:
    further = {"model_id": training.model_id}
    boosting.keep_model(training.options, flavor.log_model, model, example, model.predict, params, **further)


def _log_iterations(training: Training, model: Any) -> None:
    found = {
        f"{data}-{metric}": values
        for data, metrics in (model.get_evals_result() or {}).items()
        for metric, values in metrics.items()
    }
    iterations = boosting.Iterations(training)
    for step, values in enumerate(zip_longest(*found.values())):
        iterations.add({name: value for name, value in zip(found, values, strict=True) if value is not None}, step)
    best = model.get_best_iteration()
    if best is not None:
        iterations.log({"best_iteration": best})


def _log_importances(model: Any) -> None:
    kind = "PredictionValuesChange"
    boosting.importance(kind, [str(name) for name in model.feature_names_], list(model.get_feature_importance(type=kind)))
