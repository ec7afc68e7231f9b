"""``log_model``: a model saved to a folder becomes an artifact of the active run."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import structs

import runstone
from runstone.client.notices import notice_once
from runstone.client.session import session
from runstone.entities.model_uris import check_model_name
from runstone.errors import InvalidValue

from .info import ModelInfo
from .manifest import FILE_NAME, Model

#: MLflow's tag with the manifests of a run's models, a JSON list.
HISTORY = "mlflow.log-model.history"
DEFAULT_NAME = "model"

_LATER = {
    "params": "runstone.log_params keeps them on the run",
    "tags": "runstone.set_tags keeps them on the run",
    "model_type": "metadata={'model_type': …} keeps it with the model",
    "model_id": "leave it out to log a model of the active run",
    "prompts": "metadata keeps them with the model",
}


def log_to_run(
    save: Callable[[Path, Model], None],
    artifact_path: str | None,
    name: str | None,
    registered_model_name: str | None = None,
    **further: Any,
) -> ModelInfo:
    """Save a model and copy it to the active run's artifacts; a run is started where there is none.

    The manifest is copied last: a copy that was cut short is no model.

    Args:
        save: called with a folder that does not exist yet and the manifest to complete.
        artifact_path, name: where it goes among the artifacts; one of the two, ``model`` if neither.
        registered_model_name: the registered model that gets it as its next version; made if it is not there.
        further: MLflow's arguments about things that this version does not keep; those not None are named in a notice.

    Raises:
        InvalidValue: both places are given, or one that is no relative path, or a name that no registered model can have.
    """
    place = check_place(artifact_path, name)
    if registered_model_name is not None:
        check_model_name(registered_model_name)
    for argument, instead in _LATER.items():
        if further.get(argument):
            notice_once(f"log_model {argument}", f"log_model({argument}=…) is not kept in this version; {instead}.")
    run = runstone.active_run() or runstone.start_run()
    run_id: str = run.info.run_id
    manifest = Model(artifact_path=place, run_id=run_id)
    with tempfile.TemporaryDirectory(prefix="runstone-model-") as temporary:
        folder, last = Path(temporary, "model"), Path(temporary, FILE_NAME)
        save(folder, manifest)
        (folder / FILE_NAME).replace(last)
        runstone.log_artifacts(folder, place, run_id)
        runstone.log_artifact(last, place, run_id)
    _remember(run_id, manifest)
    info = manifest.get_model_info()
    if registered_model_name is None:
        return info
    version = runstone.register_model(info.model_uri, registered_model_name)
    return structs.replace(info, registered_model_version=int(version.version))


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


def _remember(run_id: str, manifest: Model) -> None:
    log = session().log(run_id)
    known: list[Any] = []
    with suppress(ValueError):
        told = json.loads(log.tags.get(HISTORY, "[]"))
        known = told if isinstance(told, list) else []
    runstone.MlflowClient().set_tag(run_id, HISTORY, json.dumps([*known, manifest.to_dict()], default=str))
