"""Which logged model a thread's points are for, unless a call says otherwise."""

from __future__ import annotations

import threading

from runstone import settings

from . import active

_own = threading.local()
_set_in: set[int] = set()
#: The logged model that this process made last.
last: str | None = None


def current() -> str | None:
    """The active model's id in this thread: what was set, else ``RUNSTONE_ACTIVE_MODEL_ID``, else ``None``."""
    found: str | None = getattr(_own, "model_id", None)
    return found or settings.ACTIVE_MODEL_ID.get() or None


def put(model_id: str | None) -> None:
    """Make it the active model of this thread, or have none."""
    _own.model_id = model_id
    (_set_in.discard if model_id is None else _set_in.add)(threading.get_ident())
    active.stir()  # the fast road of logging knows no models


def any_set() -> bool:
    """Whether any thread has one."""
    return bool(_set_in) or settings.ACTIVE_MODEL_ID.is_set()


def forget() -> None:
    """No thread of this process has one, and none was made."""
    global last
    last = None
    _set_in.clear()
    _own.__dict__.clear()
