"""Optuna: a study is a run, and each of its trials one below it, while it goes on."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import optuna

import runstone

from . import core, importing
from .core import Options, Prepared, Training

FRAMEWORK = "optuna"
TESTED = ("3.0", "6.0")
#: A pruned trial was stopped from outside; its run says so.
PRUNED, FAILED = "KILLED", "FAILED"

_trial = threading.local()


def autolog(
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log Optuna's studies, from now on. Where no run is active, each call of ``optimize`` gets one.

    What the objective logs, and what autologging logs inside of it, goes to the trial's run.

    Args:
        disable … extra_tags: as for :func:`runstone.sklearn.autolog`.
    """
    switch(**locals())


def switch(**options: Any) -> None:
    """Take these options, and watch Optuna if that is not done yet."""
    if core.switch(FRAMEWORK, Options(**options), "optuna", TESTED):
        importing.when_loaded("optuna", _watch)


def _watch(_module: ModuleType) -> None:
    core.replace(optuna.Study, "optimize", lambda original: core.watched(FRAMEWORK, original, _prepare))
    core.replace(optuna.Trial, "report", _reporting)


def _prepare(training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
    options = training.options
    told = core.given(original, args, kwargs)
    study, objective = told.pop("self"), told["func"]
    core.log_params(options, {name: told.get(name) for name in ("n_trials", "timeout", "n_jobs")})
    runstone.set_tags(
        {
            "optuna.study": study.study_name,
            "optuna.sampler": type(study.sampler).__name__,
            "optuna.pruner": type(study.pruner).__name__,
            "optuna.directions": ",".join(one.name for one in study.directions),
        }
    )
    told["func"] = functools.wraps(objective)(_Objective(training, study, objective))
    told["callbacks"] = [_progress(training), *(told.get("callbacks") or ())]

    def after(_result: Any) -> None:
        if len(study.directions) == 1 and any(one.state.name == "COMPLETE" for one in study.trials):
            core.log_params(options, {f"best_{name}": value for name, value in study.best_params.items()})
            runstone.log_metric("best_value", study.best_value, step=study.best_trial.number, run_id=training.run_id)

    return Prepared((study,), told, after)


class _Objective:
    """The objective, inside a run of the trial's own."""

    def __init__(self, training: Training, study: Any, objective: Callable[[Any], Any]) -> None:
        self.training, self.study, self.objective = training, study, objective

    def __call__(self, trial: Any) -> Any:
        options = self.training.options
        run = core.safely(options, "a trial's run", self._begin, trial)
        if run is None:
            return self.objective(trial)
        _trial.run_id = run.info.run_id
        try:
            with core.resumed():
                values = self.objective(trial)
        except BaseException as problem:
            status = PRUNED if isinstance(problem, optuna.TrialPruned) else FAILED
            core.safely(options, "a trial", self._end, trial, None, status)
            raise
        finally:
            _trial.run_id = None
        core.safely(options, "a trial", self._end, trial, values, "FINISHED")
        return values

    def _begin(self, trial: Any) -> Any:
        tags = {core.TAG: FRAMEWORK, "optuna.trial": str(trial.number), **(self.training.options.extra_tags or {})}
        own = threading.get_ident() == self.training.thread
        return runstone.start_run(
            run_name=f"trial {trial.number}", nested=own, parent_run_id=None if own else self.training.run_id, tags=tags
        )

    def _end(self, trial: Any, values: Any, status: str) -> None:
        try:
            core.log_params(self.training.options, trial.params)
            if values is not None:
                runstone.log_metrics(_named(self.study, values))
        finally:
            runstone.end_run(status)


def _named(study: Any, values: Any) -> dict[str, float]:
    several = list(values) if isinstance(values, list | tuple) else [values]
    names = getattr(study, "metric_names", None) or (["value"] if len(several) == 1 else None)
    names = names or [f"value_{place}" for place in range(len(several))]
    return {name: float(value) for name, value in zip(names, several, strict=False)}


def _progress(training: Training) -> Callable[[Any, Any], None]:
    """The best value so far, by trial, in the study's run."""

    def log(study: Any, trial: Any) -> None:
        if len(study.directions) == 1 and trial.state.name == "COMPLETE":
            runstone.log_metric("best_value", study.best_value, step=trial.number, run_id=training.run_id)

    return lambda study, trial: core.safely(training.options, "the study's progress", log, study, trial)


def _reporting(original: Callable[..., Any]) -> Callable[..., Any]:
    """``trial.report``: the values on the way, by step."""

    @functools.wraps(original)
    def report(trial: Any, value: Any, step: int) -> None:
        run_id, options = getattr(_trial, "run_id", None), core.chosen(FRAMEWORK)
        if run_id is not None and options is not None:
            core.safely(options, "a report", _log_report, run_id, value, step)
        original(trial, value, step)

    report.__runstone_watched__ = True  # type: ignore[attr-defined]
    return report


def _log_report(run_id: str, value: Any, step: int) -> None:
    runstone.log_metric("intermediate_value", float(value), step=step, run_id=run_id)
