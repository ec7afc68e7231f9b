"""What Optuna's studies and trials are in their runs, whoever begins and ends the trials."""

from __future__ import annotations

from typing import Any

import runstone

from . import core, optuna_results
from .core import Options

FRAMEWORK = "optuna"
#: A trial's state as Optuna has it; ``tags.`optuna.state` = 'COMPLETE'`` finds those that have a value.
STATE = "optuna.state"
#: What was suggested to a trial that goes on, as JSON: params of a run never change, and the objective may log its own.
SUGGESTED = "optuna.suggested"
STUDY, TRIAL = "optuna.study", "optuna.trial"
#: Why a trial has failed that raised nothing.
NO_VALUE = "the objective gave back no value that Optuna takes: a number, and not NaN, for each direction"


def study_tags(study: Any) -> dict[str, str]:
    """How a study looks for good trials, and its attributes."""
    return {
        **texts(study.user_attrs),
        STUDY: study.study_name,
        "optuna.sampler": type(study.sampler).__name__,
        "optuna.pruner": type(study.pruner).__name__,
        "optuna.directions": ",".join(one.name for one in study.directions),
    }


def texts(found: dict[str, Any]) -> dict[str, str]:
    """A study's or trial's attributes as tags."""
    return {str(key): str(value)[: core.PARAM_CAP] for key, value in found.items()}


def describe(options: Options, study: Any, trial: Any, run_id: str, state: str) -> None:
    """Params, attributes, state, and values where it has some, of a trial that has ended."""
    client = runstone.MlflowClient()
    core.log_params(options, trial.params, run_id)
    for key, text in {**texts(trial.user_attrs), STATE: state}.items():
        client.set_tag(run_id, key, text)
    if trial.params:
        client.delete_tag(run_id, SUGGESTED)
    if state == "COMPLETE":
        names = optuna_results.value_names(study)
        runstone.log_metrics(dict(zip(names, trial.values, strict=True)), run_id=run_id)


def progress(study: Any, trial: Any, run_id: str) -> None:
    """The best value so far, in the study's run. Its step is the trial's number where trials end in their order; where they do
    not, it counts those that have ended, so that the last point is the study's best."""
    if trial.state.name != "COMPLETE":
        return
    ended = sum(one.state.is_finished() for one in study.get_trials(deepcopy=False))
    best = optuna_results.best_of(study)
    if best is None:
        return
    (name,) = optuna_results.value_names(study)
    runstone.log_metric(f"best_{name}", best.value, step=ended - 1, run_id=run_id)
    if best.number == trial.number:
        runstone.MlflowClient().set_tag(run_id, "optuna.best_trial", str(trial.number))
