"""XGBoost: ``xgboost.train`` and the estimators of ``xgboost.sklearn``. Names are those of mlflow 3.17."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import xgboost
from xgboost.callback import TrainingCallback

from runstone.models.environment import distribution_of
from runstone.models.flavors import xgboost as flavor

from . import boosting, core, importing
from .boosting import BoostingOptions, Iterations
from .core import Prepared, Training

FRAMEWORK = "xgboost"
TESTED = ("1.7", "4.0")
#: Arguments of ``train`` that are no params.
UNLOGGED = ("params", "dtrain", "evals", "obj", "feval", "evals_result", "xgb_model", "callbacks", "learning_rates")


class XgboostOptions(BoostingOptions, frozen=True, kw_only=True):
    importance_types: list[str] | None = None
    model_format: str = "ubj"


def autolog(
    importance_types: list[str] | None = None,
    log_input_examples: bool = False,
    log_model_signatures: bool = True,
    log_models: bool = True,
    log_datasets: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    registered_model_name: str | None = None,
    model_format: str = "ubj",
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log what XGBoost trains, from now on. Where no run is active, each training gets one.

    Args:
        importance_types: kinds of feature importance to log, ``["weight"]`` if ``None``.
        model_format: the model's file: ``ubj``, ``json`` or ``xgb``.
        log_input_examples … extra_tags: as for :func:`runstone.sklearn.autolog`.
    """
    switch(**locals())


def switch(**options: Any) -> None:
    """Take these options, and watch XGBoost if that is not done yet."""
    if core.switch(FRAMEWORK, XgboostOptions(**options), distribution_of("xgboost") or "xgboost", TESTED):
        importing.when_loaded("xgboost", _watch)


def _watch(_module: ModuleType) -> None:
    core.replace(xgboost, "train", lambda original: core.watched(FRAMEWORK, original, _prepare))
    core.replace(xgboost.sklearn, "train", lambda original: core.part(FRAMEWORK, original, _prepare_part))
    for kind in (xgboost.DMatrix, xgboost.QuantileDMatrix):
        core.replace(kind, "__init__", lambda original: boosting.remembering(FRAMEWORK, original))
    estimators = [
        item for item in vars(xgboost.sklearn).values() if isinstance(item, type) and issubclass(item, xgboost.XGBModel)
    ]
    keep = boosting.keeper(flavor.log_model, model_format=lambda options: options.model_format)
    boosting.watch_estimators(FRAMEWORK, estimators, keep)


class _Record(TrainingCallback):
    def __init__(self, iterations: Iterations) -> None:
        self.iterations = iterations

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        last = {f"{data}-{metric}": values[-1] for data, told in evals_log.items() for metric, values in told.items()}
        if last:
            core.safely(self.iterations.training.options, "an iteration's metrics", self.iterations.add, _values(last), epoch)
        return False


def _values(found: dict[str, Any]) -> dict[str, float]:
    """Metrics of cross-validation are pairs with a deviation."""
    return {name: value[0] if isinstance(value, tuple) else value for name, value in found.items()}


def _prepare(training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
    return _train(training, original, args, kwargs, whole=True)


def _prepare_part(training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
    return _train(training, original, args, kwargs, whole=False)


def _train(
    training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], whole: bool
) -> Prepared:
    """``whole``: the data and the model are logged here, and not by the estimator whose part it is."""
    options = training.options
    assert isinstance(options, XgboostOptions)
    told = core.given(original, args, kwargs)
    params = {name: value for name, value in told.items() if name not in UNLOGGED}
    boosting.log_train_params(training, {**told["params"], **params})
    iterations = Iterations(training)
    # First, so that the iteration that a later callback stops after is seen, too.
    told["callbacks"] = [_Record(iterations), *(told.get("callbacks") or ())]
    dataset = core.safely(options, "describing the data", _describe, options, told) if whole and options.log_datasets else None

    def after(model: Any) -> None:
        if whole and options.log_models:
            core.safely(options, "logging the model", keep, model)
        if told.get("early_stopping_rounds"):
            best = int(model.best_iteration)
            iterations.stopped(best, best, len(iterations.seen) - 1, dataset)
        for kind in options.importance_types or ["weight"]:
            found = model.get_score(importance_type=kind)
            core.safely(options, f"the importance {kind}", boosting.importance, kind, list(found), list(found.values()))

    def keep(model: Any) -> None:
        boosting.keep_model(
            options, flavor.log_model, model, boosting.example_of(told["dtrain"]),
            lambda example: model.predict(xgboost.DMatrix(example)), params, model_format=options.model_format,
            model_id=training.model_id,
        )  # fmt: skip

    return Prepared((), told, after)


def _describe(options: XgboostOptions, told: dict[str, Any]) -> Any:
    """Log the datasets; that of the training data."""
    trained_on = boosting.describe(options, told["dtrain"].get_data(), "train")
    for data, name in told.get("evals") or ():
        boosting.describe(options, data.get_data(), "eval", name)
    return trained_on
