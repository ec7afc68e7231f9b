"""Where the files of runs and of model versions are."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from runstone import connect
from runstone.contracts import ArtifactStore, Registry
from runstone.entities.logged_models import EXTERNAL
from runstone.entities.model_uris import is_model_uri, parse_model_uri
from runstone.errors import InvalidValue, NotFound
from runstone.query.registry import version_meant
from runstone.query.run_models import folder_of, newest_model

from .checks import check_run_id
from .run_log import RunLog
from .session import Session

_model_folders: WeakKeyDictionary[RunLog, dict[str, str]] = WeakKeyDictionary()


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


def model_folders(log: RunLog) -> dict[str, str]:
    """The folder of the newest model that this process logged to a run, by the path that it was logged as; empty where only the
    store can tell. Changed under the log's lock."""
    return _model_folders.setdefault(log, {})


def meant(here: Session, run_id: str, path: str) -> str:
    """The folder of the newest model that the run logged as ``path``: below the run's artifacts, or ``models:/<model id>`` for
    one that lies elsewhere; ``path`` itself where there is no such model. Raises NotFound (run).

    A run that this process writes to and whose model it made is not asked for; nor is any while the store is away.
    """
    open_here = here.logs.get(run_id)
    made_here = "" if open_here is None else model_folders(open_here).get(path, "")
    if made_here or (open_here is not None and (here.offline or here.away)):
        return made_here or path
    run = here.run(run_id)
    model = newest_model(here.store, run, path)
    if model is None:
        return path
    return folder_of(run, model) or model.model_uri


def run_place(here: Session, run_id: str, path: str) -> tuple[ArtifactStore, str]:
    """What ``runs:/<run_id>/<path>`` means: the artifact root, and the path there. A path that models were logged as, or one
    inside, is that of the newest of them. Raises NotFound (run)."""
    parts = path.strip("/").split("/")
    for end in range(len(parts), 0, -1):
        head, rest = "/".join(parts[:end]), "/".join(parts[end:])
        folder = meant(here, run_id, head) if head else head
        if folder == head:
            continue
        artifacts, root = place_at(here, folder if is_model_uri(folder) else f"runs:/{run_id}/{folder}")
        inside = "/".join(part for part in (root, rest) if part)
        if not rest or any(one.path == inside for one in artifacts.list(inside.rpartition("/")[0])):
            return artifacts, inside
    return run_artifacts(here, run_id), path


def place_at(here: Session, location: str) -> tuple[ArtifactStore, str]:
    """The artifacts that a version's location is in, and the path there: always the same ones, whatever the run logs later.
    Raises NotFound, InvalidValue."""
    if location.startswith("runs:/"):
        run_id, _, path = location[len("runs:/") :].partition("/")
        return run_artifacts(here, run_id), path.strip("/")
    if is_model_uri(location):
        uri = parse_model_uri(location)
        model = here.fresh_store().get_logged_model(uri.model_id)
        if model.tags.get(EXTERNAL, "").lower() == "true":
            raise InvalidValue(
                f"The files of the logged model {model.model_id} ({model.name}) are kept elsewhere: it was made by "
                "create_external_model(), and only what its params and tags say of them is known here."
            )
        return connect.open_artifacts(model.artifact_location, here.uri), uri.path
    return connect.open_artifacts(location, here.uri), ""
