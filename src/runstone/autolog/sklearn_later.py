"""After the training: what ``score`` and the functions of ``sklearn.metrics`` say of a model's predictions.

A prediction is known by its identity, so what is made from it (a slice, a copy) is not followed. A metric's key is
``<function>[-<call>]_<variable>``: the name of the variable that was predicted for, and a number from the second call on.
"""

from __future__ import annotations

import functools
import inspect
import json
import pkgutil
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
from msgspec import Struct, field

import runstone
from runstone.client.inputs import dataset_input

from . import core, sklearn_training

PREDICTS = ("predict", "predict_proba", "predict_log_proba", "transform")
#: Callables of ``sklearn.metrics`` that measure nothing.
NO_METRICS = {"check_scoring", "get_scorer", "get_scorer_names", "make_scorer"}
TABLE = "metric_info.json"
UNKNOWN = "unknown_dataset"


class _Trained(Struct):
    """A model's run, and what was measured there so far. ``data``: variable to the ids of what it held."""

    run_id: str
    model_id: str | None
    data: dict[str, list[int]] = field(default_factory=dict)
    calls: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


class _Prediction(Struct, frozen=True):
    trained: _Trained
    data: str


_models: weakref.WeakKeyDictionary[Any, _Trained] = weakref.WeakKeyDictionary()
_runs: dict[str, _Trained] = {}
_predictions: dict[int, _Prediction] = {}
_lock = threading.RLock()


def remember(model: Any, run_id: str, model_id: str | None) -> None:
    """From now on, what is measured of this model's predictions goes to this run."""
    with _lock:
        one = _runs.setdefault(run_id, _Trained(run_id, model_id))
        _models[model] = _Trained(run_id, model_id, one.data, one.calls)


def forget() -> None:
    """No model is known."""
    with _lock:
        _models.clear()
        _runs.clear()
        _predictions.clear()


def _known(model: Any) -> _Trained | None:
    if core.busy() or not _on():
        return None
    try:
        return _models.get(model)
    except TypeError:  # a class of somebody's that has no hash
        return None


def _on() -> bool:
    return _options() is not None


def _options() -> core.Options | None:
    """Of scikit-learn, or of a framework whose models are like scikit-learn's."""
    return core.any_chosen("log_post_training_metrics")


def predicting(original: Callable[..., Any]) -> Callable[..., Any]:
    """A method that predicts, watched."""

    @functools.wraps(original)
    def call(model: Any, *args: Any, **kwargs: Any) -> Any:
        trained = _known(model)
        if trained is None:
            return original(model, *args, **kwargs)
        with core.paused():
            result = original(model, *args, **kwargs)
            core.safely(_options(), "a prediction", _note, original, trained, args, kwargs, result)
        return result

    call.__runstone_watched__ = True  # type: ignore[attr-defined]
    return call


def scoring(original: Callable[..., Any]) -> Callable[..., Any]:
    """``score``, watched."""

    @functools.wraps(original)
    def call(model: Any, *args: Any, **kwargs: Any) -> Any:
        trained = _known(model)
        if trained is None:
            return original(model, *args, **kwargs)
        with core.paused():
            value = original(model, *args, **kwargs)
            core.safely(_options(), "a score", _scored, original, trained, model, args, kwargs, value)
        return value

    call.__runstone_watched__ = True  # type: ignore[attr-defined]
    return call


class Metric:
    """A function of ``sklearn.metrics``, watched. It pickles as the name it has there."""

    def __init__(self, original: Callable[..., Any]) -> None:
        functools.update_wrapper(self, original)
        self.original = original

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if core.busy() or not _on():
            return self.original(*args, **kwargs)
        with core.paused():
            value = self.original(*args, **kwargs)
            core.safely(_options(), "a metric", _measured, self.original, args, kwargs, value)
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


def _note(original: Callable[..., Any], trained: _Trained, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
    data = _first(original, args, kwargs)
    name = _data_name(trained, data)
    with _lock:
        _predictions[id(result)] = _Prediction(trained, name)
    weakref.finalize(result, _predictions.pop, id(result), None).atexit = False
    options = _options()
    if options is not None and options.log_datasets:
        dataset = sklearn_training.dataset_of(options, data)
        if dataset is not None:
            runstone.MlflowClient().log_inputs(trained.run_id, [dataset_input(dataset, "eval")])


def _scored(
    original: Callable[..., Any], trained: _Trained, model: Any, args: tuple[Any, ...], kwargs: dict[str, Any], value: Any
) -> None:
    if _is_number(value):
        kind = type(model).__name__
        name = _data_name(trained, _first(original, args, kwargs))
        names = list(inspect.signature(original).parameters)[1:]
        _log(trained, f"{kind}_score", name, _command(f"{kind}.{original.__name__}", names, args, kwargs), value)


def _measured(original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], value: Any) -> None:
    if not _is_number(value):
        return
    found = next((_predictions[id(one)] for one in (*args, *kwargs.values()) if id(one) in _predictions), None)
    if found is not None:
        name = original.__name__
        command = _command(name, list(inspect.signature(original).parameters), args, kwargs)
        _log(found.trained, name, found.data, command, value)


def _log(trained: _Trained, metric: str, data: str, command: str, value: Any) -> None:
    with _lock:
        calls = trained.calls.setdefault(metric, [])
        key = f"{_numbered(metric, len(calls))}_{data}"
        calls.append((key, command))
        table = dict(sorted(pair for made in trained.calls.values() for pair in made))
    client = runstone.MlflowClient()
    client.log_metric(trained.run_id, key, float(value), model_id=trained.model_id)
    client.log_text(trained.run_id, json.dumps(table, indent=2), TABLE)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _first(original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The first argument beside the model."""
    return args[0] if args else kwargs.get(list(inspect.signature(original).parameters)[1])


def _numbered(name: str, index: int) -> str:
    return name if index == 0 else f"{name}-{index + 1}"


def _data_name(trained: _Trained, data: Any) -> str:
    name = _variable(data) or UNKNOWN
    with _lock:
        known = trained.data.setdefault(name, [])
        if id(data) not in known:
            known.append(id(data))
        return _numbered(name, known.index(id(data)))


def _command(function: str, names: list[str], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    given = [*zip(names, args, strict=False), *kwargs.items()]
    return f"{function}({', '.join(f'{name}={_shown(value)}' for name, value in given)})"


def _shown(value: Any) -> str:
    if value is None or np.isscalar(value):
        return repr(f"{value[:32]}...") if isinstance(value, str) and len(value) > 32 else repr(value)
    return _variable(value) or f"<{type(value).__name__}>"


def _variable(value: Any) -> str | None:
    """The name that the caller's code has for a value: in the nearest frame above that was not handed it as an argument."""
    if value is None:
        return None
    for local, arguments in _frames():
        if any(value is local.get(name) for name in arguments.plain):
            continue
        packed = [*local.get(arguments.rest, ()), *dict(local.get(arguments.named, {})).values()]
        if any(value is one for one in packed):
            continue
        return next((name for name, held in local.items() if held is value), None)
    return None


class _Arguments(Struct, frozen=True):
    plain: tuple[str, ...]
    rest: str
    named: str


def _frames() -> Iterator[tuple[dict[str, Any], _Arguments]]:
    """Locals and arguments of the frames above ours, the nearest first; this package's own are left out."""
    frame = sys._getframe(1)
    while frame is not None:
        if not frame.f_globals.get("__name__", "").startswith("runstone."):
            told = inspect.getargs(frame.f_code)
            yield frame.f_locals, _Arguments(tuple(told.args), told.varargs or "", told.varkw or "")
        frame = frame.f_back  # type: ignore[assignment]
