"""scikit-learn after the training: what ``score`` and the functions of ``sklearn.metrics`` say of a model's predictions."""

from __future__ import annotations

import functools
import inspect
import pkgutil
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from . import core, later, sklearn_training
from .later import Trained

PREDICTS = ("predict", "predict_proba", "predict_log_proba", "transform")
#: Callables of ``sklearn.metrics`` that measure nothing.
NO_METRICS = {"check_scoring", "get_scorer", "get_scorer_names", "make_scorer"}


def predicting(original: Callable[..., Any]) -> Callable[..., Any]:
    """A method that predicts, watched."""

    @functools.wraps(original)
    def call(model: Any, *args: Any, **kwargs: Any) -> Any:
        trained = later.trained(model)
        if trained is None:
            return original(model, *args, **kwargs)
        with core.paused():
            result = original(model, *args, **kwargs)
            core.safely(trained.options, "a prediction", _note, original, trained, args, kwargs, result)
        return result

    call.__runstone_watched__ = True  # type: ignore[attr-defined]
    return call


def scoring(original: Callable[..., Any]) -> Callable[..., Any]:
    """``score``, watched."""

    @functools.wraps(original)
    def call(model: Any, *args: Any, **kwargs: Any) -> Any:
        trained = later.trained(model)
        if trained is None:
            return original(model, *args, **kwargs)
        with core.paused():
            value = original(model, *args, **kwargs)
            core.safely(trained.options, "a score", _scored, original, trained, model, args, kwargs, value)
        return value

    call.__runstone_watched__ = True  # type: ignore[attr-defined]
    return call


class Metric:
    """A function of ``sklearn.metrics``, watched. It pickles as the name it has there."""

    def __init__(self, original: Callable[..., Any]) -> None:
        functools.update_wrapper(self, original)
        self.original = original

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        found = None if core.busy() else later.prediction((*args, *kwargs.values()))
        if found is None:
            return self.original(*args, **kwargs)
        with core.paused():
            value = self.original(*args, **kwargs)
            core.safely(found.trained.options, "a metric", _measured, found, self.original, args, kwargs, value)
        return value

    def __reduce__(self) -> tuple[Any, ...]:
        return pkgutil.resolve_name, (f"sklearn.metrics:{self.original.__name__}",)

    def __repr__(self) -> str:
        return repr(self.original)


def watch_metrics(module: ModuleType) -> None:
    """Watch the functions of ``sklearn.metrics``. Those that a script imported by name before stay as they are."""
    for name in module.__all__:
        function = getattr(module, name, None)
        if isinstance(function, FunctionType) and name not in NO_METRICS and not name.startswith("plot_"):
            setattr(module, name, Metric(function))


# --- what follows ------------------------------------------------------------------------------------------------------


def _note(original: Callable[..., Any], trained: Trained, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
    data, options = _first(original, args, kwargs), trained.options
    later.note(trained, data, result)
    if options is not None and options.log_datasets:
        dataset = sklearn_training.dataset_of(options, data)
        if dataset is not None:
            later.log_data(trained, dataset)


def _scored(
    original: Callable[..., Any], trained: Trained, model: Any, args: tuple[Any, ...], kwargs: dict[str, Any], value: Any
) -> None:
    if later.is_number(value):
        kind = type(model).__name__
        name = later.data_name(trained, _first(original, args, kwargs))
        names = list(inspect.signature(original).parameters)[1:]
        later.log(trained, f"{kind}_score", name, _command(f"{kind}.{original.__name__}", names, args, kwargs), value)


def _measured(
    found: later.Prediction, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], value: Any
) -> None:
    if later.is_number(value):
        name = original.__name__
        command = _command(name, list(inspect.signature(original).parameters), args, kwargs)
        later.log(found.trained, name, found.data, command, value)


def _first(original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The first argument beside the model."""
    return args[0] if args else kwargs.get(list(inspect.signature(original).parameters)[1])


def _command(function: str, names: list[str], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    given = [*zip(names, args, strict=False), *kwargs.items()]
    return f"{function}({', '.join(f'{name}={_shown(value)}' for name, value in given)})"


def _shown(value: Any) -> str:
    if value is None or np.isscalar(value):
        return repr(f"{value[:32]}...") if isinstance(value, str) and len(value) > 32 else repr(value)
    return later.variable(value) or f"<{type(value).__name__}>"
