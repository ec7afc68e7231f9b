"""What all frameworks share: who is switched on, whose run it is, and that training never feels it.

A watched call runs the original exactly once, with what the caller gave, and hands back what it gave back; what it raises
passes through. All else stands behind :func:`safely`: an error there is one warning (``RUNSTONE_STRICT`` raises it).
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from typing import Any

from msgspec import Struct
from packaging.version import Version

import runstone
from runstone import settings
from runstone.client import logged_models
from runstone.client.notices import warn_once

#: MLflow's tag on runs that autologging began.
TAG = "mlflow.autologging"
#: Longest text of a param that autologging keeps, as MLflow's.
PARAM_CAP = 6000


class Options(Struct, frozen=True, kw_only=True):
    """MLflow's options that every framework has. ``for_all``: said by ``runstone.autolog()``, not by the framework's own."""

    log_input_examples: bool = False
    log_model_signatures: bool = True
    log_models: bool = True
    log_datasets: bool = True
    disable: bool = False
    exclusive: bool = False
    disable_for_unsupported_versions: bool = False
    silent: bool = False
    registered_model_name: str | None = None
    extra_tags: dict[str, str] | None = None
    for_all: bool = False


_chosen: dict[str, Options] = {}
_lock = threading.RLock()
_open: list[Training] = []
_own = threading.local()


def choose(framework: str, options: Options) -> None:
    """From now on, these are a framework's options. What it said itself is not undone by ``runstone.autolog()``."""
    before = _chosen.get(framework)
    if options.for_all and before is not None and not before.for_all:
        return
    _chosen[framework] = options


def chosen(framework: str) -> Options | None:
    """The options in force; ``None`` where autologging is off."""
    options = _chosen.get(framework)
    return None if options is None or options.disable else options


def forget() -> None:
    """Nothing is switched on; what was watched stays watched, and passes through."""
    _chosen.clear()


def switch(framework: str, told: Options, package: str, tested: tuple[str, str]) -> bool:
    """Take these options for a framework; whether it is to be watched now.

    Args:
        package: its distribution.
        tested: versions that the tests run with: from the first, to before the second.
    """
    low, high = map(Version, tested)
    version = metadata.version(package)
    if not low <= Version(version) < high:
        if told.disable_for_unsupported_versions:
            return False
        warn(told, f"version {package}", f"autolog: {package} {version} is not among the versions tested.")
    choose(framework, told)
    return not told.disable


def within(framework: str) -> Training | None:
    """The training of this framework whose watched call has called what this thread does now, with no other between."""
    mine = [one for one in list(_open) if one.thread == threading.get_ident()]
    direct = mine and mine[-1].framework == framework and getattr(_own, "depth", 0) == 1
    return mine[-1] if direct else None


def busy() -> bool:
    """Whether this thread is inside a watched call, so that what happens now is part of it."""
    return bool(getattr(_own, "depth", 0))


@contextmanager
def paused() -> Iterator[None]:
    """Within the block nothing that this thread calls is logged."""
    _own.depth = getattr(_own, "depth", 0) + 1
    try:
        yield
    finally:
        _own.depth -= 1


@contextmanager
def resumed() -> Iterator[None]:
    """Within the block, what this thread calls is logged again, also inside of a watched call."""
    before = getattr(_own, "depth", 0)
    _own.depth = 0
    try:
        yield
    finally:
        _own.depth = before


def warn(options: Options | None, kind: str, text: str) -> None:
    """Say it once, unless ``silent=True``."""
    if options is None or not options.silent:
        warn_once(f"autolog {kind}", text)


def safely(options: Options | None, what: str, call: Callable[..., Any], *args: Any) -> Any:
    """``call(*args)``; ``None`` and one warning where it fails."""
    try:
        return call(*args)
    except Exception as problem:
        if settings.STRICT.get():
            raise
        warn(options, f"{what} {type(problem).__name__}", f"autolog: {what} failed, and training goes on: {problem}")
        return None


class Training:
    """One watched call: the run that it is logged to.

    Attributes:
        run: the active run, or one begun for this call.
        begun: whether it was begun for this call, and ends with it.
        told: params that the call has logged already, by an estimator around what trains.
        model_id: the id that the model will have, once :meth:`model_to_come` was asked for it.
    """

    def __init__(self, framework: str, options: Options) -> None:
        self.framework, self.options = framework, options
        self.thread = threading.get_ident()
        self.told: set[str] = set()
        self.model_id: str | None = None
        found = runstone.active_run()
        self.begun = found is None
        self.run = found or runstone.start_run(tags={TAG: framework, **(options.extra_tags or {})})

    @property
    def run_id(self) -> str:
        return str(self.run.info.run_id)

    def model_to_come(self) -> str | None:
        """The id of the model that is logged when the training has ended, for points on the way; ``None`` where none is."""
        if self.model_id is None and self.options.log_models:
            self.model_id = logged_models.model_to_come()
        return self.model_id

    def end(self, *cause: Any) -> None:
        """End the run, if it was begun here, as what left the call says."""
        if self.begun:
            self.run.__exit__(*(cause or (None, None, None)))


class Prepared(Struct, frozen=True):
    """How to go on after the preparation: what to call the original with, what to do with its result, and what to undo,
    also where it raises."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    after: Callable[[Any], None]
    undo: Callable[[], None] | None = None


Prepare = Callable[[Training, Callable[..., Any], tuple[Any, ...], dict[str, Any]], Prepared]


def watched(framework: str, original: Callable[..., Any], prepare: Prepare) -> Callable[..., Any]:
    """A function that trains, watched. Calls within a watched call are part of it, and not watched.

    Args:
        prepare: called before with the training, the original and its arguments (an instance first, for methods).
    """

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        options = chosen(framework)
        if options is None or busy():
            return original(*args, **kwargs)
        training: Training | None = safely(options, f"{framework} run", _begin, framework, options)
        if training is None:
            return original(*args, **kwargs)
        _open.append(training)
        try:
            with paused():
                result = _run(training, original, prepare, args, kwargs)
        except BaseException:
            safely(options, f"{framework} run", training.end, *sys.exc_info())
            raise
        finally:
            _open.remove(training)
        safely(options, f"{framework} run", training.end)
        return result

    call.__runstone_watched__ = True  # type: ignore[attr-defined]
    return call


def part(framework: str, original: Callable[..., Any], prepare: Prepare) -> Callable[..., Any]:
    """A function that a watched call of the framework's trains with: logged to its run, and to none of its own."""

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        training = within(framework)
        if training is None:
            return original(*args, **kwargs)
        with paused():
            return _run(training, original, prepare, args, kwargs)

    call.__runstone_watched__ = True  # type: ignore[attr-defined]
    return call


def replace(owner: Any, name: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put a watched twin in a function's place, once."""
    original = vars(owner).get(name)
    if callable(original) and not hasattr(original, "__runstone_watched__"):
        setattr(owner, name, wrap(original))


def given(original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """A call's arguments by name, with defaults for those that were not given; all of ``**kwargs`` by their own names."""
    signature = inspect.signature(original)
    bound = signature.bind_partial(*args, **kwargs)
    bound.apply_defaults()
    told = dict(bound.arguments)
    for name, one in signature.parameters.items():
        if one.kind is inspect.Parameter.VAR_KEYWORD:
            told |= told.pop(name, {})
        elif one.kind is inspect.Parameter.VAR_POSITIONAL:
            told.pop(name, None)
    return told


def _run(training: Training, original: Callable[..., Any], prepare: Prepare, args: Any, kwargs: Any) -> Any:
    what = f"{training.framework} {getattr(original, '__name__', 'call')}"
    ready: Prepared | None = safely(training.options, f"{what}, before", prepare, training, original, args, kwargs)
    if ready is None:
        return original(*args, **kwargs)
    try:
        result = original(*ready.args, **ready.kwargs)
    finally:
        if ready.undo is not None:
            safely(training.options, f"{what}, undoing", ready.undo)
    safely(training.options, what, ready.after, result)
    return result


def _begin(framework: str, options: Options) -> Training | None:
    """The training; ``None`` for one that is part of another thread's, or that may not use the active run."""
    with _lock:
        run = runstone.active_run()
        if run is not None and options.exclusive:
            return None
        others = [one for one in _open if one.thread != threading.get_ident()]
        shared = run is None or any(one.run_id == run.info.run_id for one in others)
        if others and shared and threading.current_thread() is not threading.main_thread():
            return None  # a worker of a search that trains in threads; those with a run of their own train for themselves
        return Training(framework, options)


def log_params(options: Options, params: dict[str, Any], run_id: str | None = None) -> None:
    """Log params to a run, the active one if none is named, cut to MLflow's length; those that the run has with another value
    are named in a warning and stay as they are."""
    texts = {str(key): str(value)[:PARAM_CAP] for key, value in params.items()}
    try:
        runstone.log_params(texts, run_id=run_id)
        return
    except runstone.MlflowException:
        pass
    kept = []
    for key, text in texts.items():
        try:
            runstone.log_params({key: text}, run_id=run_id)
        except runstone.MlflowException:
            kept.append(key)
    if kept:
        names = ", ".join(sorted(kept)[:10])
        warn(options, f"params {names}", f"autolog: the run has other values already for the params {names}; those stay.")
