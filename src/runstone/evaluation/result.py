"""What ``evaluate`` gives back."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import runstone
from runstone._lazy import need
from runstone.errors import InvalidValue, NotFound

from .artifacts import KINDS, EvaluationArtifact, JsonEvaluationArtifact, plain

METRICS, ARTIFACTS, FILES = "metrics.json", "artifacts_metadata.json", "artifacts"
#: MLflow's own loader finds the kind of an artifact by this name.
_MODULE = "mlflow.models.evaluation.artifacts"


class EvaluationResult:
    """Numbers and files of one evaluation.

    Args:
        metrics: number by name.
        artifacts: artifact by name.
        run_id: the run that has them; the active one if None.
        baseline: the result of the model that this one was held against, if there was one.
    """

    def __init__(
        self,
        metrics: Mapping[str, Any],
        artifacts: Mapping[str, EvaluationArtifact],
        run_id: str | None = None,
        baseline: EvaluationResult | None = None,
    ) -> None:
        self._metrics, self._artifacts = dict(metrics), dict(artifacts)
        active = runstone.active_run() if run_id is None else None
        self._run_id = run_id if active is None else active.info.run_id
        self.baseline = baseline

    @property
    def metrics(self) -> dict[str, Any]:
        return self._metrics

    @property
    def artifacts(self) -> dict[str, EvaluationArtifact]:
        return self._artifacts

    @property
    def run_id(self) -> str | None:
        return self._run_id

    @property
    def tables(self) -> dict[str, Any]:
        """Those artifacts that are tables in JSON, as frames: results of rows, metrics of slices."""
        found = {}
        for name, artifact in self._artifacts.items():
            told = artifact.content if isinstance(artifact, JsonEvaluationArtifact) else None
            if isinstance(told, dict) and set(told) == {"columns", "data"}:
                found[name] = need("pandas", "tables").DataFrame(told["data"], columns=told["columns"])
        return found

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all of it to a folder, as MLflow does."""
        folder = Path(path)
        (folder / FILES).mkdir(parents=True, exist_ok=True)
        (folder / METRICS).write_text(json.dumps(self._metrics, default=plain), "utf-8")
        told = {
            name: {"uri": one.uri, "class_name": f"{_MODULE}.{type(one).__name__}"} for name, one in self._artifacts.items()
        }
        (folder / ARTIFACTS).write_text(json.dumps(told), "utf-8")
        for one in self._artifacts.values():
            one._write(folder / FILES / _file_name(one.uri))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> EvaluationResult:
        """Read what :meth:`save` wrote, here or in MLflow.

        Raises: NotFound where nothing was saved, InvalidValue for files that cannot be read.
        """
        folder = Path(path)
        metrics, told = _json(folder / METRICS), _json(folder / ARTIFACTS)
        artifacts = {}
        for name, about in told.items():
            kind = KINDS.get(str(about.get("class_name", "")).rpartition(".")[2])
            if kind is None:
                raise InvalidValue(f"{folder / ARTIFACTS}: {name!r} is of no known kind; there are {', '.join(KINDS)}.")
            uri = str(about.get("uri", ""))
            artifacts[name] = kind(uri, kind("")._read(folder / FILES / _file_name(uri)))
        return cls(metrics, artifacts)

    def __repr__(self) -> str:
        return f"EvaluationResult(metrics={self._metrics!r}, artifacts={sorted(self._artifacts)}, run_id={self._run_id!r})"


def _file_name(uri: str) -> str:
    return Path(unquote(urlsplit(uri).path)).name or "artifact"


def _json(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text("utf-8"))
    except OSError as cause:
        raise NotFound(f"There is no evaluation result in {str(file.parent)!r}: {file.name} cannot be read.") from cause
    except ValueError as cause:
        raise InvalidValue(f"{file} is no JSON: {cause}") from cause
    if not isinstance(told, dict):
        raise InvalidValue(f"{file} holds no object.")
    return told
