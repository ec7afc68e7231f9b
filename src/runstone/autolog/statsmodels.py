"""statsmodels: ``fit`` of its models. Names are those of mlflow 3.17."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import statsmodels.base.model
import statsmodels.base.wrapper

import runstone
from runstone.models.flavors import statsmodels as flavor

from . import boosting, core, importing
from .core import Options, Prepared, Training

FRAMEWORK = "statsmodels"
TESTED = ("0.13", "1.0")
METRICS = (
    "aic", "bic", "centered_tss", "condition_number", "df_model", "df_resid", "ess", "f_pvalue", "fvalue", "llf", "mse_model",
    "mse_resid", "mse_total", "rsquared", "rsquared_adj", "scale", "ssr", "uncentered_tss",
)  # fmt: skip


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
    """Log what statsmodels fits, from now on. Where no run is active, each fit gets one.

    Args:
        log_models … extra_tags: as for :func:`runstone.sklearn.autolog`.
    """
    switch(**locals())


def switch(**options: Any) -> None:
    """Take these options, and watch statsmodels if that is not done yet."""
    if core.switch(FRAMEWORK, Options(**options), "statsmodels", TESTED):
        importing.when_loaded("statsmodels.*", _watch_module)


def _watch_module(module: ModuleType) -> None:
    base = getattr(statsmodels.base.model, "Model", None)
    for item in list(vars(module).values()):
        ours = isinstance(item, type) and item.__module__ == module.__name__ and base is not None and issubclass(item, base)
        if ours and isinstance(vars(item).get("fit"), FunctionType):
            core.replace(item, "fit", lambda original: core.watched(FRAMEWORK, original, _prepare))


def _prepare(training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
    options = training.options
    told = core.given(original, args, kwargs)
    told.pop("self", None)
    core.log_params(options, told)
    model = args[0]
    if options.log_datasets:
        core.safely(options, "describing the data", _describe, options, model)

    def after(results: Any) -> None:
        model_id = core.safely(options, "logging the model", _keep, options, results) if options.log_models else None
        if isinstance(results, statsmodels.base.wrapper.ResultsWrapper):
            runstone.log_metrics(_metrics(results), run_id=training.run_id, model_id=model_id)
            runstone.log_text(results.summary().as_text(), "model_summary.txt")

    return Prepared(args, kwargs, after)


def _describe(options: Options, model: Any) -> None:
    frame = getattr(getattr(model, "data", None), "frame", None)  # of a formula
    data = frame if frame is not None else getattr(getattr(model, "data", None), "orig_exog", None)
    if data is None:
        data = getattr(model, "exog", None)
    if data is not None:
        boosting.describe(options, data, "train")


def _keep(options: Options, results: Any) -> str | None:
    return flavor.log_model(results, name="model", registered_model_name=options.registered_model_name).model_id


def _metrics(results: Any) -> dict[str, float]:
    found = {}
    for name in METRICS:
        try:
            value = getattr(results, name, None)
        except Exception:  # a figure that this kind of model cannot work out
            continue
        if isinstance(value, numbers.Real) and not isinstance(value, bool):
            found[name] = float(value)
    return found
