"""One change of many runs: all in one transaction, with what undoes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from runstone.contracts import Batch
from runstone.entities import Run
from runstone.errors import InvalidValue, NotFound
from runstone.nesting import nested_runs
from runstone.records import Record, RunChanged, Tags
from runstone.server import bulk_schema as b
from runstone.server.auth.may import username

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: Tag that asks whoever watches over a run's process to end it.
STOP_TAG = "runstone.stop"
_LIVE = ("RUNNING", "SCHEDULED")


def edit_runs(backend: Backend, body: b.RunsEdit) -> b.RunsEdited:
    """Tag, delete, restore, move or stop several runs."""
    target = body.experiment_id if body.experiment_id is not UNSET else None
    if target is not None and backend.store.get_experiment(target).lifecycle_stage == "deleted":
        raise InvalidValue(f"Experiment {target} is in the trash; restore it, or choose another one.")
    ids = list(dict.fromkeys(body.run_ids))
    records: list[Record] = []
    answer = b.RunsEdited([], [])
    for run_id in ids if target is None else [*ids, *nested_runs(backend.store, ids)]:
        try:
            run = backend.store.get_run(run_id, metrics=False)
        except NotFound:
            answer.left.append(b.RunLeft(run_id, "", "It is not there any more."))
            continue
        made, why = _records(run, body, target, backend.now())
        if made:
            records += made
            answer.before.append(_before(run, body))
        elif run_id in ids:  # a nested run that is there already is no news
            answer.left.append(b.RunLeft(run_id, run.info.run_name or "", why))
    if records:
        backend.store.write(Batch(records))
    return answer


def _records(run: Run, body: b.RunsEdit, target: str | None, now: int) -> tuple[list[Record], str]:
    """What changes this run; none, and why not."""
    run_id, trashed = run.info.run_id, run.info.lifecycle_stage == "deleted"
    made: list[Record] = []
    why = "There is nothing to change."
    if body.deleted is False and trashed:  # a deleted run is read-only: it comes back before anything else changes
        made.append(RunChanged(run_id, now, deleted=False))
        trashed = False
    elif body.deleted is not UNSET:
        why = "It is in the trash already." if body.deleted else "It is not in the trash."
    changes = target is not None or body.stop or bool(body.tags is not UNSET and body.tags)
    if changes and trashed:
        return made, "It is in the trash; restore it first."
    if target is not None:
        if run.info.experiment_id != target:
            made.append(RunChanged(run_id, now, experiment_id=target))
        else:
            why = "It is there already."
    if body.tags is not UNSET and body.tags:
        made.append(Tags(run_id, body.tags))
    if body.stop:
        why = _why_not_stopped(run)
        if not why:
            made.append(Tags(run_id, {STOP_TAG: username() or "the UI"}))
    if body.deleted is True and not trashed:
        made.append(RunChanged(run_id, now, deleted=True))
    return made, why


def _why_not_stopped(run: Run) -> str:
    if run.info.status not in _LIVE:
        return f"It is not running: it is {run.info.status}."
    if run.data.tags.get("mlflow.source.type") != "PROJECT":
        return "It was not started by `runstone run`, so nobody watches over its process. End that process."
    return ""


def _before(run: Run, body: b.RunsEdit) -> b.RunBefore:
    names = [] if body.tags is UNSET else list(body.tags)
    tags = {name: run.data.tags.get(name) for name in [*names, *([STOP_TAG] if body.stop else [])]}
    return b.RunBefore(run.info.run_id, run.info.experiment_id, run.info.lifecycle_stage == "deleted", tags)
