"""Trials of ``study.ask()`` and ``tell()``: a run each, below the active run if there is one.

It is nobody's active run, since several trials may be asked for at once, and told in another order or by another thread.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct

import runstone
from runstone.client import runs
from runstone.client.run_log import RunLog
from runstone.client.session import Session, session

from . import core, optuna_trial
from .core import Options

#: Optuna's word for how a trial ended, and the run's.
ENDS = {"COMPLETE": ("FINISHED", None), "PRUNED": ("KILLED", "pruned"), "FAIL": ("FAILED", optuna_trial.NO_VALUE)}


class _Asked(Struct):
    log: RunLog
    session: Session
    parent: str | None
    pid: int


_open: dict[tuple[str, int], _Asked] = {}
#: Studies inside ``optimize``, which asks and tells by itself, in threads of its own, too.
_optimized: Counter[int] = Counter()
_closing = False


@contextmanager
def optimizing(study: Any) -> Iterator[None]:
    """Within the block a study's trials are not those of ``ask``."""
    _optimized[id(study)] += 1
    try:
        yield
    finally:
        _optimized[id(study)] -= 1
        if not _optimized[id(study)]:
            del _optimized[id(study)]  # another study may get the same id


def watched_ask(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def ask(study: Any, *args: Any, **kwargs: Any) -> Any:
        trial, options = original(study, *args, **kwargs), core.chosen(optuna_trial.FRAMEWORK)
        if options is not None and not _optimized[id(study)] and not core.busy():
            core.safely(options, "a trial's run", _begin, options, study, trial)
        return trial

    ask.__runstone_watched__ = True  # type: ignore[attr-defined]
    return ask


def watched_tell(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def tell(study: Any, *args: Any, **kwargs: Any) -> Any:
        told = original(study, *args, **kwargs)
        asked = _open.pop((study.study_name, told.number), None)
        if asked is not None:
            core.safely(core.chosen(optuna_trial.FRAMEWORK), "a trial", _judged, study, told, asked)
        return told

    tell.__runstone_watched__ = True  # type: ignore[attr-defined]
    return tell


def run_of(trial: Any) -> str | None:
    """The run of a trial that was asked for and has not ended."""
    asked = _open.get((trial.study.study_name, trial.number)) if _open else None
    return None if asked is None else asked.log.run_id


def _begin(options: Options, study: Any, trial: Any) -> None:
    global _closing
    outer = runstone.active_run()
    if outer is not None and options.exclusive:
        return
    here, parent = session(), None
    if outer is not None:
        parent = outer.info.run_id
        if not any(one.parent == parent for one in list(_open.values())):  # other threads ask and tell
            _name_study(study, parent)
    tags = {core.TAG: optuna_trial.FRAMEWORK, optuna_trial.STUDY: study.study_name, optuna_trial.TRIAL: str(trial.number)}
    if trial.params:  # ``fixed_distributions`` are suggested at once
        tags[optuna_trial.SUGGESTED] = json.dumps(trial.params, default=str)
    tags |= options.extra_tags or {}
    run, log = runs.begin(here, None, f"trial {trial.number}", parent, tags)
    here.active.add(run.info.run_id)  # its journal stays open until it is told
    _open[study.study_name, trial.number] = _Asked(log, here, parent, os.getpid())
    if not _closing:
        _closing = True
        atexit.register(_close)  # after that of the client, so called before it


def _name_study(study: Any, run_id: str) -> None:
    client = runstone.MlflowClient()
    for key, text in optuna_trial.study_tags(study).items():
        client.set_tag(run_id, key, text)


def _judged(study: Any, told: Any, asked: _Asked) -> None:
    state, options = told.state.name, core.chosen(optuna_trial.FRAMEWORK) or Options()
    try:
        optuna_trial.describe(options, study, told, asked.log.run_id, state)
        if asked.parent is not None:
            optuna_trial.progress(study, told, asked.parent)
    finally:
        _end(asked, *ENDS[state])


def _end(asked: _Asked, status: str, cause: str | None) -> None:
    asked.log.end(status, cause)
    asked.session.release(asked.log.run_id)


def _close() -> None:
    """The process ends, and Optuna was told nothing of these."""
    while _open:
        _, asked = _open.popitem()
        if asked.pid == os.getpid():
            core.safely(None, "a trial", _end, asked, "FAILED", "it was asked for, and Optuna was told nothing of its end")
