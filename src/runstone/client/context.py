"""What surrounds a run: who, where, which code, which packages.

Gathered once per process on a thread of its own, and written to every run as a ``Tags`` record (git's commit, branch, remote)
and up to three documents: ``host`` (JSON), ``packages``, ``git.diff``.
"""

from __future__ import annotations

import importlib
import os
import threading
import time
from collections.abc import Callable

from msgspec import Struct

from runstone import settings
from runstone.forks import no_fork
from runstone.records import Document, Record, Tags
from runstone.turns import at_work, stand_back

from . import surroundings

#: In a notebook the code changes while the process lives: git is asked again after so many seconds.
NOTEBOOK_SECONDS = 30.0

Append = Callable[[Record], None]


class _Waiting(Struct):
    run_id: str
    append: Append
    done: Callable[[], None]


class Gathered(Struct, frozen=True):
    """``documents`` are (name, media type, text); ``at`` is of the monotonic clock."""

    tags: dict[str, str | None]
    documents: list[tuple[str, str, str]]
    at: float


_lock = threading.Lock()
_gathered: Gathered | None = None
_waiting: list[_Waiting] = []
_worker: threading.Thread | None = None


def gather(run_id: str, append: Append, done: Callable[[], None] = lambda: None) -> None:
    """Write the run's context through ``append``, at once if it is known already, else from a background thread.

    Args:
        append: called with a few records; what it raises is dropped (the run may have been deleted or closed).
        done: called after the last record, on the same thread.
    """
    global _worker
    with _lock:
        known = _gathered if _still_true(_gathered) else None
        if known is None:
            _waiting.append(_Waiting(run_id, append, done))
            if _worker is None:
                _worker = threading.Thread(target=_work, name="runstone-context", daemon=True)
                _worker.start()
            return
    _write(known, _Waiting(run_id, append, done))


def settle(timeout: float | None = None) -> bool:
    """Wait until every run has its context; whether that is so. Processes call it before they end."""
    worker = _worker
    if worker is not None and worker is not threading.current_thread():
        worker.join(timeout)
        return not worker.is_alive()
    return True


def settle_before_deletion() -> None:
    """A deleted run takes nothing more, and the context of one that was begun here may still be gathered."""
    settle(settings.EXIT_WAIT_SECONDS.get())


def known_tags() -> dict[str, str | None]:
    """The tags that were gathered; none while nothing was."""
    return dict(_gathered.tags) if _gathered is not None else {}


def tags_now() -> dict[str, str | None]:
    """The tags, waiting for them if need be."""
    if not _still_true(_gathered):
        gather("", lambda record: None)
        settle()
    return known_tags()


def forget() -> None:
    """Gather anew next time."""
    global _gathered
    _gathered = None


def _still_true(gathered: Gathered | None) -> bool:
    return gathered is not None and (not surroundings.in_notebook() or time.monotonic() - gathered.at < NOTEBOOK_SECONDS)


def _work() -> None:
    """Gather, then serve whoever has come meanwhile; ends when nobody waits."""
    global _gathered, _worker
    stand_back()
    # What gathers pulls in a good deal of the standard library: that too is loaded here, off the caller's thread.
    with at_work():
        with no_fork:  # a child would wait for ever for an import that stayed with its parent
            gathering = importlib.import_module("runstone.client.gathering")
        gathered: Gathered = gathering.collect()  # it never raises
    while True:
        with _lock:
            _gathered = gathered
            if not _waiting:
                _worker = None
                return
            batch = _waiting[:]
            _waiting.clear()
        for waiting in batch:
            _write(gathered, waiting)


def _write(gathered: Gathered, waiting: _Waiting) -> None:
    try:
        if gathered.tags:
            waiting.append(Tags(waiting.run_id, gathered.tags))
        for name, media_type, text in gathered.documents:
            waiting.append(Document(waiting.run_id, name, media_type, text))
    except Exception:  # context is never worth a run: its journal may be closed or full, and says so itself
        pass
    finally:
        waiting.done()


def _in_child() -> None:
    """The thread that gathers stayed with the parent, and so did the runs that wait for it."""
    global _lock, _worker
    _lock, _worker = threading.Lock(), None
    _waiting.clear()


os.register_at_fork(after_in_child=_in_child)
