"""Optuna: a study is a run, and each of its trials one below it, while it goes on."""

from __future__ import annotations

import functools
import json
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import optuna

import runstone
from runstone.client import runs

from . import core, importing, optuna_asked, optuna_results
from .core import Options, Prepared, Training
from .optuna_trial import FRAMEWORK, NO_VALUE, SUGGESTED, TRIAL, describe, progress, study_tags, texts

TESTED = ("3.0", "6.0")
#: Names that Optuna gives to studies by itself begin so.
NAMELESS = "no-name-"

_trial = threading.local()


def autolog(
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log Optuna's studies, from now on. Where no run is active, each call of ``optimize`` gets one.

    What the objective logs, and what autologging logs inside of it, goes to the trial's run. A trial of ``ask`` has a run, too,
    until ``tell``: below the active run, if there is one.

    Args:
        disable … extra_tags: as for :func:`runstone.sklearn.autolog`.
    """
    switch(**locals())


def switch(**options: Any) -> None:
    """Take these options, and watch Optuna if that is not done yet."""
    if core.switch(FRAMEWORK, Options(**options), "optuna", TESTED):
        importing.when_loaded("optuna", _watch)


def _watch(_module: ModuleType) -> None:
    core.replace(optuna.Study, "optimize", _watched_optimize)
    core.replace(optuna.Study, "ask", optuna_asked.watched_ask)
    core.replace(optuna.Study, "tell", optuna_asked.watched_tell)
    core.replace(optuna.Trial, "report", lambda original: _telling(original, _log_report))
    for kind in ("float", "int", "categorical"):
        core.replace(optuna.Trial, f"suggest_{kind}", lambda original: _telling(original, _log_suggested))


def _watched_optimize(original: Callable[..., Any]) -> Callable[..., Any]:
    watched = core.watched(FRAMEWORK, original, _prepare)

    @functools.wraps(watched)
    def optimize(study: Any, *args: Any, **kwargs: Any) -> Any:
        with optuna_asked.optimizing(study):
            return watched(study, *args, **kwargs)

    return optimize


def _prepare(training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
    options = training.options
    told = core.given(original, args, kwargs)
    study, objective = told.pop("self"), told["func"]
    core.log_params(options, {name: told.get(name) for name in ("n_trials", "timeout", "n_jobs")})
    names = {} if study.study_name.startswith(NAMELESS) or not training.begun else {"mlflow.runName": study.study_name}
    runstone.set_tags({**names, **study_tags(study)})
    trials = _Trials(training, study, objective)
    told["func"] = functools.wraps(objective)(trials)
    told["callbacks"] = [trials.told, *(told.get("callbacks") or ())]
    # not after it alone: a study that is interrupted has results, too
    return Prepared((study,), told, lambda _result: None, trials.close)


class _Trials:
    """The objective, inside a run of each trial's own, which ends when Optuna has judged what came of it."""

    def __init__(self, training: Training, study: Any, objective: Callable[[Any], Any]) -> None:
        self.training, self.options, self.study, self.objective = training, training.options, study, objective
        #: Runs of trials, by number; those that go on are in ``open``.
        self.runs: dict[int, Any] = {}
        self.open: dict[int, Any] = {}

    def __call__(self, trial: Any) -> Any:
        run = core.safely(self.options, "a trial's run", self._begin, trial)
        if run is None:
            return self.objective(trial)
        around = getattr(_trial, "run_id", None), getattr(_trial, "suggested", {})  # a study inside of a trial's objective
        _trial.run_id, _trial.suggested = run.info.run_id, {}
        try:
            with core.resumed():
                return self.objective(trial)
        except BaseException as problem:
            core.safely(self.options, "a trial", self._stopped, trial, run, problem)
            raise
        finally:
            _trial.run_id, _trial.suggested = around

    def told(self, study: Any, trial: Any) -> None:
        """What Optuna calls after each trial."""
        core.safely(self.options, "a trial", self._judged, trial)
        core.safely(self.options, "the study's progress", progress, study, trial, self.training.run_id)

    def close(self) -> None:
        """End what was left open, and keep what the study found."""
        for run in list(self.open.values()):
            runs.end_block(run, "FAILED", "Optuna was told nothing of this trial's end")
        optuna_results.log(self.study, {number: run.info.run_id for number, run in self.runs.items()}, self.training.run_id)
        best = optuna_results.best_of(self.study)
        runstone.set_tags(texts(self.study.user_attrs))
        if best is not None:
            core.log_params(self.options, {f"best_{name}": value for name, value in best.params.items()}, self.training.run_id)

    def _begin(self, trial: Any) -> Any:
        tags = {core.TAG: FRAMEWORK, TRIAL: str(trial.number), **(self.options.extra_tags or {})}
        own = threading.get_ident() == self.training.thread
        run = runstone.start_run(
            run_name=f"trial {trial.number}", nested=own, parent_run_id=None if own else self.training.run_id, tags=tags
        )
        self.runs[trial.number] = self.open[trial.number] = run
        return run

    def _stopped(self, trial: Any, run: Any, problem: BaseException) -> None:
        """The objective raised. A pruned trial was stopped from outside, and its run says so."""
        try:
            state = "PRUNED" if isinstance(problem, optuna.TrialPruned) else "FAIL"
            describe(self.options, self.study, trial, run.info.run_id, state)
        finally:
            self.open.pop(trial.number, None)
            if isinstance(problem, optuna.TrialPruned):
                runs.end_block(run, "KILLED", str(problem) or "pruned")
            else:
                run.__exit__(*sys.exc_info())

    def _judged(self, trial: Any) -> None:
        """The objective gave back something, which is a value or not."""
        run = self.open.get(trial.number)
        if run is None:
            return
        state = trial.state.name
        try:
            describe(self.options, self.study, trial, run.info.run_id, state)
        finally:
            self.open.pop(trial.number, None)
            runs.end_block(run, *(("FINISHED", None) if state == "COMPLETE" else ("FAILED", NO_VALUE)))


def _telling(original: Callable[..., Any], log: Callable[..., None]) -> Callable[..., Any]:
    """A method of a trial that logs what it was given and gave back to the trial's run."""

    @functools.wraps(original)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        run_id, options = optuna_asked.run_of(self) or getattr(_trial, "run_id", None), core.chosen(FRAMEWORK)
        if run_id is not None and options is not None:
            core.safely(options, "a trial on its way", log, run_id, core.given(original, (self, *args), kwargs), result)
        return result

    method.__runstone_watched__ = True  # type: ignore[attr-defined]
    return method


def _log_report(run_id: str, told: dict[str, Any], _result: Any) -> None:
    runstone.log_metric("intermediate_value", float(told["value"]), step=told["step"], run_id=run_id)


def _log_suggested(run_id: str, told: dict[str, Any], value: Any) -> None:
    if run_id == getattr(_trial, "run_id", None):
        _trial.suggested[told["name"]] = value
        found = _trial.suggested
    else:
        found = told["self"].params  # asked for; which reads Optuna's store
    runstone.MlflowClient().set_tag(run_id, SUGGESTED, json.dumps(found, default=str))
