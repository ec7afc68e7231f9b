"""Experiments: list, make, rename, tag, put in the trash and take back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import UNSET

from runstone.contracts import Batch, ExperimentQuery
from runstone.entities import Activity, Experiment, ViewType
from runstone.errors import AlreadyExists, RunstoneError
from runstone.records import ExperimentChanged, ExperimentCreated
from runstone.server import schema as s
from runstone.server.numbers import number
from runstone.server.objectives import meanings_of, objective_among

from .views import default_view, shown_tags

if TYPE_CHECKING:
    from runstone.server.backend import Backend

VIEWS = {"active": ViewType.ACTIVE_ONLY, "deleted": ViewType.DELETED_ONLY, "all": ViewType.ALL}


def list_experiments(backend: Backend, query: s.ExperimentsQuery) -> s.Experiments:
    """Experiments with their runs counted, last changed first."""
    wanted = query.q.casefold()
    found = [experiment for experiment in every_experiment(backend, query.view) if _speaks_of(experiment, wanted)]
    return s.Experiments(_rows(backend, found))


def recent_values(backend: Backend, body: s.RecentRequest) -> s.RecentAnswer:
    """A metric of the newest runs of many experiments."""
    found = backend.store.recent_values(body.columns, body.runs)
    return s.RecentAnswer({one: [number(value) for value in values] for one, values in found.items()})


def get_experiment(backend: Backend, experiment_id: str) -> s.ExperimentRow:
    """One experiment, in the trash or not."""
    return _row(backend, backend.store.get_experiment(experiment_id))


def create_experiment(backend: Backend, body: s.NewExperiment) -> s.ExperimentRow:
    """Make an experiment."""
    place = backend.locations.stored("")
    backend.store.write(Batch([ExperimentCreated(body.name, artifact_location=place, tags=body.tags, time=backend.now())]))
    made = backend.store.find_experiment(body.name)
    if made is None:
        raise RunstoneError(f"Experiment {body.name!r} was written but cannot be found; somebody may have renamed it.")
    return _row(backend, made)


def edit_experiment(backend: Backend, experiment_id: str, body: s.ExperimentEdit) -> s.ExperimentRow:
    """Rename, tag, delete or restore an experiment."""
    current = backend.store.get_experiment(experiment_id)
    name = None if body.name is UNSET or body.name == current.name else body.name
    if name is not None and backend.store.find_experiment(name) is not None:
        raise AlreadyExists(f"There is already an experiment named {name!r}. Choose another name.")
    record = ExperimentChanged(
        experiment_id,
        backend.now(),
        name,
        None if body.deleted is UNSET else body.deleted,
        {} if body.tags is UNSET else body.tags,
    )
    backend.store.write(Batch([record]))
    return _row(backend, backend.store.get_experiment(experiment_id))


def every_experiment(backend: Backend, view: str = "active") -> list[Experiment]:
    """All of them, however many pages that takes."""
    found: list[Experiment] = []
    token: str | None = None
    while True:
        page = backend.store.search_experiments(ExperimentQuery(view=VIEWS[view], page_token=token))
        found += page
        token = page.token
        if token is None:
            return found


def _speaks_of(experiment: Experiment, wanted: str) -> bool:
    said = (experiment.name, *(f"{key}={value}" for key, value in shown_tags(experiment).items()))
    return any(wanted in text.casefold() for text in said)


def _row(backend: Backend, experiment: Experiment) -> s.ExperimentRow:
    return _rows(backend, [experiment])[0]


def _rows(backend: Backend, experiments: Sequence[Experiment]) -> list[s.ExperimentRow]:
    found = backend.store.activities([one.experiment_id for one in experiments]) if experiments else {}
    return [_told(one, found.get(one.experiment_id, Activity())) for one in experiments]


def _told(experiment: Experiment, activity: Activity) -> s.ExperimentRow:
    return s.ExperimentRow(
        experiment_id=experiment.experiment_id,
        name=experiment.name,
        lifecycle_stage="deleted" if experiment.lifecycle_stage == "deleted" else "active",
        artifact_location=experiment.artifact_location,
        tags=shown_tags(experiment),
        creation_time=experiment.creation_time,
        last_update_time=experiment.last_update_time,
        runs=activity.runs,
        running=activity.status.get("RUNNING", 0),
        last_activity=activity.last,
        objective=objective_among(experiment, activity.metrics) if activity.runs else None,
        default_view=default_view(experiment),
        metrics=meanings_of([experiment]),
    )
