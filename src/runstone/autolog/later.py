"""After the training: predictions of models that autologging saw trained, and what is measured of them.

A prediction is known by its identity, so what is made from it (a slice, a copy) is not followed. A metric's key is
``<metric>[-<call>]_<variable>``: the name of the variable that was predicted for, and a number from the second call on.
"""

from __future__ import annotations

import inspect
import json
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec import Struct, field

import runstone
from runstone.client.inputs import dataset_input

from . import core

TABLE = "metric_info.json"
UNKNOWN = "unknown_dataset"


class Trained(Struct):
    """A model's run, and what was measured there so far.

    Attributes:
        data: variable to the ids of what it held.
        calls: metric to the key of each call, and what is told of it.
    """

    framework: str
    run_id: str
    model_id: str | None
    data: dict[str, list[int]] = field(default_factory=dict)
    calls: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)

    @property
    def options(self) -> core.Options | None:
        """Of its framework; ``None`` where nothing is to be logged after a training."""
        options = core.chosen(self.framework)
        return options if getattr(options, "log_post_training_metrics", False) else None


class Prediction(Struct, frozen=True):
    """``data``: the name of what was predicted for."""

    trained: Trained
    data: str


_models: weakref.WeakKeyDictionary[Any, Trained] = weakref.WeakKeyDictionary()
_runs: dict[str, Trained] = {}
_predictions: dict[int, Prediction] = {}
_lock = threading.RLock()


def remember(model: Any, framework: str, run_id: str, model_id: str | None) -> None:
    """From now on, what is measured of this model's predictions goes to this run."""
    with _lock:
        one = _runs.setdefault(run_id, Trained(framework, run_id, model_id))
        _models[model] = Trained(framework, run_id, model_id, one.data, one.calls)


def trained(model: Any) -> Trained | None:
    """What is known of a model; ``None`` where nothing that is done with it is to be logged now."""
    if core.busy():
        return None
    try:
        found = _models.get(model)
    except TypeError:  # a class of somebody's that has no hash
        return None
    return found if found is not None and found.options is not None else None


def note(trained: Trained, data: Any, result: Any) -> None:
    """From now on, what is measured of this result is of this model, on this data."""
    name = data_name(trained, data)
    with _lock:
        _predictions[id(result)] = Prediction(trained, name)
    weakref.finalize(result, _predictions.pop, id(result), None).atexit = False


def prediction(values: Any) -> Prediction | None:
    """The first of these values that a model known here predicted, and that is to be logged now."""
    found = next((_predictions[id(one)] for one in values if id(one) in _predictions), None)
    return found if found is not None and found.trained.options is not None else None


def log_data(trained: Trained, dataset: Any) -> None:
    """Say in the model's run what it was evaluated with."""
    runstone.MlflowClient().log_inputs(trained.run_id, [dataset_input(dataset, "eval")])


def log(trained: Trained, metric: str, data: str, told: Any, value: Any) -> None:
    """A number that was measured of a model, and what is told of the call in the table of all."""
    with _lock:
        calls = trained.calls.setdefault(metric, [])
        key = f"{_numbered(metric, len(calls))}_{data}"
        calls.append((key, told))
        table = dict(sorted((pair for made in trained.calls.values() for pair in made), key=lambda pair: pair[0]))
    client = runstone.MlflowClient()
    client.log_metric(trained.run_id, key, float(value), model_id=trained.model_id)
    client.log_text(trained.run_id, json.dumps(table, indent=2, default=str), TABLE)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _numbered(name: str, index: int) -> str:
    return name if index == 0 else f"{name}-{index + 1}"


def data_name(trained: Trained, data: Any) -> str:
    """The name of the caller's variable that holds the data, numbered from the second value that it held."""
    name = variable(data) or UNKNOWN
    with _lock:
        known = trained.data.setdefault(name, [])
        if id(data) not in known:
            known.append(id(data))
        return _numbered(name, known.index(id(data)))


def variable(value: Any) -> str | None:
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
