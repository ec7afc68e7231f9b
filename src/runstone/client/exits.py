"""How a script left that ended by ``sys.exit``, ``exit`` or ``quit``: Python tells nobody, so the exception itself is watched.

They are replaced by ones that raise the same exception, of a class that notices its own end. If that comes when no
frame is left, nobody caught it: it is what ended the script.
"""

from __future__ import annotations

import builtins
import contextlib
import sys
import threading
from typing import Any, NoReturn

_left_by: SystemExit | None = None


class _Exit(SystemExit):
    """Raised by ``sys.exit``, ``exit`` and ``quit`` once a run has begun."""

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


class _Leave:
    """``exit`` and ``quit``, which the module ``site`` gives to scripts: they close standard input first."""

    def __init__(self, own: Any) -> None:
        self.own = own

    def __repr__(self) -> str:
        return repr(self.own)

    def __call__(self, code: object = None) -> NoReturn:
        with contextlib.suppress(Exception):
            sys.stdin.close()
        raise _Exit(code)


_pythons_own = sys.exit


def watch() -> None:
    """From now on it is known how the script left, unless it has words of its own for that."""
    if sys.exit is _pythons_own:
        sys.exit = _exit
    for name in ("exit", "quit"):
        own = getattr(builtins, name, None)
        if type(own).__module__ == "_sitebuiltins":  # not in a notebook, which has its own
            setattr(builtins, name, _Leave(own))


def left_by() -> SystemExit | None:
    """The exception that ended the main script, as far as it came from what is watched; ``None`` before its end."""
    return _left_by


def forget() -> None:
    """Give Python its own back."""
    global _left_by
    _left_by = None
    if sys.exit is _exit:
        sys.exit = _pythons_own
    for name in ("exit", "quit"):
        ours = getattr(builtins, name, None)
        if isinstance(ours, _Leave):
            setattr(builtins, name, ours.own)
