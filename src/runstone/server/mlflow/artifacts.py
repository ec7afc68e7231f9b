"""MLflow's listing of a run's artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runstone.server.files import plain, root_at

from . import messages as m
from . import shapes
from .runs import run_of

if TYPE_CHECKING:
    from runstone.server.backend import Backend


def list_artifacts(backend: Backend, request: m.ListArtifacts) -> shapes.Json:
    """One level below ``path``."""
    uri = backend.store.get_run(run_of(request), metrics=False).info.artifact_uri or ""
    files = root_at(backend, uri).list(plain(request.path))
    return {"root_uri": backend.shown_artifact_uri(uri), "files": [shapes.file(one) for one in files]}
