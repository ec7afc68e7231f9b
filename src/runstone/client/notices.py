"""What Runstone says on standard error: one line each, with its name in front."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from runstone import settings

#: After so long a wait it is said what is waited for.
SILENT_SECONDS = 2.0

_said: dict[str, object] = {}


@contextmanager
def said_if_slow(text: str) -> Iterator[None]:
    """A notice, should what is done meanwhile take longer than :data:`SILENT_SECONDS`."""
    timer = threading.Timer(SILENT_SECONDS, notice, (text,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def notice(text: str) -> None:
    """Good to know. ``RUNSTONE_QUIET`` silences it."""
    if not settings.QUIET.get():
        _write(text)


def notice_once(kind: str, text: str) -> None:
    """A notice that is given once per process for each ``kind``."""
    if _first(kind):
        notice(text)


def warn_once(kind: str, text: str) -> None:
    """Trouble, once per process for each ``kind``. Written past Python's warning filters, which scripts like to switch off."""
    if _first(kind):
        _write(f"WARNING: {text}")


def forget() -> None:
    """Be ready to say everything again."""
    _said.clear()


def _first(kind: str) -> bool:
    mine = object()
    return _said.setdefault(kind, mine) is mine


def _write(text: str) -> None:
    stream = sys.stderr
    if stream is None or getattr(stream, "closed", False):
        return
    with suppress(OSError, ValueError):  # a daemon has closed it, or its terminal is gone: nobody can be told
        stream.write(f"runstone: {text}\n")
        stream.flush()
