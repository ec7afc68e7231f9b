"""What the caller may do with a registered model or an experiment, in the words of the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runstone.entities.accounts import EXPERIMENT, REGISTERED_MODEL

from .caller import EDIT, MANAGE, Caller, current

if TYPE_CHECKING:
    from runstone.server.backend import Backend


def may_with_model(backend: Backend, name: str) -> Literal["read", "edit", "manage"]:
    """Everything, where the server knows no users."""
    asking = _asking()
    if backend.guard is None or asking is None:
        return "manage"
    rank = backend.guard.policy.permission(asking, REGISTERED_MODEL, name)
    if not asking.may("write"):
        return "read"
    return "manage" if rank >= MANAGE else "edit" if rank >= EDIT else "read"


def may_edit_experiment(backend: Backend, experiment_id: str) -> bool:
    """Whether the caller may change an experiment's tags and log to it."""
    asking = _asking()
    if backend.guard is None or asking is None:
        return True
    return asking.may("write") and backend.guard.policy.permission(asking, EXPERIMENT, experiment_id) >= EDIT


def is_administrator(backend: Backend) -> bool:
    """Whether the caller may remove things for ever; everybody, where the server knows no users."""
    asking = _asking()
    return backend.guard is None or asking is None or (asking.is_admin and asking.may("admin"))


def may_comment(backend: Backend) -> bool:
    """Whether the caller may say something where READ is enough: a token may be for reading alone."""
    asking = _asking()
    return backend.guard is None or asking is None or asking.may("write")


def _asking() -> Caller | None:
    found = current.get(None)
    return found.caller if found else None


def username() -> str:
    """Who asks; empty where the server knows no users."""
    asking = _asking()
    return asking.username if asking else ""
