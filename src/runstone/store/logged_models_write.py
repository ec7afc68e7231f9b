"""What the records of logged models do. They are few, so each is written at once, inside the batch's transaction.

A function raises the error that tells why its record cannot be applied; then it has changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runstone.entities.logged_models import LoggedModelStatus
from runstone.errors import InvalidValue, NotFound, ParamChanged
from runstone.records import LoggedModelChanged, LoggedModelCreated

from .places import run_folder
from .search_sql import Sql, rows, run
from .statements import Rows
from .states import ACTIVE, DELETED, ExperimentState
from .tables import logged_model_params, logged_model_tags, logged_models
from .work import Work

_MODELS = Rows(logged_models)
_PARAMS, _TAGS = Rows(logged_model_params), Rows(logged_model_tags, update=["value"])
#: Characters that would make a name read as a path or a URI.
_FORBIDDEN = "/:.%\"'"


def _create(work: Work, record: LoggedModelCreated) -> None:
    work.next_change()  # from here on no other writer's record can come between
    if not record.model_id or not record.name or any(one in record.name for one in _FORBIDDEN):
        raise InvalidValue(
            f"Invalid model name: {record.name!r}. It must be a text that is not empty, without any of {' '.join(_FORBIDDEN)}."
        )
    if _row(work, record.model_id):
        return
    experiment, place = _place(work, record)
    if not work.late:
        experiment.require_active()
    time = record.time or work.now
    row = [
        record.model_id, experiment.experiment_id, record.name, place, time, time, record.model_type,
        record.source_run or None, _known(record.status), None, ACTIVE,
    ]  # fmt: skip
    _MODELS.insert(work.connection, row, work.sign)
    _insert(work, _PARAMS, record.model_id, record.params)
    _insert(work, _TAGS, record.model_id, record.tags)


def follow_run(work: Work, run_id: str, experiment_id: int) -> None:
    """The models that a run made go with it to another experiment; their files stay where they are."""
    run(work.connection, Sql("UPDATE logged_models SET experiment_id = ? WHERE source_run = ?", (experiment_id, run_id)))


def _place(work: Work, record: LoggedModelCreated) -> tuple[ExperimentState, str]:
    """The experiment that a new model is of, and where its files are. Raises NotFound, InvalidValue (path)."""
    if not record.path:
        experiment = work.experiment(record.experiment_id)
        own = f"{experiment.artifact_location.rstrip('/')}/models/{record.model_id}/artifacts"
        return experiment, record.artifact_location or own
    parts = record.path.split("/")
    if any(part in ("", ".", "..") for part in parts) or any(one in record.path for one in "\\:\x00"):
        raise InvalidValue(f"Invalid path {record.path!r} of a logged model: it is relative, such as 'model', without '..'.")
    work.look_up_runs([record.source_run])
    made = work.run(record.source_run)
    experiment = work.experiment(made.experiment_id)
    root = made.artifact_uri or run_folder(experiment.artifact_location, made.run_id)
    return experiment, f"{root.rstrip('/')}/{record.path}"


def _change(work: Work, record: LoggedModelChanged) -> None:
    work.next_change()
    found = _row(work, record.model_id)
    if found is None or (found[0] == DELETED and record.deleted is not False):
        raise NotFound(f"Logged model with ID '{record.model_id}' not found.")
    news: dict[str, Any] = {"last_update_time": record.time or work.now}
    if record.status is not None:
        news["status"] = _known(record.status)
    if record.status_message is not None:
        news["status_message"] = record.status_message
    if record.deleted is not None:
        news["lifecycle_stage"] = DELETED if record.deleted else ACTIVE
    _insert(work, _PARAMS, record.model_id, _new_params(work, record))
    _insert(work, _TAGS, record.model_id, {key: value for key, value in record.tags.items() if value is not None})
    for key in (key for key, value in record.tags.items() if value is None):
        run(work.connection, Sql('DELETE FROM logged_model_tags WHERE model_id = ? AND "key" = ?', (record.model_id, key)))
    sets = ", ".join(f"{column} = ?" for column in news)
    run(work.connection, Sql(f"UPDATE logged_models SET {sets} WHERE model_id = ?", (*news.values(), record.model_id)))


#: One function for each kind of record.
APPLY: dict[type, Callable[[Work, Any], None]] = {LoggedModelCreated: _create, LoggedModelChanged: _change}


def _row(work: Work, model_id: str) -> Any:
    found = rows(work.connection, Sql("SELECT lifecycle_stage FROM logged_models WHERE model_id = ?", (model_id,)))
    return found[0] if found else None


def _new_params(work: Work, record: LoggedModelChanged) -> dict[str, str]:
    """Params that are not there yet. Raises ParamChanged."""
    if not record.params:
        return {}
    there = dict(
        rows(work.connection, Sql('SELECT "key", value FROM logged_model_params WHERE model_id = ?', (record.model_id,)))
    )
    for key, value in record.params.items():
        if there.get(key, value) != value:
            raise ParamChanged(record.model_id, key, there[key], value)
    return {key: value for key, value in record.params.items() if key not in there}


def _insert(work: Work, into: Rows, model_id: str, texts: dict[str, str]) -> None:
    into.insert(work.connection, [part for key, value in texts.items() for part in (model_id, key, value)], work.sign)


def _known(status: str) -> str:
    if status not in LoggedModelStatus.NAMES:
        raise InvalidValue(f"Invalid status {status!r} of a logged model; there are {', '.join(LoggedModelStatus.NAMES)}.")
    return status
