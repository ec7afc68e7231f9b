"""What each kind of record does, in memory: one function per kind, and the table that names them.

A function raises the error that tells why its record cannot be applied; then it has changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from runstone.entities import RunStatus
from runstone.errors import AlreadyExists, InvalidValue, NotFound, ParamChanged, RunstoneError
from runstone.records import (
    ArtifactLogged,
    Console,
    Document,
    ExperimentChanged,
    ExperimentCreated,
    Inputs,
    Lease,
    MetricLinks,
    Metrics,
    Outputs,
    Params,
    Record,
    RunChanged,
    RunStarted,
    Tags,
    unwatched,
)

from . import items, logged_models_write, registry_reviews, registry_write, traces
from .arrivals import checked
from .experiment_ids import number_of
from .places import run_folder
from .states import ACTIVE, DELETED, ExperimentState, RunState
from .work import Work, experiment_number

#: The experiment that always exists.
DEFAULT_EXPERIMENT = 0
RUN_NAME, PARENT, USER = "mlflow.runName", "mlflow.parentRunId", "mlflow.user"
_INT64 = range(-(1 << 63), 1 << 63)


def apply(work: Work, records: Sequence[Record]) -> None:
    """Apply the records of the current batch in order. Raises for a direct batch what the record's function raises."""
    for record in records:
        work.pace()
        try:
            _APPLY[type(record)](work, record)
        except RunstoneError as error:
            work.refuse(record, error)


# --- experiments ------------------------------------------------------------------------------------------------------


def _create_experiment(work: Work, record: ExperimentCreated) -> None:
    if not record.name or not isinstance(record.name, str):
        raise InvalidValue(f"Invalid experiment name: {record.name!r}. It must be a text that is not empty.")
    require_free(work, record.name)
    number = _free_number(work, record.experiment_id)
    time = record.time or work.now
    state = ExperimentState(
        (number, record.name, record.artifact_location or str(number), ACTIVE, time, time, None, 0, 0), new=True
    )
    state.tags.update(record.tags)
    work.add_experiment(state)


def require_free(work: Work, name: str) -> None:
    """Raises AlreadyExists for an experiment's name that is taken, by a deleted one too."""
    taken = work.experiment_named(name)
    if taken is None:
        return
    hint = ""
    if taken.lifecycle_stage == DELETED:
        hint = (
            f" It is deleted: restore it with `runstone experiments restore --experiment-id {taken.experiment_id}`, or "
            "remove it for ever with `runstone gc`, or choose another name."
        )
    raise AlreadyExists(f"Experiment(name={name}) already exists, with id {taken.experiment_id}.{hint}")


def _free_number(work: Work, wanted: str) -> int:
    if wanted:
        known = number_of(wanted)
        if known is None:
            raise InvalidValue(
                f"Invalid experiment id {wanted!r}. It must be a number below 2**63, or empty for the next free one."
            )
        if _exists(work, known):
            raise AlreadyExists(f"Experiment(id={wanted}) already exists.")
        return known
    while _exists(work, number := work.next_experiment()):
        pass
    return number


def _exists(work: Work, number: int) -> bool:
    try:
        work.experiment(number)
    except NotFound:
        return False
    return True


def _change_experiment(work: Work, record: ExperimentChanged) -> None:
    state = work.experiment(record.experiment_id)
    if record.artifact_location and state.next_ordinal == 0 and state.artifact_location == str(state.experiment_id):
        state.artifact_location = record.artifact_location
    if record.deleted is None or (record.deleted and state.lifecycle_stage == ACTIVE):
        state.require_active()
    if record.deleted and state.experiment_id == DEFAULT_EXPERIMENT:
        raise InvalidValue(f"Cannot delete the default experiment '{DEFAULT_EXPERIMENT}' ({state.name!r}): it always exists.")
    if record.deleted is not None and record.deleted == (state.lifecycle_stage == DELETED):
        stage, other = ("active", "deleted") if record.deleted else ("deleted", "active")
        raise NotFound(f"No {stage} experiment with id={record.experiment_id} exists: it is {other}.")
    if record.name is not None and record.name != state.name:
        if not record.name:
            raise InvalidValue("Invalid experiment name: ''. It must be a text that is not empty.")
        require_free(work, record.name)
        state.name = record.name
    if record.deleted is not None:
        _move_experiment(work, state, record.deleted, record.time or work.now)
    state.tags.update(record.tags)
    state.last_update_time = record.time or work.now
    state.dirty = True


def _move_experiment(work: Work, state: ExperimentState, delete: bool, time: int) -> None:
    """To or from the bin, with its runs; runs that were deleted before stay deleted."""
    for run in work.runs_of(state.experiment_id):
        if delete and run.lifecycle_stage == ACTIVE:
            run.lifecycle_stage, run.deleted_time = DELETED, time
        elif not delete and run.lifecycle_stage == DELETED and run.deleted_time == state.deleted_time:
            run.lifecycle_stage, run.deleted_time = ACTIVE, None
            work.restored.append(run.run_id)
        else:
            continue
        run.dirty = run.touched = True
    state.lifecycle_stage, state.deleted_time = (DELETED, time) if delete else (ACTIVE, None)


# --- runs -------------------------------------------------------------------------------------------------------------


def _start_run(work: Work, record: RunStarted) -> None:
    if record.run_id in work.runs:
        return
    if not record.run_id:
        raise InvalidValue("Invalid run id ''. It must be a text that is not empty.")
    _require_status(record.status)
    experiment = _home(work, record)
    name = record.name or record.tags.get(RUN_NAME, "")
    ended = record.time if RunStatus.is_terminated(record.status) else None
    state = RunState(
        (
            record.run_id, experiment.experiment_id, experiment.next_ordinal, name,
            record.user_id or record.tags.get(USER, ""), record.status, record.time, ended, ACTIVE, None,
            record.artifact_uri, record.tags.get(PARENT), None, 0,
        ),
        new=True,
    )  # fmt: skip
    state.tags.update(record.tags)
    if name:
        state.tags[RUN_NAME] = name
    experiment.next_ordinal += 1
    experiment.dirty = True
    work.add_run(state)


def _home(work: Work, record: RunStarted) -> ExperimentState:
    """The run's experiment. What a journal brings was logged long ago: its run is kept in any case."""
    try:
        if record.experiment_id:
            state = work.experiment(record.experiment_id)
        elif record.experiment_name:
            found = work.experiment_named(record.experiment_name)
            if found is None:
                _create_experiment(work, ExperimentCreated(record.experiment_name, time=record.time))
                found = work.experiment_named(record.experiment_name)
            assert found is not None
            state = found
        else:
            state = work.experiment(DEFAULT_EXPERIMENT)
    except NotFound as error:
        if not work.late:
            raise
        work.refuse(record, NotFound(f"{error.message}; the run was put into experiment {DEFAULT_EXPERIMENT}."))
        return work.experiment(DEFAULT_EXPERIMENT)
    if not work.late:
        state.require_active()
    return state


def _require_status(status: str) -> None:
    if status not in RunStatus.NAMES:
        raise InvalidValue(f"Invalid run status {status!r}. Valid ones are {', '.join(RunStatus.NAMES)}.")


def _change_run(work: Work, record: RunChanged) -> None:
    state = work.run(record.run_id)
    if record.deleted is not False:
        others = (record.status, record.end_time, record.name, record.cause, record.experiment_id)
        if any(value is not None for value in others):
            state.require_active()
    if record.status is not None:
        _require_status(record.status)
    if record.watched and RunStatus.is_terminated(state.status) and not unwatched(state.status, state.cause):
        return
    if record.experiment_id is not None and experiment_number(record.experiment_id) != state.experiment_id:
        _change_home(work, state, record.experiment_id)
    if record.deleted is not None:
        _move_run(work, state, record.deleted, record.time or work.now)
    if record.status is not None:
        set_status(state, record.status, record.end_time or record.time, record.cause)
    elif record.end_time is not None:
        state.end_time = record.end_time
    if record.cause is not None:
        state.cause = record.cause
    if record.name is not None:
        state.name = record.name
        state.tags[RUN_NAME] = record.name
    state.dirty = state.touched = True


def set_status(state: RunState, status: str, time: int, cause: str | None) -> None:
    """A status that is final sets the end and its cause; one that is not takes both away."""
    state.status = status
    ended = RunStatus.is_terminated(status)
    state.end_time, state.cause = (time, cause) if ended else (None, None)
    state.dirty = state.touched = True


def _move_run(work: Work, state: RunState, delete: bool, time: int) -> None:
    if delete and state.lifecycle_stage == ACTIVE:
        state.lifecycle_stage, state.deleted_time = DELETED, time
    elif not delete and state.lifecycle_stage == DELETED:
        state.lifecycle_stage, state.deleted_time = ACTIVE, None
        work.restored.append(state.run_id)


def _change_home(work: Work, state: RunState, experiment_id: str) -> None:
    old, new = work.experiment(state.experiment_id), work.experiment(experiment_id)
    new.require_active()
    if not state.artifact_uri:  # its files stay where they are
        state.artifact_uri = run_folder(old.artifact_location, state.run_id)
    state.experiment_id, state.ordinal = new.experiment_id, new.next_ordinal
    new.next_ordinal += 1
    old.dirty = new.dirty = True
    logged_models_write.follow_run(work, state.run_id, new.experiment_id)


def _add_params(work: Work, record: Params) -> None:
    state = work.run(record.run_id)
    state.require_active()
    for key, value in record.values.items():
        there = state.params.get(key)
        if there is None:
            state.params[key] = (value, work.batch)
        elif there[0] != value:
            work.refuse(Params(record.run_id, {key: value}), ParamChanged(record.run_id, key, there[0], value))
    state.touched = True


def _set_tags(work: Work, record: Tags) -> None:
    state = work.run(record.run_id)
    state.require_active()
    state.tags.update(record.values)
    name, user = record.values.get(RUN_NAME), record.values.get(USER)
    if name is not None and name != state.name:
        state.name, state.dirty = name, True
    if user is not None and user != state.user_id:
        state.user_id, state.dirty = user, True
    if PARENT in record.values:
        state.parent_run_id, state.dirty = record.values[PARENT], True
    state.touched = True


def _add_metrics(work: Work, record: Metrics) -> None:
    state = work.run(record.run_id)
    state.require_active()
    if checked(record).series:
        (state.once if work.once else state.metrics).append(record)
        state.touched = True


def _add_link(work: Work, record: MetricLinks) -> None:
    if record.step not in _INT64 or record.timestamp not in _INT64:
        raise InvalidValue(f"Step {record.step} and timestamp {record.timestamp} must be numbers of 64 bits.")
    _add_other(work, record)


def _add_outputs(work: Work, record: Outputs) -> None:
    for model in record.models:
        if model.step not in _INT64:
            raise InvalidValue(f"Step {model.step} of model {model.model_id!r} must be a number of 64 bits.")
    _add_other(work, record)


def _add_other(work: Work, record: MetricLinks | Inputs | Outputs | Console | Document | ArtifactLogged) -> None:
    state = work.run(record.run_id)
    state.require_active()
    state.others.append(record)
    state.touched = True


def _add_lease(work: Work, record: Lease) -> None:
    state = work.runs.get(record.run_id)
    if state is not None and record.until > 0 and state.status == "CRASHED":  # it was only silent
        set_status(state, "RUNNING", 0, None)
    work.leases.append(record)


_APPLY: dict[type, Callable[[Work, Any], None]] = {
    ExperimentCreated: _create_experiment,
    ExperimentChanged: _change_experiment,
    RunStarted: _start_run,
    RunChanged: _change_run,
    Params: _add_params,
    Tags: _set_tags,
    Metrics: _add_metrics,
    MetricLinks: _add_link,
    Inputs: _add_other,
    Outputs: _add_outputs,
    Console: _add_other,
    Document: _add_other,
    Lease: _add_lease,
    ArtifactLogged: _add_other,
    **logged_models_write.APPLY,
    **registry_write.APPLY,
    **registry_reviews.APPLY,
    **traces.APPLY,
    **items.APPLY,
}
