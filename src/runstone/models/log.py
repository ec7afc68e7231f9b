"""``log_model``: a model saved to a folder becomes an artifact of the active run."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import structs

import runstone
from runstone.client import logged_models, model_places
from runstone.client.checks import texts
from runstone.client.notices import notice, notice_once
from runstone.client.run_log import RunLog
from runstone.client.session import session
from runstone.entities import LoggedModelOutput
from runstone.entities.logged_models import LoggedModel
from runstone.entities.model_uris import check_model_name
from runstone.errors import InvalidValue

from .info import ModelInfo
from .manifest import FILE_NAME, Model

#: MLflow's tag with the manifests of a run's models, a JSON list.
HISTORY = "mlflow.log-model.history"
DEFAULT_NAME = "model"


def log_to_run(
    save: Callable[[Path, Model], None],
    artifact_path: str | None,
    name: str | None,
    registered_model_name: str | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
    run_id: str | None = None,
    **further: Any,
) -> ModelInfo:
    """Save a model and copy it to the active run's artifacts; a run is started where there is none. It becomes a logged model
    of the run, with an id of its own. The first one of a name lies at this name among the artifacts; each that follows has a
    folder of its own beside it, so that none replaces another.

    The manifest is copied last: a copy that was cut short is no model.

    Args:
        save: called with a folder that does not exist yet and the manifest to complete.
        artifact_path, name: its name, and where it goes among the artifacts; one of the two, ``model`` if neither.
        registered_model_name: the registered model that gets it as its next version; made if it is not there.
        params, tags, model_type: of the logged model; the run's params are its params, too, and go first.
        step: of the run, when it was made; points at this step are the model's, too, unless they are another's.
        model_id: a logged model that waits for its files (``initialize_logged_model``): they go to its place.
        run_id: a run other than the active one.
        further: MLflow's arguments about things that are not kept here; those not None are named in a notice.

    Raises:
        InvalidValue: both places are given, or one that is no relative path, or a name that no registered model can have.
        NotFound: there is no logged model with this id.
    """
    place = check_place(artifact_path, name)
    if registered_model_name is not None:
        check_model_name(registered_model_name)
    for argument in [key for key, value in further.items() if value]:
        notice_once(f"log_model {argument}", f"log_model({argument}=…) is not kept here; metadata= keeps it with the model.")
    new = logged_models.new_model_id() if model_id is None else model_id
    waiting = None if model_id is None or logged_models.has_come(new) else runstone.get_logged_model(model_id)
    if run_id is None:
        run_id = str((runstone.active_run() or runstone.start_run()).info.run_id)
    own = new if waiting is None else waiting.model_id
    log = session().log(run_id)
    known = any(isinstance(one, dict) and one.get("artifact_path") == place for one in _told(log))
    at = model_places.claim(log, session(), place, own, known) if waiting is None else place
    manifest = Model(artifact_path=at, run_id=run_id, model_uuid=own, model_id=own)
    with tempfile.TemporaryDirectory(prefix="runstone-model-") as temporary:
        folder, last = Path(temporary, "model"), Path(temporary, FILE_NAME)
        try:
            save(folder, manifest)
            (folder / FILE_NAME).replace(last)
            _copy(folder, last, at, run_id, waiting)
        except BaseException:
            if waiting is None:
                model_places.unclaim(log, session(), place, at)
            else:
                runstone.finalize_logged_model(own, "FAILED")
            raise
    # as in MLflow: what the run was told of how it trains is told of its models
    kept_params, kept_tags = {**texts(params or {}, "param"), **log.params}, texts(tags or {}, "tag")
    if waiting is None:
        logged_name = model_places.logged_name(place)
        made = logged_models.made_by_run(log, logged_name, at, step, kept_params, kept_tags, model_type or "", own)
        model_places.settle(log, session(), place, at)
        _remember(log, manifest)
        told = {"tags": made.tags, "creation_timestamp": made.time}
    else:
        ready = _finish_waiting(own, run_id, step, kept_params, kept_tags)
        model_places.elsewhere(log, waiting.name)
        told = {"tags": ready.tags, "creation_timestamp": ready.creation_timestamp}
    logged_models.take_points(log, session(), own, step)
    uri = f"models:/{own}"
    if at != place:
        notice(f"the run had a model {place!r} already, which stays; this one is {uri}, in {at!r}")
    info = structs.replace(manifest.get_model_info(uri), name=place, params=kept_params, step=step, **told)
    if registered_model_name is None:
        return info
    version = runstone.register_model(info.model_uri, registered_model_name)
    return structs.replace(info, registered_model_version=int(version.version))


def _copy(folder: Path, manifest: Path, place: str, run_id: str, waiting: LoggedModel | None) -> None:
    """Copy a model's files, and its manifest last."""
    if waiting is None:
        runstone.log_artifacts(folder, place, run_id)
        runstone.log_artifact(manifest, place, run_id)
    else:
        client = runstone.MlflowClient()
        client.log_model_artifacts(waiting.model_id, folder)
        client.log_model_artifact(waiting.model_id, manifest)


def _finish_waiting(model_id: str, run_id: str, step: int, params: dict[str, str], tags: dict[str, str]) -> LoggedModel:
    client = runstone.MlflowClient()
    if params:
        client.log_model_params(model_id, params)
    if tags:
        client.set_logged_model_tags(model_id, tags)
    client.log_outputs(run_id, [LoggedModelOutput(model_id, step)])
    ready: LoggedModel = client.finalize_logged_model(model_id, "READY")
    return ready


def check_place(artifact_path: str | None, name: str | None) -> str:
    """The path among the artifacts. Raises InvalidValue."""
    if artifact_path is not None and name is not None:
        raise InvalidValue(f"Give name={name!r} or artifact_path={artifact_path!r}, not both: they mean the same.")
    place = artifact_path if name is None else name
    if place is None:
        return DEFAULT_NAME
    if not isinstance(place, str | os.PathLike) or not os.fspath(place).strip("/"):
        raise InvalidValue(f"A model's name is a relative path such as 'model'; it got {place!r}.")
    return os.fspath(place)


def _told(log: RunLog) -> list[Any]:
    """Manifests of the models that the run's tags tell of."""
    with suppress(ValueError):
        told = json.loads(log.tags.get(HISTORY, "[]"))
        return told if isinstance(told, list) else []
    return []


def _remember(log: RunLog, manifest: Model) -> None:
    with log.lock:
        runstone.MlflowClient().set_tag(log.run_id, HISTORY, json.dumps([*_told(log), manifest.to_dict()], default=str))
