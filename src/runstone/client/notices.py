"""What Runstone says on standard error: one line each, with its name in front."""

from __future__ import annotations

import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from runstone import settings

#: After so long a wait it is said what is waited for.
SILENT_SECONDS = 2.0
#: Marks of notices that children are handed; beyond that the oldest may be said again.
MOST_TOLD = 50

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


def notice_once(kind: str, text: str | Callable[[], str]) -> None:
    """A notice that is given once for each ``kind``: by this process, and by those of the same script that it starts. What
    gives the text is only called then."""
    if _first(kind) and not settings.QUIET.get() and _first_of_script(kind):
        notice(text if isinstance(text, str) else text())


def warn_once(kind: str, text: str) -> None:
    """Trouble, once per process for each ``kind``. Written past Python's warning filters, which scripts like to switch off."""
    if _first(kind):
        _write(f"WARNING: {text}")


def forget() -> None:
    """Be ready to say everything again."""
    _said.clear()
    settings.TOLD.unset()


def _first(kind: str) -> bool:
    mine = object()
    return _said.setdefault(kind, mine) is mine


def _first_of_script(kind: str) -> bool:
    """Whether no parent that runs the same script has said it. Workers that are spawned have its command line and environment;
    what is typed in or piped is no script that could be told from another."""
    script = sys.argv[0] if sys.argv else ""
    if not script or script.startswith("-"):
        return True
    about = f"{script}\n{kind}"
    mark = f"{zlib.crc32(about.encode(errors='replace')):08x}"
    told = settings.TOLD.get().split()
    if mark in told:
        return False
    settings.TOLD.set(" ".join([*told, mark][-MOST_TOLD:]))
    return True


def _write(text: str) -> None:
    stream = sys.stderr
    if stream is None or getattr(stream, "closed", False):
        return
    with suppress(OSError, ValueError):  # a daemon has closed it, or its terminal is gone: nobody can be told
        stream.write(f"runstone: {text}\n")
        stream.flush()
