"""How a script left that ended by ``sys.exit``: Python tells nobody at exit, so the exception itself is watched.

``sys.exit`` is replaced by one that raises the same exception, of a class that notices its own end. If that comes when no
frame is left, nobody caught it: it is what ended the script.
"""

from __future__ import annotations

import sys
import threading
from typing import NoReturn

_left_by: SystemExit | None = None


class _Exit(SystemExit):
    """Raised by ``sys.exit`` once a run has begun."""

    def __del__(self) -> None:
        global _left_by
        try:
            sys._getframe(1)
        except ValueError:
            if threading.current_thread() is threading.main_thread():
                _left_by = SystemExit(*self.args)


def _exit(status: object = None, /) -> NoReturn:
    """Exit the interpreter by raising SystemExit(status), as Python's own does."""
    raise _Exit(status)


_pythons_own = sys.exit


def watch() -> None:
    """From now on it is known how the script left, unless it has a ``sys.exit`` of its own."""
    if sys.exit is _pythons_own:
        sys.exit = _exit


def left_by() -> SystemExit | None:
    """The exception that ended the main script, as far as it came from ``sys.exit``; ``None`` before its end."""
    return _left_by


def forget() -> None:
    """Give Python its own back."""
    global _left_by
    _left_by = None
    if sys.exit is _exit:
        sys.exit = _pythons_own
