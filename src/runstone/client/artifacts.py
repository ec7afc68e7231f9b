"""Logging artifacts: files, folders, text, dicts, figures, pictures, tables.

A call returns when the file is whole in its place. Paths are relative to the run's artifacts, with ``/``.
Each may raise ``InvalidValue`` (the path or the thing to log) and ``NotFound`` (no such local file); a full or read-only
disk is trouble, not an error of the caller.
"""

from __future__ import annotations

import os
import weakref
from typing import Any, BinaryIO, cast

from runstone import connect
from runstone.contracts import ArtifactStore
from runstone.entities import FileInfo
from runstone.errors import NotFound, StoreUnavailable

from . import loading, tables
from .checks import check_run_id, path_text
from .downloads import fetch
from .guard import guarded
from .missing import CountedArtifacts
from .places import run_artifacts
from .run_files import RunFiles
from .run_log import RunLog
from .runs import target
from .session import Session
from .spool import Spooling

PathLike = str | os.PathLike[str]

_files: weakref.WeakKeyDictionary[RunLog, RunFiles] = weakref.WeakKeyDictionary()


def files_of(log: RunLog, here: Session) -> RunFiles:
    """The artifacts of a run that is open for writing."""
    found = _files.get(log)
    if found is None:
        with log.missing.artifact():
            found = RunFiles(log, cast("ArtifactStore", CountedArtifacts(_root_of(log, here), log.missing)))
        _files[log] = found
    return found


def _root_of(log: RunLog, here: Session) -> ArtifactStore:
    """The run's artifact root. Behind a server, offline, or in a store that cannot be used now, it may be out of reach: files
    wait on this machine then."""

    def reach() -> ArtifactStore:
        return connect.open_artifacts(uri_of(log, here), here.uri)

    if not (connect.is_server(here.uri) or here.offline or here.away):
        return reach()
    return cast("ArtifactStore", Spooling(here, log.run_id, reach, connect.open_artifacts))


def uri_of(log: RunLog, here: Session) -> str:
    """The run's artifact root; asked of the store where the run was begun without one."""
    if not log.artifact_uri:
        try:
            log.artifact_uri = here.run(log.run_id).info.artifact_uri or ""
        except NotFound:
            if log.started is None:
                raise
            unknown = f"run {log.run_id} could not be stored yet, so where its artifacts belong is not known."
            raise StoreUnavailable(unknown) from None
    return log.artifact_uri


def get_artifact_uri(artifact_path: str | None = None) -> str:
    """Where the active run's artifacts are, or one of them. With no active run one is started."""
    path = path_text(artifact_path or "", "artifact_path")
    root = uri_of(*target(None, "get_artifact_uri"))
    return f"{root.rstrip('/')}/{path.lstrip('/')}" if path else root


@guarded
def log_artifact(local_path: PathLike, artifact_path: str | None = None, run_id: str | None = None) -> None:
    """Copy a file (or a folder, under its own name) to the run's artifacts, below ``artifact_path``."""
    files_of(*target(run_id, "log_artifact")).log_artifact(local_path, artifact_path)


@guarded
def log_artifacts(local_dir: PathLike, artifact_path: str | None = None, run_id: str | None = None) -> None:
    """Copy all that is in a folder to the run's artifacts, below ``artifact_path``."""
    files_of(*target(run_id, "log_artifacts")).log_artifacts(local_dir, artifact_path)


@guarded
def log_text(text: str, artifact_file: str, run_id: str | None = None) -> None:
    """Write text, as UTF-8."""
    files_of(*target(run_id, "log_text")).log_text(text, artifact_file)


@guarded
def log_dict(dictionary: dict[str, Any], artifact_file: str, run_id: str | None = None) -> None:
    """Write a dict as YAML where the name ends in .yaml or .yml, else as JSON."""
    files_of(*target(run_id, "log_dict")).log_dict(dictionary, artifact_file)


@guarded
def log_stream(stream: BinaryIO, artifact_file: str, run_id: str | None = None) -> None:
    """Copy what a binary stream gives, to its end."""
    files_of(*target(run_id, "log_stream")).log_stream(stream, artifact_file)


@guarded
def log_figure(figure: Any, artifact_file: str, *, save_kwargs: dict[str, Any] | None = None) -> None:
    """Save a matplotlib or plotly figure in the format that the name's ending says.

    Args:
        figure: the figure.
        artifact_file: where.
        save_kwargs: passed to ``savefig``, ``write_html`` or ``write_image``.

    Raises: TypeError for anything but such a figure.
    """
    files_of(*target(None, "log_figure")).log_figure(figure, artifact_file, save_kwargs=save_kwargs)


@guarded
def log_image(
    image: Any,
    artifact_file: str | None = None,
    key: str | None = None,
    step: int | None = None,
    timestamp: int | None = None,
    synchronous: bool | None = False,
) -> None:
    """Log a picture: one by itself (``artifact_file``), or one of a sequence (``key`` and ``step``).

    Args:
        image: a NumPy array, a PIL image or a :class:`runstone.Image`; see there for shapes and ranges.
        artifact_file: where; its ending says the format.
        key: the sequence's name.
        step: whole number; 0 if not given.
        timestamp: milliseconds since 1970 UTC; now if not given.
        synchronous: taken for MLflow's sake; the picture is in its place when the call returns.

    Raises: TypeError for anything but a picture, and unless exactly one of ``artifact_file`` and ``key`` is given.
    """
    files_of(*target(None, "log_image")).log_image(image, artifact_file, key, step, timestamp)


@guarded
def log_table(data: Any, artifact_file: str, run_id: str | None = None) -> None:
    """Log a pandas DataFrame or a dict of columns as .json or .parquet; rows are appended to a table that is there."""
    files_of(*target(run_id, "log_table")).log_table(data, artifact_file)


class ArtifactCalls:
    """The artifact methods of ``MlflowClient``: those of this module, for any run. Each raises NotFound for an unknown one."""

    @property
    def _session(self) -> Session:
        raise NotImplementedError("a client knows its session")

    def _files(self, run_id: str) -> RunFiles:
        return files_of(self._session.log(check_run_id(run_id)), self._session)

    @guarded
    def log_artifact(self, run_id: str, local_path: PathLike, artifact_path: str | None = None) -> None:
        self._files(run_id).log_artifact(local_path, artifact_path)

    @guarded
    def log_artifacts(self, run_id: str, local_dir: PathLike, artifact_path: str | None = None) -> None:
        self._files(run_id).log_artifacts(local_dir, artifact_path)

    @guarded
    def log_text(self, run_id: str, text: str, artifact_file: str) -> None:
        self._files(run_id).log_text(text, artifact_file)

    @guarded
    def log_dict(self, run_id: str, dictionary: dict[str, Any], artifact_file: str) -> None:
        self._files(run_id).log_dict(dictionary, artifact_file)

    @guarded
    def log_stream(self, run_id: str, stream: BinaryIO, artifact_file: str) -> None:
        self._files(run_id).log_stream(stream, artifact_file)

    @guarded
    def log_figure(self, run_id: str, figure: Any, artifact_file: str, *, save_kwargs: dict[str, Any] | None = None) -> None:
        self._files(run_id).log_figure(figure, artifact_file, save_kwargs=save_kwargs)

    @guarded
    def log_image(
        self,
        run_id: str,
        image: Any,
        artifact_file: str | None = None,
        key: str | None = None,
        step: int | None = None,
        timestamp: int | None = None,
        synchronous: bool | None = None,
    ) -> None:
        self._files(run_id).log_image(image, artifact_file, key, step, timestamp)

    @guarded
    def log_table(self, run_id: str, data: Any, artifact_file: str) -> None:
        self._files(run_id).log_table(data, artifact_file)

    def load_table(
        self, experiment_id: str, artifact_file: str, run_ids: list[str] | None = None, extra_columns: list[str] | None = None
    ) -> Any:
        """See :func:`runstone.load_table`."""
        return tables.frame(loading.load(self._session, experiment_id, artifact_file, run_ids, extra_columns))

    def list_artifacts(self, run_id: str, path: str | None = None) -> list[FileInfo]:
        """One level below ``path``; deleted runs too."""
        return list(run_artifacts(self._session, run_id).list(path or ""))

    def download_artifacts(self, run_id: str, path: str, dst_path: PathLike | None = None) -> str:
        """See :func:`runstone.artifacts.download_artifacts`."""
        return fetch(run_artifacts(self._session, run_id), path, dst_path)
