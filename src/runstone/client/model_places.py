"""Which folder a model that a run logs goes to."""

from __future__ import annotations

from contextlib import suppress

from runstone import connect
from runstone.errors import RunstoneError
from runstone.query.run_models import logged_name, own_folder

from .artifacts import uri_of
from .places import model_folders
from .run_log import RunLog
from .session import Session

__all__ = ["claim", "elsewhere", "logged_name", "settle", "unclaim"]

MANIFEST = "MLmodel"


def claim(log: RunLog, here: Session, path: str, model_id: str, known: bool) -> str:
    """The folder below the run's artifacts for a new model: ``path`` for the first one, another for each that follows.

    The artifacts' own place says which of several processes that begin at the same moment gets ``path``; where it cannot be
    asked, what counts is what this process knows.

    Args:
        known: whether the run's tags tell of a model at ``path``.
    """
    with log.lock:
        if known or path in model_folders(log) or not _take(log, here, path):
            return own_folder(path, model_id)
        model_folders(log)[path] = path
        return path


def settle(log: RunLog, here: Session, path: str, folder: str) -> None:
    """The model in this folder is complete: the newest of its name."""
    with log.lock:
        model_folders(log)[path] = folder
    if folder == path:
        _leave(log, here, path)


def elsewhere(log: RunLog, path: str) -> None:
    """A model of this name was completed at a place of its own; which one is the newest is seen by when they were begun."""
    with log.lock:
        if path in model_folders(log):
            model_folders(log)[path] = ""


def unclaim(log: RunLog, here: Session, path: str, folder: str) -> None:
    """No model came to this folder."""
    with log.lock:
        if folder == path and model_folders(log).get(path) == path:
            del model_folders(log)[path]
    if folder == path:
        _leave(log, here, path)


def _take(log: RunLog, here: Session, path: str) -> bool:
    if here.offline or here.away:
        return True
    with suppress(RunstoneError, OSError):  # the copy that follows says what is wrong
        return connect.take_folder(uri_of(log, here), here.uri, path, MANIFEST)
    return True


def _leave(log: RunLog, here: Session, path: str) -> None:
    if not (here.offline or here.away):
        with suppress(RunstoneError, OSError):
            connect.leave_folder(uri_of(log, here), here.uri, path)
