"""Where the files of runs and of model versions are."""

from __future__ import annotations

from runstone import connect
from runstone.contracts import ArtifactStore, Registry
from runstone.entities.logged_models import LoggedModel
from runstone.entities.model_uris import is_model_uri, parse_model_uri
from runstone.errors import InvalidValue, NotFound
from runstone.query.registry import version_meant

from .checks import check_run_id
from .session import Session


def run_artifacts(here: Session, run_id: str) -> ArtifactStore:
    """The artifact root of a run, deleted ones too. Raises NotFound."""
    open_here = here.logs.get(check_run_id(run_id))
    uri = (open_here.artifact_uri if open_here is not None else "") or here.run(run_id).info.artifact_uri
    if not uri:
        raise NotFound(f"Run {run_id} has no place for artifacts.")
    return connect.open_artifacts(uri, here.uri)


def model_place(here: Session, model_uri: str) -> tuple[ArtifactStore, str]:
    """The artifacts that hold the files of a ``models:/`` URI, and the path there.

    Args:
        here: the session of the store that keeps the registered models.

    Raises: NotFound, InvalidValue.
    """
    registry: Registry = here.store
    uri = parse_model_uri(model_uri)
    location = f"models:/{uri.model_id}"
    if not uri.model_id:
        version = version_meant(registry, uri)
        if version.status != "READY":
            raise InvalidValue(f"Version {version.version} of {version.name} is {version.status}; only READY ones can be read.")
        location = registry.version_location(version.name, int(version.version))
    artifacts, path = place_at(here, location)
    return artifacts, f"{path}/{uri.path}".strip("/") if uri.path else path


def model_of_run(here: Session, run_id: str, name: str) -> LoggedModel | None:
    """The logged model of this name that a run made, the one of the latest step; ``None`` if there is none."""
    made = sorted(here.run(run_id).outputs.model_outputs, key=lambda one: one.step, reverse=True)
    models = (here.store.get_logged_model(one.model_id) for one in made)
    return next((model for model in models if model.name == name), None)


def place_at(here: Session, location: str) -> tuple[ArtifactStore, str]:
    """The artifacts that a version's location is in, and the path there. Raises NotFound, InvalidValue."""
    if location.startswith("runs:/"):
        run_id, _, path = location[len("runs:/") :].partition("/")
        return run_artifacts(here, run_id), path.strip("/")
    if is_model_uri(location):
        uri = parse_model_uri(location)
        model = here.fresh_store().get_logged_model(uri.model_id)
        return connect.open_artifacts(model.artifact_location, here.uri), uri.path
    return connect.open_artifacts(location, here.uri), ""
