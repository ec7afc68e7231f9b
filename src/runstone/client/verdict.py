"""What an exception says about how a run ended."""

from __future__ import annotations

import signal
import traceback


class Terminated(SystemExit):
    """Raised in the main thread when SIGTERM or SIGHUP arrives while a run is active, so that ``with`` blocks are left."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number


#: Characters of a cause.
_MOST = 2000


def verdict(error: BaseException | None) -> tuple[str, str | None]:
    """Status and cause of a run whose block ``error`` left; ``None`` for one that was left in peace."""
    if isinstance(error, Terminated):
        return "KILLED", f"signal {error.number} ({signal.Signals(error.number).name})"
    if isinstance(error, KeyboardInterrupt):
        return "KILLED", "interrupted (Ctrl-C)"
    if isinstance(error, SystemExit):
        if not error.code:
            return "FINISHED", None
        number = error.code if isinstance(error.code, int) else 1
        return "FAILED", f"exit code {number}" if isinstance(error.code, int) else plain(f"exit code {number}: {error.code}")[
            :_MOST
        ]
    if error is None:
        return "FINISHED", None
    last = traceback.format_exception_only(type(error), error)[-1].strip()
    return "FAILED", plain(last)[:_MOST]


def plain(text: str) -> str:
    """As text that can be kept: what Python makes of a file's name that is no UTF-8 has halves of surrogate pairs."""
    return text.encode("utf-8", "backslashreplace").decode()
