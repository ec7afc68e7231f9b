"""Artifacts that belong to another program: they are read where they are, and never changed."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NoReturn

from runstone.contracts import READ_ONLY, ArtifactFile, ArtifactStore
from runstone.entities import FileInfo
from runstone.errors import NotFound, PermissionDenied

log = logging.getLogger("runstone.artifacts")


class ReadOnlyArtifacts:
    """An :class:`~runstone.contracts.ArtifactStore` that gives and never takes.

    Args:
        behind: the same place, as it would be written.
        folder: the folder it is, if it is one. When it was read in, no part of its path was a symbolic link; should one be
            put there later, it is not followed.
    """

    def __init__(self, behind: ArtifactStore, folder: str = "") -> None:
        self._behind, self._folder = behind, folder
        self.uri = READ_ONLY + behind.uri

    def open(self, path: str) -> BinaryIO:
        return self._there().open(path)

    def stat(self, path: str) -> FileInfo:
        return self._there().stat(path)

    def list(self, path: str = "") -> Sequence[FileInfo]:
        return self._there().list(path)

    def walk(self, path: str = "") -> Iterator[FileInfo]:
        return self._there().walk(path)

    def fetch(self, path: str, target: Path) -> Path:
        return self._there().fetch(path, target)

    def local(self, path: str = "") -> Path | None:
        return self._there().local(path)

    def put(self, source: Path | BinaryIO, path: str, *, digest: bool = True) -> ArtifactFile:
        """Raises PermissionDenied."""
        self._refuse()

    def put_tree(self, folder: Path, path: str = "") -> Sequence[ArtifactFile]:
        """Raises PermissionDenied."""
        self._refuse()

    def delete(self, path: str = "") -> None:
        """Raises PermissionDenied."""
        self._refuse()

    def _there(self) -> ArtifactStore:
        if self._folder and os.path.realpath(self._folder) != self._folder:
            log.warning("%s leads elsewhere since it was read in, and is not followed", self._folder)
            raise NotFound("The folder of these artifacts leads elsewhere since it was read in; it is not followed.")
        return self._behind

    def _refuse(self) -> NoReturn:
        raise PermissionDenied(
            "These artifacts belong to the program whose runs were read in, and are only read. Log to a new run: it keeps its "
            "own."
        )
