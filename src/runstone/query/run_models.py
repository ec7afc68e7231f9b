"""Which logged model ``runs:/<run_id>/<path>`` means: the newest that its run made under this name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from runstone.contracts import LoggedModelQuery
from runstone.entities.logged_models import LoggedModelStatus

from .printer import quoted

if TYPE_CHECKING:
    from runstone.contracts import Store
    from runstone.entities import Run
    from runstone.entities.logged_models import LoggedModel

#: Characters that no logged model's name has, where a path among the artifacts may.
_NO_NAME = re.compile("[/:.%\"']")
#: Digits of a model's id in the name of its folder.
_DIGITS = 8
#: Models of one name in one run that are looked at; the newest come first.
_MOST = 100


@runtime_checkable
class Folders(Protocol):
    """Artifacts in which one of several writers that begin at the same moment gets a folder."""

    def take(self, folder: str, last: str) -> bool:
        """Have a folder for one writer, who puts the file ``last`` there in the end; whether nobody else has or had it."""
        ...

    def leave(self, folder: str) -> None:
        """The writer is done, with or without what it came for."""
        ...


def logged_name(path: str) -> str:
    """The name of a logged model whose path among the artifacts is this."""
    return _NO_NAME.sub("_", path)


def own_folder(path: str, model_id: str) -> str:
    """Where a model's files are below its run's artifacts if the run has a model at ``path`` already: no other's place, however
    many processes log to the run."""
    return f"{path}.{model_id.removeprefix('m-')[:_DIGITS]}"


def folder_of(run: Run, model: LoggedModel) -> str | None:
    """The model's folder below the artifacts of its run; ``None`` if it lies elsewhere."""
    root = (run.info.artifact_uri or "").rstrip("/")
    inside = bool(root) and model.artifact_location.startswith(f"{root}/")
    return model.artifact_location[len(root) :].strip("/") if inside else None


def newest_model(store: Store, run: Run, path: str) -> LoggedModel | None:
    """The newest READY logged model that the run made under the name ``path``; ``None`` if there is none."""
    if not run.outputs.model_outputs:
        return None
    asked = f"source_run_id = {quoted(run.info.run_id)} AND name = {quoted(logged_name(path))}"
    models = store.search_logged_models(LoggedModelQuery(experiment_ids=(run.info.experiment_id,), filter=asked, limit=_MOST))
    found = [one for one in models if one.status == LoggedModelStatus.READY and logged_as(run, one, path)]
    return max(found, key=lambda one: (one.creation_timestamp, one.last_updated_timestamp), default=None)


def logged_as(run: Run, model: LoggedModel, path: str) -> bool:
    """Whether the run logged this model as ``path``: paths may have one name, as ``a/b`` and ``a_b`` do."""
    folder = folder_of(run, model)
    if model.source_run_id != run.info.run_id:
        return False
    return model.name == path if folder is None else folder in (path, own_folder(path, model.model_id))
