"""Artifacts that wait for a store: kept beside the journals while it is away, brought there when it is back.

Each waits as ``<journals>-files/<run>/<path>``. Whoever next ships this store's journals brings them in, be it another process,
at any moment: a file that is on its way is locked, and who waited for it finds it gone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from runstone import connect
from runstone._lazy import later
from runstone.contracts import ArtifactFile, ArtifactStore
from runstone.errors import RunstoneError, StoreUnavailable

from .notices import warn_once

if TYPE_CHECKING:
    from runstone.artifacts import local

    from .session import Session
else:
    local = later("runstone.artifacts.local")

try:
    import fcntl
except ImportError:  # pragma: no cover - not on Windows
    fcntl = None  # type: ignore[assignment]

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
            with _held(self._waiting.local(path), wait=True):  # an older one that is on its way arrives before
                kept = self._waiting.put(source, path)
            self._try(lambda real: self._bring(real, path), lambda: None)
            return kept

        def at_once(real: ArtifactStore) -> ArtifactFile:
            self._bring(real, path)  # an older one that waits must not come after it
            return real.put(source, path, digest=digest)

        put: ArtifactFile = self._try(at_once, lambda: self._waiting.put(source, path))
        return put

    def put_tree(self, folder: Path, path: str = "") -> Sequence[ArtifactFile]:
        def at_once(real: ArtifactStore) -> Sequence[ArtifactFile]:
            for older in list(self._waiting.walk(path)):
                self._bring(real, older.path)
            return real.put_tree(folder, path)

        put: Sequence[ArtifactFile] = self._try(at_once, lambda: self._waiting.put_tree(folder, path))
        return put

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reached(), name)  # reading: there is nothing to wait for

    def _bring(self, real: ArtifactStore, path: str) -> None:
        """Bring a file that waits, unless another has."""
        with _held(self._waiting.local(path), wait=True) as file:
            if file is not None:
                real.put(file, path)
                self._waiting.delete(path)

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
    for folder in sorted(root.iterdir()):
        waiting = open_artifacts(folder.as_uri(), "")
        try:
            files = list(waiting.walk())
            place = open_artifacts(here.store.get_run(folder.name).info.artifact_uri or "", here.uri) if files else waiting
            for file in files:
                with _held(waiting.local(file.path), wait=False) as mine:
                    if mine is not None:
                        place.put(folder / file.path, file.path, digest=False)
                        waiting.delete(file.path)
                        done += 1
            _tidy(folder)
        except StoreUnavailable:
            break
        except (RunstoneError, OSError) as cause:
            problems.append(f"artifacts of run {folder.name} wait in {folder}: {cause}")
    with suppress(OSError):
        root.rmdir()
    return done


@contextmanager
def _held(file: Path | None, wait: bool) -> Iterator[BinaryIO | None]:
    """A waiting file, for one alone of all processes, who brings or replaces it; ``None`` where it is not there (any more), or
    somebody else has it and is not waited for."""
    with ExitStack() as stack:
        stream: BinaryIO | None = None
        with suppress(OSError):
            if file is not None:
                stream = stack.enter_context(open(file, "rb"))
        if stream is None:
            yield None
            return
        try:
            yield stream if _locked(stream, wait) and _still_there(file, stream) else None
        finally:
            if fcntl is not None:  # not only by closing: a process that was forked meanwhile has it open too
                with suppress(OSError):
                    fcntl.flock(stream, fcntl.LOCK_UN)


def _locked(stream: BinaryIO, wait: bool) -> bool:
    if fcntl is not None:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        except OSError:
            pass  # a file system without locks: at worst a file is brought twice
    return True


def _still_there(file: Path | None, stream: BinaryIO) -> bool:
    with suppress(OSError):
        return file is not None and os.path.samestat(os.stat(file), os.fstat(stream.fileno()))
    return False


def _tidy(folder: Path) -> None:
    """Remove what killed processes left unfinished, and empty folders only: another file may have come meanwhile."""
    local.LocalArtifacts(folder).sweep()
    for place, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            os.rmdir(place)
