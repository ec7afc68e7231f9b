"""The trash: what was deleted and can still come back, and its end for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runstone.contracts import RunQuery
from runstone.entities import Activity, Experiment, RunInfo, ViewType
from runstone.errors import InvalidValue, NotFound, WrongState
from runstone.query.printer import quoted
from runstone.removal import all_runs, remove, spared, versions_of_runs
from runstone.server import bulk_schema as b
from runstone.server.auth.may import is_administrator

from .experiments import every_experiment

if TYPE_CHECKING:
    from runstone.server.backend import Backend

_DELETED = "attributes.deleted_time"


def list_trash(backend: Backend, query: b.TrashQuery) -> b.Trash:
    """What is in the trash, last deleted first."""
    wanted = query.q.casefold()
    gone = [one for one in every_experiment(backend, "deleted") if wanted in one.name.casefold()]
    gone.sort(key=lambda one: one.last_update_time or 0, reverse=True)
    there = {one.experiment_id: one for one in every_experiment(backend)}
    found = backend.store.table(
        RunQuery(
            experiment_ids=tuple(there),
            filter=f"attributes.run_name ILIKE {quoted(f'%{query.q}%')}" if query.q else "",
            order_by=(f"{_DELETED} DESC",),
            view=ViewType.DELETED_ONLY,
            offset=query.offset,
            limit=query.limit,
        ),
        (_DELETED,),
    )
    held = versions_of_runs(backend.store, found.run_ids)
    runs = [
        b.TrashedRun(run_id, name, home, there[home].name, user, _time(time), held.get(run_id, ""))
        for run_id, name, home, user, time in zip(
            found.run_ids, found.names, found.experiment_ids, found.users, found.values[0], strict=True
        )
        if home in there
    ]
    inside = backend.store.activities([one.experiment_id for one in gone])
    experiments = [b.TrashedExperiment(one.experiment_id, one.name, _count(inside, one), one.last_update_time) for one in gone]
    return b.Trash(experiments, runs, found.matched, is_administrator(backend))


def remove_for_ever(backend: Backend, body: b.TrashRemoval) -> b.TrashRemoved:
    """Remove runs and experiments that are in the trash for ever, with their files."""
    if not body.run_ids and not body.experiment_ids:
        raise InvalidValue("Nothing is named: give run_ids, experiment_ids, or both.")
    experiments = [_deleted_experiment(backend, one) for one in dict.fromkeys(body.experiment_ids)]
    runs = {info.run_id: info for info in all_runs(backend.store, [one.experiment_id for one in experiments])}
    missing = []
    for run_id in dict.fromkeys(body.run_ids):
        try:
            runs.setdefault(run_id, _deleted_run(backend, run_id))
        except NotFound as gone:
            missing.append(gone.message)
    free, homes, words = spared(backend.store, list(runs.values()), experiments)
    kept = remove(backend.store, backend.own_artifacts, free, homes, backend.now())
    return b.TrashRemoved(len(free), len(homes), [*missing, *words, *kept])


def _deleted_experiment(backend: Backend, experiment_id: str) -> Experiment:
    found = backend.store.get_experiment(experiment_id)
    if found.lifecycle_stage != "deleted":
        raise WrongState(f"Experiment {experiment_id} is not in the trash. Only what was deleted can be removed for ever.")
    return found


def _deleted_run(backend: Backend, run_id: str) -> RunInfo:
    info = backend.store.get_run(run_id, metrics=False).info
    if info.lifecycle_stage != "deleted":
        raise WrongState(f"Run {run_id} is not in the trash. Only what was deleted can be removed for ever.")
    return info


def _count(inside: dict[str, Activity], experiment: Experiment) -> int:
    found = inside.get(experiment.experiment_id, Activity())
    return found.runs + found.deleted


def _time(value: float | int | str | None) -> int | None:
    return int(value) if isinstance(value, int | float) else None
