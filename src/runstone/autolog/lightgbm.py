"""LightGBM: ``lightgbm.train`` and the estimators of ``lightgbm.sklearn``. Names are those of mlflow 3.17."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import lightgbm

from runstone.models.flavors import lightgbm as flavor

from . import boosting, core, importing
from .boosting import BoostingOptions, Iterations
from .core import Prepared, Training

FRAMEWORK = "lightgbm"
TESTED = ("3.3.5", "5.0")
#: Arguments of ``train`` that are no params.
UNLOGGED = ("params", "train_set", "valid_sets", "valid_names", "fobj", "feval", "init_model", "learning_rates", "callbacks")


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
    """Log what LightGBM trains, from now on. Where no run is active, each training gets one.

    Args:
        log_input_examples … extra_tags: as for :func:`runstone.sklearn.autolog`.
    """
    switch(**locals())


def switch(**options: Any) -> None:
    """Take these options, and watch LightGBM if that is not done yet."""
    if core.switch(FRAMEWORK, BoostingOptions(**options), "lightgbm", TESTED):
        importing.when_loaded("lightgbm", _watch)


def _watch(_module: ModuleType) -> None:
    core.replace(lightgbm, "train", lambda original: core.watched(FRAMEWORK, original, _prepare))
    core.replace(lightgbm.sklearn, "train", lambda original: core.part(FRAMEWORK, original, _prepare_part))
    core.replace(lightgbm.Dataset, "__init__", lambda original: boosting.remembering(FRAMEWORK, original))
    estimators = [
        item for item in vars(lightgbm.sklearn).values() if isinstance(item, type) and issubclass(item, lightgbm.LGBMModel)
    ]
    boosting.watch_estimators(FRAMEWORK, estimators, boosting.keeper(flavor.log_model))


def _prepare(training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
    return _train(training, original, args, kwargs, whole=True)


def _prepare_part(training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
    return _train(training, original, args, kwargs, whole=False)


def _train(
    training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], whole: bool
) -> Prepared:
    """``whole``: the data and the model are logged here, and not by the estimator whose part it is."""
    options = training.options
    told = core.given(original, args, kwargs)
    params = {name: value for name, value in told.items() if name not in UNLOGGED}
    boosting.log_train_params(training, {**told["params"], **params})
    iterations = Iterations(training)

    def record(env: Any) -> None:
        core.safely(options, "an iteration's metrics", add, env)

    def add(env: Any) -> None:
        found = {f"{data}-{metric}": value for data, metric, value, *_ in env.evaluation_result_list or ()}
        if found:
            iterations.add(found, env.iteration)

    told["callbacks"] = [record, *(told.get("callbacks") or ())]
    data = told["train_set"]
    if whole and options.log_datasets:
        # before the training, which frees the raw data
        core.safely(options, "describing the data", _describe, options, told)

    def after(model: Any) -> None:
        if whole and options.log_models:
            core.safely(options, "logging the model", keep, model)
        if model.best_iteration > 0 and iterations.seen:
            iterations.stopped(model.best_iteration, model.best_iteration - 1, len(iterations.seen))
        for kind in ("split", "gain"):
            values = model.feature_importance(importance_type=kind)
            core.safely(options, f"the importance {kind}", boosting.importance, kind, model.feature_name(), list(values))

    def keep(model: Any) -> None:
        example = boosting.example_of(data)
        boosting.keep_model(options, flavor.log_model, model, example, model.predict, params, model_id=training.model_id)

    return Prepared((), told, after)


def _describe(options: core.Options, told: dict[str, Any]) -> None:
    boosting.describe(options, told["train_set"].data, "train")
    names = told.get("valid_names") or []
    sets = told.get("valid_sets") or []
    for place, one in enumerate(sets if isinstance(sets, list | tuple) else [sets]):
        boosting.describe(options, one.data, "eval", names[place] if place < len(names) else None)
