"""Artifacts in a folder of this machine.

A file is written beside its place under a name that listings hide, flushed to the disk, then renamed over it: a reader sees
the old file or the new one. What a killed process leaves are such hidden files; ``sweep`` removes them.

Errors name artifacts by their paths below the root: a server passes them on to clients, whom its folders are no business of.
What the system said, which names the folder, is their cause.
"""

from __future__ import annotations

import builtins
import logging
import os
import shutil
import stat as modes
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from runstone.contracts import ArtifactFile
from runstone.entities import FileInfo
from runstone.errors import InvalidValue, NotFound

from .copying import TAKEN, UNFINISHED, copy, make_folder, sync_folder, told
from .paths import clean
from .sources import files_below, open_source

log = logging.getLogger("runstone.artifacts")


class LocalArtifacts:
    """An :class:`~runstone.contracts.ArtifactStore` over a folder, which need not exist yet.

    Args:
        root: the folder.
        durable: flush each file and its folder to the disk before it counts as put.
    """

    def __init__(self, root: Path | str, durable: bool = True) -> None:
        self._root = Path(os.path.abspath(root))
        self._real = os.path.realpath(self._root)
        self._durable = durable
        self.uri = self._root.as_uri()

    def put(self, source: Path | BinaryIO, path: str, *, digest: bool = True) -> ArtifactFile:
        name = clean(path, file=True)
        if isinstance(source, (str, Path)):
            with open_source(Path(source)) as stream:
                put = self._put(stream, name, digest)
        else:
            put = self._put(source, name, digest)
        self._sync([put])
        return put

    def put_tree(self, folder: Path, path: str = "") -> Sequence[ArtifactFile]:
        if not os.path.isdir(folder):
            raise NotFound(f"There is no folder {str(folder)!r} to copy from.")
        below = clean(path)
        if self._holds(folder):
            raise InvalidValue(
                f"Folder {str(folder)!r} contains the artifacts' own folder {self._real!r}; copying it would never end."
            )
        put: list[ArtifactFile] = []
        for name, file in sorted(files_below(os.fspath(folder))):
            target = clean(f"{below}/{name}" if below else name, file=True)
            with open_source(Path(file)) as stream:
                put.append(self._put(stream, target))
        self._sync(put)
        return sorted(put, key=lambda file: file.path)

    def open(self, path: str) -> BinaryIO:
        place = self._existing(clean(path, file=True))
        if not os.path.isfile(place):
            raise NotFound(f"Artifact {path!r} is a folder, not a file; list it, or fetch it whole.")
        with told(path):
            return builtins.open(place, "rb")

    def stat(self, path: str) -> FileInfo:
        name = clean(path)
        info = self._info(name, self._existing(name))
        if info is None:
            raise NotFound(f"There is no artifact {path!r}.")
        return info

    def list(self, path: str = "") -> Sequence[FileInfo]:
        name = clean(path)
        try:
            place = self._existing(name)
        except NotFound:
            return []
        return sorted(self._entries(name, place), key=lambda info: info.path)

    def walk(self, path: str = "") -> Iterator[FileInfo]:
        name = clean(path)
        try:
            place = self._existing(name)
        except NotFound:
            return
        yield from self._walk(name, place, frozenset())

    def fetch(self, path: str, target: Path) -> Path:
        name = clean(path)
        place = self._existing(name)
        there = Path(target) / name
        if os.path.isfile(place):
            with builtins.open(place, "rb") as stream:
                _land(stream, there)
            return there
        with told(there):
            there.mkdir(parents=True, exist_ok=True)
        for info in self.walk(name):
            with builtins.open(self._existing(info.path), "rb") as stream:
                _land(stream, Path(target) / info.path)
        return there

    def local(self, path: str = "") -> Path | None:
        try:
            return Path(self._existing(clean(path)))
        except NotFound:
            return None

    def delete(self, path: str = "") -> None:
        name = clean(path)
        place = self._place(name)
        with told(path):
            if not name:
                shutil.rmtree(self._real, ignore_errors=not os.path.isdir(self._real))
            elif os.path.isdir(place) and not os.path.islink(place):
                shutil.rmtree(place)
            else:
                with suppress(FileNotFoundError, NotADirectoryError):
                    os.unlink(place)

    def take(self, folder: str, last: str) -> bool:
        """Have a folder for one writer, who puts the file ``last`` there in the end; whether nobody else has or had it.
        Of several that ask at the same moment, in whatever process, one gets it; :meth:`leave` gives it back."""
        mark = self._place(clean(f"{folder}/{last}", file=True))
        taken = os.path.join(os.path.dirname(mark), TAKEN)
        with told(folder):
            os.makedirs(os.path.dirname(mark), exist_ok=True)
            self._inside(os.path.realpath(os.path.dirname(mark)), folder)
            try:
                builtins.open(taken, "x").close()
            except FileExistsError:
                return False
        if os.path.lexists(mark):
            self.leave(folder)
            return False
        return True

    def leave(self, folder: str) -> None:
        """The writer is done. A folder that nothing came to is gone."""
        place = self._place(clean(f"{folder}/-", file=True)).removesuffix("/-")
        with suppress(OSError):
            os.unlink(os.path.join(place, TAKEN))
            os.rmdir(place)

    def sweep(self, older_than: float = 86400.0) -> int:
        """Remove unfinished files that are older than so many seconds; how many there were."""
        limit, found = time.time() - older_than, 0
        for folder, _, names in os.walk(self._real):
            for name in names:
                file = os.path.join(folder, name)
                with suppress(FileNotFoundError):  # finished, or removed by somebody else
                    if name.startswith(UNFINISHED) and os.lstat(file).st_mtime < limit:
                        os.unlink(file)
                        found += 1
        return found

    # --- inside ---------------------------------------------------------------------------------------------------

    def _put(self, stream: BinaryIO, name: str, digest: bool = True) -> ArtifactFile:
        place = self._place(name)
        if os.path.isdir(place):
            raise InvalidValue(f"Cannot put a file at artifact path {name!r}: a folder of that name is there.")
        folder = os.path.dirname(place)
        with told(name):
            make_folder(folder)
        self._inside(os.path.realpath(folder), name)
        size, hashed = copy(stream, place, self._durable, digest, name)
        return ArtifactFile(name, size, hashed)

    def _sync(self, put: Sequence[ArtifactFile]) -> None:
        if self._durable:
            for folder in {os.path.dirname(file.path) for file in put}:
                with told(folder):
                    sync_folder(os.path.join(self._real, folder))

    def _place(self, name: str) -> str:
        """Where ``name`` is or would be, its folder resolved; never outside the root. The last part is not followed."""
        if not name:
            return self._real
        folder, _, last = name.rpartition("/")
        if last.startswith(UNFINISHED):
            raise InvalidValue(
                f"Invalid artifact path {name!r}: names that begin with {UNFINISHED!r} are kept for unfinished files."
            )
        place = os.path.realpath(os.path.join(self._real, folder))
        self._inside(place, name)
        return os.path.join(place, last)

    def _existing(self, name: str) -> str:
        """The file or folder behind ``name``, links followed as long as they stay inside. Raises NotFound."""
        place = os.path.realpath(self._place(name))
        self._inside(place, name)
        if not (os.path.isfile(place) or os.path.isdir(place)):
            raise NotFound(f"There is no artifact {name!r}.")
        return place

    def _inside(self, place: str, name: str) -> None:
        if place != self._real and not place.startswith(self._real.rstrip("/") + "/"):
            log.warning("artifact path %r below %s leads to %s, which is outside; it is not followed", name, self._real, place)
            raise NotFound(f"Artifact path {name!r} leads out of where artifacts lie, through a symbolic link: not followed.")

    def _holds(self, folder: Path) -> bool:
        return (self._real + "/").startswith(os.path.realpath(folder).rstrip("/") + "/")

    def _entries(self, name: str, place: str) -> Iterator[FileInfo]:
        if not os.path.isdir(place):
            return
        with told(name), os.scandir(place) as entries:
            for entry in entries:
                if entry.name.startswith(UNFINISHED):
                    continue
                path = f"{name}/{entry.name}" if name else entry.name
                with suppress(NotFound, InvalidValue):  # a link that leads out, a name with a backslash
                    real = self._existing(path) if entry.is_symlink() else entry.path
                    if (info := self._info(clean(path), real)) is not None:
                        yield info

    def _walk(self, name: str, place: str, above: frozenset[str]) -> Iterator[FileInfo]:
        """``above`` are the real folders that led here: a link back to one of them is not walked again."""
        if place in above:
            return
        for info in sorted(self._entries(name, place), key=lambda info: info.path + "/" * info.is_dir):
            if info.is_dir:
                yield from self._walk(info.path, self._existing(info.path), above | {place})
            else:
                yield info

    @staticmethod
    def _info(name: str, place: str) -> FileInfo | None:
        try:
            found = os.stat(place)
        except FileNotFoundError:
            return None
        if modes.S_ISDIR(found.st_mode):
            return FileInfo(name, True)
        return FileInfo(name, False, found.st_size) if modes.S_ISREG(found.st_mode) else None


def _land(stream: BinaryIO, there: Path) -> None:
    with told(there):
        there.parent.mkdir(parents=True, exist_ok=True)
    copy(stream, os.fspath(there), durable=False)
