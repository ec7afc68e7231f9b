"""scikit-learn: params, training metrics, figures, the model, searches, and what is measured afterwards.

The names of all that is logged are those of mlflow 3.17, and so are the values.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import sklearn

from runstone.errors import InvalidValue

from . import core, importing, sklearn_later, sklearn_training
from .core import Options, Prepared, Training

FRAMEWORK = "sklearn"
#: Versions that the tests run with: from the first, to before the second.
TESTED = ("1.3", "2.0")

FITS = ("fit", "fit_transform", "fit_predict")
#: They prepare data; they are logged as parts of a pipeline and not for themselves.
PREPARING = ("sklearn.preprocessing", "sklearn.impute", "sklearn.feature_extraction", "sklearn.feature_selection")
COLUMNS = "sklearn.compose._column_transformer"
#: Functions of ``sklearn.model_selection._validation`` inside of which models are fitted many times, for one figure.
FOLDS = ("_fit_and_score", "_fit_and_predict", "_permutation_test_score", "_incremental_fit_estimator")


class SklearnOptions(Options, frozen=True, kw_only=True):
    max_tuning_runs: int | None = 5
    log_post_training_metrics: bool = True
    serialization_format: str = "cloudpickle"
    pos_label: Any = None


def autolog(
    log_input_examples: bool = False,
    log_model_signatures: bool = True,
    log_models: bool = True,
    log_datasets: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    max_tuning_runs: int | None = 5,
    log_post_training_metrics: bool = True,
    serialization_format: str = "cloudpickle",
    registered_model_name: str | None = None,
    pos_label: Any = None,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log what scikit-learn's estimators train, from now on. Where no run is active, each training gets one.

    Args:
        log_input_examples: keep five rows of the training data with the model.
        log_model_signatures: say what the model takes and gives.
        log_models: log trained models; without, neither of the two above.
        log_datasets: say what was trained on, and what predictions were made for.
        disable: switch it off.
        exclusive: leave runs alone that a script began itself.
        disable_for_unsupported_versions: leave versions of scikit-learn alone that this one was not tested with.
        silent: no warnings of autologging.
        max_tuning_runs: how many of the best candidates of a search become child runs; all if ``None``.
        log_post_training_metrics: log what ``score`` and the functions of ``sklearn.metrics`` say of predictions.
        serialization_format: of the model, ``cloudpickle``, ``pickle`` or ``skops``.
        registered_model_name: the registered model that gets each trained one as its next version.
        pos_label: the positive class of binary metrics; averages weighted by class if ``None``.
        extra_tags: tags for runs that autologging begins.

    Raises:
        InvalidValue: ``max_tuning_runs`` is negative, or a format that does not exist.
    """
    options = {name: value for name, value in locals().items() if name in SklearnOptions.__struct_fields__}
    if max_tuning_runs is not None and max_tuning_runs < 0:
        raise InvalidValue(f"`max_tuning_runs` must be non-negative, instead got {max_tuning_runs}.")
    if serialization_format not in ("cloudpickle", "pickle", "skops"):
        raise InvalidValue(f"serialization_format={serialization_format!r} is unknown; there are cloudpickle, pickle, skops.")
    switch(**options)


def switch(**options: Any) -> None:
    """Take these options, and watch scikit-learn if that is not done yet."""
    if core.switch(FRAMEWORK, SklearnOptions(**options), "scikit-learn", TESTED):
        importing.when_loaded("sklearn.*", _watch_module)


# --- what is watched ---------------------------------------------------------------------------------------------------


def _watch_module(module: ModuleType) -> None:
    """Watch the estimators that a module of scikit-learn defines, its metrics, its folds."""
    name = module.__name__
    if name == "sklearn.metrics":
        sklearn_later.watch_metrics(module)
    elif name == "sklearn.model_selection._validation":
        _leave_folds_alone(module)
    if name.startswith(PREPARING) or name == COLUMNS or ".tests" in name:
        return
    for item in list(vars(module).values()):
        if isinstance(item, type) and item.__module__ == name and _is_estimator(item):
            _watch_class(item)


def _is_estimator(item: type) -> bool:
    base = getattr(sklearn.base, "BaseEstimator", None)
    return base is not None and issubclass(item, base) and not item.__name__.startswith("_") and not inspect.isabstract(item)


def _watch_class(item: type) -> None:
    for name in FITS:
        _replace(item, name, lambda original: core.watched(FRAMEWORK, original, _prepare))
    for name in sklearn_later.PREDICTS:
        _replace(item, name, sklearn_later.predicting)
    _replace(item, "score", sklearn_later.scoring)


def _replace(item: type, name: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    found = inspect.getattr_static(item, name, None)
    inner = getattr(found, "fn", None)
    if isinstance(found, FunctionType):
        if not hasattr(found, "__runstone_watched__"):
            setattr(item, name, wrap(found))
    elif isinstance(inner, FunctionType) and hasattr(found, "check") and not hasattr(inner, "__runstone_watched__"):
        # a method that is there only if an inner estimator has it
        twin = copy.copy(found)
        twin.fn = wrap(inner)
        setattr(item, name, twin)


def _leave_folds_alone(module: ModuleType) -> None:
    for name in FOLDS:
        original = getattr(module, name, None)
        if isinstance(original, FunctionType) and not hasattr(original, "__runstone_watched__"):
            setattr(module, name, _unlogged(original))


def _unlogged(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        with core.paused():
            return original(*args, **kwargs)

    call.__runstone_watched__ = True  # type: ignore[attr-defined]
    return call


# --- one training ------------------------------------------------------------------------------------------------------


def _prepare(training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
    estimator = args[0]
    options = training.options
    assert isinstance(options, SklearnOptions)
    data = sklearn_training.Data.of(estimator, original, args[1:], kwargs)
    params = estimator.get_params(deep=not sklearn_training.is_search(estimator))
    core.log_params(options, params)
    sklearn_training.begin(training, estimator, data)

    def after(_result: Any) -> None:
        sklearn_training.finish(training, options, estimator, data)

    return Prepared(args, kwargs, after)
