"""Artifacts as the caller may use them: what a path belongs to decides, at every call, whoever opened the root and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Literal
from urllib.parse import quote

from runstone.contracts import ArtifactFile, ArtifactStore, PartUploads, Presigning
from runstone.entities import FileInfo
from runstone.errors import PermissionDenied
from runstone.query.run_models import Folders
from runstone.server.locations import Locations, place_and_path

from .caller import EDIT, MANAGE, READ, caller
from .places import Places
from .policy import Policy


class Rules:
    """What one path below a root needs.

    Args:
        uri: the root. Reading a place that is no experiment's is fine where the caller came by this root through the store,
            which looked; it is refused below the server's own ``mlflow-artifacts:/``, where callers name any path.
    """

    def __init__(self, uri: str, places: Places, policy: Policy, locations: Locations) -> None:
        self._uri, self._places, self._policy = uri, places, policy
        served = [one for one in (locations.destination, locations.root) if one]
        self._open_to_all_paths = place_and_path(uri) in [place_and_path(one) for one in served]

    def require(self, path: str, rank: int) -> None:
        """Every experiment that holds this place must allow it. Raises PermissionDenied."""
        asking = caller("read" if rank <= READ else "write")
        if asking.is_admin:
            return
        place = f"{self._uri.rstrip('/')}/{quote(path)}"
        strict = rank > READ or self._open_to_all_paths
        owners = self._places.owners(place, look=strict)
        if strict and not owners:
            raise PermissionDenied("Permission denied: no experiment keeps its artifacts there.")
        self._policy.require_experiments(asking, rank, owners)


class GuardedArtifacts:
    """An :class:`~runstone.contracts.ArtifactStore` for whoever asks at the moment."""

    def __init__(self, root: ArtifactStore, rules: Rules) -> None:
        self.uri, self._root, self._rules = root.uri, root, rules

    def put(self, source: Path | BinaryIO, path: str, *, digest: bool = True) -> ArtifactFile:
        self._rules.require(path, EDIT)
        return self._root.put(source, path, digest=digest)

    def put_tree(self, folder: Path, path: str = "") -> Sequence[ArtifactFile]:
        self._rules.require(path, EDIT)
        return self._root.put_tree(folder, path)

    def open(self, path: str) -> BinaryIO:
        self._rules.require(path, READ)
        return self._root.open(path)

    def stat(self, path: str) -> FileInfo:
        self._rules.require(path, READ)
        return self._root.stat(path)

    def list(self, path: str = "") -> Sequence[FileInfo]:
        self._rules.require(path, READ)
        return self._root.list(path)

    def walk(self, path: str = "") -> Iterator[FileInfo]:
        self._rules.require(path, READ)
        return self._root.walk(path)

    def fetch(self, path: str, target: Path) -> Path:
        self._rules.require(path, READ)
        return self._root.fetch(path, target)

    def local(self, path: str = "") -> Path | None:
        self._rules.require(path, READ)
        return self._root.local(path)

    def delete(self, path: str = "") -> None:
        self._rules.require(path, MANAGE)
        self._root.delete(path)

    def take(self, folder: str, last: str) -> bool:
        self._rules.require(folder, EDIT)
        return self._root.take(folder, last) if isinstance(self._root, Folders) else True

    def leave(self, folder: str) -> None:
        self._rules.require(folder, EDIT)
        if isinstance(self._root, Folders):
            self._root.leave(folder)


class GuardedCloud(GuardedArtifacts):
    """The same in an object store."""

    def __init__(self, root: ArtifactStore, presigning: Presigning, rules: Rules) -> None:
        super().__init__(root, rules)
        self._presigning = presigning

    def presigned(self, path: str, method: Literal["GET", "PUT"], seconds: int) -> str:
        self._rules.require(path, READ if method == "GET" else EDIT)
        return self._presigning.presigned(path, method, seconds)

    def part_uploads(self) -> PartUploads | None:
        inner = self._presigning.part_uploads()
        return None if inner is None else _GuardedParts(inner, self._rules)


class _GuardedParts:
    def __init__(self, inner: PartUploads, rules: Rules) -> None:
        self._inner, self._rules = inner, rules

    def create(self, path: str) -> str:
        self._rules.require(path, EDIT)
        return self._inner.create(path)

    def part_url(self, path: str, upload_id: str, number: int, seconds: int) -> str:
        self._rules.require(path, EDIT)
        return self._inner.part_url(path, upload_id, number, seconds)

    def complete(self, path: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> None:
        self._rules.require(path, EDIT)
        self._inner.complete(path, upload_id, parts)

    def abort(self, path: str, upload_id: str) -> None:
        self._rules.require(path, EDIT)
        self._inner.abort(path, upload_id)


def guarded(root: ArtifactStore, rules: Rules) -> ArtifactStore:
    return GuardedCloud(root, root, rules) if isinstance(root, Presigning) else GuardedArtifacts(root, rules)
