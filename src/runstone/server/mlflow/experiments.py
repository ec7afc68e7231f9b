"""MLflow's experiment endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runstone.contracts import Batch, ExperimentQuery
from runstone.entities import Experiment
from runstone.errors import InvalidValue, NotFound, RunstoneError
from runstone.records import ExperimentChanged, ExperimentCreated

from . import messages as m
from . import shapes
from .limits import MAX_EXPERIMENTS, check_experiment_name, check_keys, page_size, view

if TYPE_CHECKING:
    from runstone.server.backend import Backend


def create(backend: Backend, request: m.CreateExperiment) -> shapes.Json:
    """Make an experiment; its id."""
    check_experiment_name(request.name)
    check_keys([tag.key for tag in request.tags], "tags[{}].key")
    location = backend.locations.stored(request.artifact_location)
    tags = {tag.key: tag.value for tag in request.tags}
    backend.store.write(Batch([ExperimentCreated(request.name, artifact_location=location, tags=tags, time=backend.now())]))
    made = backend.store.find_experiment(request.name)
    if made is None:
        raise RunstoneError(f"Experiment {request.name!r} was written but cannot be found; somebody may have renamed it.")
    return {"experiment_id": made.experiment_id}


def get(backend: Backend, request: m.ExperimentId) -> shapes.Json:
    """By id, deleted ones too."""
    return {"experiment": _shape(backend, backend.store.get_experiment(request.experiment_id))}


def get_by_name(backend: Backend, request: m.ExperimentName) -> shapes.Json:
    """By exact name, deleted ones too."""
    found = backend.store.find_experiment(request.experiment_name)
    if found is None:
        raise NotFound(f"Could not find experiment with name '{request.experiment_name}'")
    return {"experiment": _shape(backend, found)}


def search(backend: Backend, request: m.SearchExperiments) -> shapes.Json:
    """Filter, order and page."""
    page = backend.store.search_experiments(
        ExperimentQuery(
            filter=request.filter,
            order_by=tuple(request.order_by),
            view=view(request.view_type, "view_type"),
            limit=page_size(request.max_results, MAX_EXPERIMENTS),
            page_token=request.page_token or None,
        )
    )
    return shapes.without_none({"experiments": [_shape(backend, one) for one in page], "next_page_token": page.token})


def update(backend: Backend, request: m.UpdateExperiment) -> shapes.Json:
    """Rename an active experiment."""
    current = backend.store.get_experiment(request.experiment_id)
    if current.lifecycle_stage != "active":
        raise InvalidValue(
            f"Cannot rename experiment {current.name!r} ({current.experiment_id}): it is deleted. Restore it first."
        )
    check_experiment_name(request.new_name)
    return _change(backend, request.experiment_id, name=request.new_name)


def delete(backend: Backend, request: m.ExperimentId) -> shapes.Json:
    """Into the trash, with its runs."""
    return _change(backend, request.experiment_id, deleted=True)


def restore(backend: Backend, request: m.ExperimentId) -> shapes.Json:
    """Out of the trash, with the runs deleted with it."""
    return _change(backend, request.experiment_id, deleted=False)


def set_tag(backend: Backend, request: m.ExperimentTagged) -> shapes.Json:
    """Set one tag of an experiment."""
    check_keys([request.key])
    return _change(backend, request.experiment_id, tags={request.key: request.value})


def delete_tag(backend: Backend, request: m.ExperimentUntagged) -> shapes.Json:
    """Remove one tag of an experiment."""
    if request.key not in backend.store.get_experiment(request.experiment_id).tags:
        raise NotFound(f"No tag with key {request.key!r} on experiment {request.experiment_id!r}.")
    return _change(backend, request.experiment_id, tags={request.key: None})


def _change(
    backend: Backend,
    experiment_id: str,
    name: str | None = None,
    deleted: bool | None = None,
    tags: dict[str, str | None] | None = None,
) -> shapes.Json:
    backend.store.write(Batch([ExperimentChanged(experiment_id, backend.now(), name, deleted, tags or {})]))
    return {}


def _shape(backend: Backend, found: Experiment) -> shapes.Json:
    return shapes.experiment(found, backend.shown_artifact_uri(found.artifact_location))
