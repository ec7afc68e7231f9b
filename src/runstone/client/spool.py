"""Artifacts that wait for a store: kept beside the journals while it is away, brought there when it is back.

Each waits as ``<journals>-files/<run>/<path>``. Whoever next ships this store's journals brings them in.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from runstone import connect
from runstone.contracts import ArtifactFile, ArtifactStore
from runstone.errors import RunstoneError, StoreUnavailable

from .notices import warn_once

if TYPE_CHECKING:
    from .session import Session

_delivering = threading.Lock()


def spool_root(here: Session) -> Path:
    """The folder of files that wait for this store."""
    return _beside(here.kept_in)


def _beside(journals: Path) -> Path:
    return journals.with_name(journals.name + "-files")


class Spooling:
    """A run's artifact root that may be out of reach: what is put meanwhile waits on this machine.

    Args:
        open_real: gives the real one; may raise StoreUnavailable.
    """

    def __init__(
        self, here: Session, run_id: str, open_real: Callable[[], ArtifactStore], local: Callable[[Path], ArtifactStore]
    ) -> None:
        self._here, self._run_id, self._open = here, run_id, open_real
        self._waiting = local(spool_root(here) / run_id)
        self._real: ArtifactStore | None = None

    def put(self, source: Path | BinaryIO, path: str, *, digest: bool = True) -> ArtifactFile:
        if not isinstance(source, (str, Path)):
            # a stream can be read once: it is kept first, and brought there from the copy
            kept = self._waiting.put(source, path)
            self._bring_now(path, kept)
            return kept
        put: ArtifactFile = self._try(
            lambda real: real.put(source, path, digest=digest), lambda: self._waiting.put(source, path)
        )
        return put

    def put_tree(self, folder: Path, path: str = "") -> Sequence[ArtifactFile]:
        put: Sequence[ArtifactFile] = self._try(
            lambda real: real.put_tree(folder, path), lambda: self._waiting.put_tree(folder, path)
        )
        return put

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reached(), name)  # reading: there is nothing to wait for

    def _bring_now(self, path: str, kept: ArtifactFile) -> None:
        def move(real: ArtifactStore) -> None:
            with self._waiting.open(path) as stream:
                real.put(stream, path)
            self._waiting.delete(path)

        self._try(move, lambda: None)

    def _try(self, put: Callable[[ArtifactStore], Any], keep: Callable[[], Any]) -> Any:
        try:
            if self._here.away:
                raise StoreUnavailable(f"{self._here.shown_uri} is away.")  # known: nobody waits for it again
            return put(self._reached())
        except StoreUnavailable as trouble:
            kept = keep()
            warn_once(
                f"spool {self._here.uri}",
                f"artifacts are kept in {spool_root(self._here)} meanwhile, and brought to their place later: {trouble}",
            )
            return kept

    def _reached(self) -> ArtifactStore:
        if self._real is None:
            self._real = self._open()
        return self._real


def deliver(here: Session, open_artifacts: Callable[[str, str], ArtifactStore]) -> tuple[int, list[str]]:
    """Bring what waits to its place; how many files, and what could not be brought, in words. Two at once do no harm."""
    done, problems = 0, list[str]()
    for journals in connect.journal_roots(here.uri):
        root = _beside(journals)
        if root.is_dir() and _delivering.acquire(blocking=False):
            try:
                done += _deliver(here, root, open_artifacts, problems)
            finally:
                _delivering.release()
    return done, problems


def _deliver(here: Session, root: Path, open_artifacts: Callable[[str, str], ArtifactStore], problems: list[str]) -> int:
    done = 0
    for run_id, files in list(_waiting(root)):
        try:
            uri = here.store.get_run(run_id).info.artifact_uri or ""
            place = open_artifacts(uri, here.uri)
            for file in files:
                place.put(file, file.relative_to(root / run_id).as_posix(), digest=False)
                file.unlink()
                done += 1
            shutil.rmtree(root / run_id, ignore_errors=True)
        except StoreUnavailable:
            break
        except (RunstoneError, OSError) as cause:
            problems.append(f"artifacts of run {run_id} wait in {root / run_id}: {cause}")
    with suppress(OSError):
        root.rmdir()
    return done


def _waiting(root: Path) -> Iterator[tuple[str, list[Path]]]:
    for folder in sorted(root.iterdir()):
        files = sorted(one for one in folder.rglob("*") if one.is_file() and not one.name.startswith("."))
        if files:
            yield folder.name, files
