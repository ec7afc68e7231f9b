"""Reading artifacts back, wherever a URI says they are: MLflow's ``artifacts`` module.

A URI is ``runs:/<run id>/<path>`` (of several models that were logged as ``<path>`` the newest), ``models:/<name>/<version>``
(or with a stage, ``latest`` or ``@<alias>``), or the URI or path of a file or folder that holds artifacts.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from msgspec import Struct

from runstone import connect
from runstone._lazy import need
from runstone.contracts import ArtifactStore
from runstone.entities import FileInfo
from runstone.entities.model_uris import is_model_uri
from runstone.errors import InvalidValue

from .checks import path_text, shown
from .location import get_registry_uri, registry_word
from .places import model_place, run_artifacts, run_place
from .session import session

PathLike = str | os.PathLike[str]


class Place(Struct):
    """A path below an artifact root."""

    artifacts: ArtifactStore
    path: str


def place_of(artifact_uri: PathLike, tracking_uri: str | None = None, registry_uri: str | None = None) -> Place:
    """What a URI means. Raises: InvalidValue, NotFound (run, model, version)."""
    text = os.fspath(artifact_uri) if isinstance(artifact_uri, os.PathLike) else artifact_uri
    if not isinstance(text, str) or not text.strip():
        raise InvalidValue(
            f"Invalid artifact URI {shown(artifact_uri)}: use runs:/<run id>/<path>, models:/<name>/<version>, or the path "
            "of a file or folder."
        )
    if text.startswith("runs:"):
        run_id, _, path = text[len("runs:") :].lstrip("/").partition("/")
        return Place(*run_place(session(tracking_uri), run_id, path))
    if is_model_uri(text):
        registry = registry_uri or tracking_uri or get_registry_uri()
        return Place(*model_place(session(registry, registry_word(registry)), text))
    connect.check_artifact_uri(text)
    root, _, name = text.rstrip("/").rpartition("/")
    server = session(tracking_uri).uri if text.startswith("mlflow-artifacts:") else ""
    return Place(connect.open_artifacts(root or ("/" if text.startswith("/") else "."), server), name)


def download_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    dst_path: str | None = None,
    tracking_uri: str | None = None,
    registry_uri: str | None = None,
) -> str:
    """Bring an artifact or a folder of them to this machine.

    Args:
        artifact_uri: see the module; or
        run_id: a run, with
        artifact_path: a path among its artifacts; all of them if not given.
        dst_path: the folder to copy to, made if missing. Without it, what lies on this machine already is not copied.
            What a URI names lies in it by its own name, what ``artifact_path`` names keeps its folders.
        tracking_uri: the store that knows the run; the one in force if ``None``.
        registry_uri: the store that knows registered models; the one in force if ``None``.

    Returns:
        The local path of the file or folder, absolute.

    Raises: InvalidValue unless exactly one of ``artifact_uri`` and ``run_id`` is given, NotFound.
    """
    place = _place(artifact_uri, run_id, artifact_path, tracking_uri, registry_uri)
    if dst_path is not None and str(artifact_uri).startswith("runs:"):
        return str(fetch_by_name(place.artifacts, place.path, Path(path_text(dst_path, "dst_path"))))
    return fetch(place.artifacts, place.path, dst_path)


def list_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    tracking_uri: str | None = None,
) -> list[FileInfo]:
    """One level of artifacts; see :func:`download_artifacts` for the arguments and errors."""
    place = _place(artifact_uri, run_id, artifact_path, tracking_uri)
    return list(place.artifacts.list(place.path))


def _place(
    artifact_uri: str | None,
    run_id: str | None,
    artifact_path: str | None,
    tracking_uri: str | None,
    registry_uri: str | None = None,
) -> Place:
    if (artifact_uri is None) == (run_id is None):
        raise InvalidValue("Exactly one of artifact_uri and run_id must be given.")
    if artifact_uri is not None:
        if artifact_path is not None:
            raise InvalidValue("artifact_path goes with run_id; an artifact_uri has its path inside.")
        return place_of(artifact_uri, tracking_uri, registry_uri)
    assert run_id is not None
    return Place(run_artifacts(session(tracking_uri), run_id), artifact_path or "")


def load_text(artifact_uri: str) -> str:
    """The text of an artifact. Raises: NotFound, InvalidValue when it is not UTF-8."""
    content = _content(artifact_uri)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise InvalidValue(
            f"Artifact {artifact_uri!r} is not UTF-8 text ({cause.reason} at byte {cause.start}); download it and open it "
            "with its own encoding."
        ) from cause


def load_dict(artifact_uri: str) -> dict[str, Any]:
    """The dict in a JSON artifact, or a YAML one. Raises: NotFound, InvalidValue when it holds neither."""
    text = load_text(artifact_uri)
    try:
        if artifact_uri.endswith((".yaml", ".yml")):
            yaml = need("yaml", "load_dict of a YAML file", "pyyaml")
            loaded: dict[str, Any] = yaml.safe_load(text)
        else:
            loaded = json.loads(text)
    except Exception as cause:
        raise InvalidValue(f"Artifact {artifact_uri!r} is neither JSON nor YAML: {cause}") from cause
    return loaded


def load_image(artifact_uri: str) -> Any:
    """The picture in an artifact, a ``PIL.Image.Image``. Raises: NotFound, InvalidValue when it is none."""
    pil = need("PIL.Image", "load_image", "pillow")
    place = place_of(artifact_uri)
    with place.artifacts.open(place.path) as stream:
        try:
            picture = pil.open(stream)
            picture.load()
        except (OSError, ValueError, SyntaxError) as cause:
            raise InvalidValue(f"Artifact {artifact_uri!r} is no picture: {cause}") from cause
    return picture


def _content(artifact_uri: str) -> bytes:
    place = place_of(artifact_uri)
    with place.artifacts.open(place.path) as stream:
        return stream.read()


def fetch(artifacts: ArtifactStore, path: str, dst_path: PathLike | None) -> str:
    """Where the file or folder now is: itself if it lies here and no ``dst_path`` is given, else a copy. Raises NotFound."""
    if dst_path is None:
        lies = artifacts.local(path)
        if lies is not None:
            return str(lies)
        dst_path = tempfile.mkdtemp(prefix="runstone-")
    return str(artifacts.fetch(path, Path(path_text(dst_path, "dst_path")).absolute()))


def fetch_by_name(artifacts: ArtifactStore, path: str, target: Path) -> Path:
    """A copy in the folder ``target`` itself, without the folders that ``path`` has before its name. Raises NotFound."""
    target = target.absolute()
    folder, _, name = path.strip("/").rpartition("/")
    if not folder:
        return artifacts.fetch(path, target)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".runstone-", dir=target) as aside:
        copied, place = artifacts.fetch(path, Path(aside)), target / name
        if copied.is_dir() and place.is_dir():
            shutil.copytree(copied, place, dirs_exist_ok=True)
        else:
            copied.replace(place)
    return place


class ArtifactRepository:
    """MLflow's handle on an artifact root; see :func:`get_artifact_repository`."""

    def __init__(self, artifact_uri: str, place: Place) -> None:
        self.artifact_uri = artifact_uri
        self._artifacts, self._below = place.artifacts, place.path

    def _path(self, path: str | None) -> str:
        return "/".join(part for part in (self._below, path_text(path or "", "artifact_path")) if part)

    def _seen(self, info: FileInfo) -> FileInfo:
        """With its path as seen from this root."""
        return FileInfo(info.path[len(self._below) :].lstrip("/"), info.is_dir, info.file_size)

    def list_artifacts(self, path: str | None = None) -> list[FileInfo]:
        return [self._seen(info) for info in self._artifacts.list(self._path(path))]

    def download_artifacts(self, artifact_path: str, dst_path: str | None = None) -> str:
        return fetch(self._artifacts, self._path(artifact_path), dst_path)

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        place = Path(path_text(local_file, "local_file"))
        self._artifacts.put(place, "/".join(part for part in (self._path(artifact_path), place.name) if part))

    def log_artifacts(self, local_dir: str, artifact_path: str | None = None) -> None:
        self._artifacts.put_tree(Path(path_text(local_dir, "local_dir")), self._path(artifact_path))

    def delete_artifacts(self, artifact_path: str | None = None) -> None:
        self._artifacts.delete(self._path(artifact_path))


def get_artifact_repository(
    artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None
) -> ArtifactRepository:
    """A handle on the artifacts below a URI."""
    return ArtifactRepository(artifact_uri, place_of(artifact_uri, tracking_uri, registry_uri))
