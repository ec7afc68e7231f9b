"""Whether somebody still waits for an answer: what is read for one who left can stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar


class Left(Exception):
    """Whoever asked has gone; nobody reads the answer."""


class Asker:
    """Who asked for what is done in this context, and in threads that have a copy of it. Safe to share between threads."""

    __slots__ = ("_lock", "_stops", "left")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stops: list[Callable[[], None]] = []
        self.left = False

    def leave(self) -> None:
        """From any thread: what is under way for it is stopped. Between two steps there may be nothing to stop, so it is
        said again and again until the work ends."""
        with self._lock:
            self.left = True
            for stop in self._stops:
                stop()

    def check(self) -> None:
        """Raises Left."""
        if self.left:
            raise Left

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """``stop`` is called from another thread if the asker leaves in here, and never afterwards. Raises Left."""
        with self._lock:
            self.check()
            self._stops.append(stop)
        try:
            yield
        except Exception as cause:
            if self.left:
                raise Left from cause
            raise
        finally:
            with self._lock:
                self._stops.remove(stop)


#: Who asks; nobody where the work is done for its own sake.
asker: ContextVar[Asker | None] = ContextVar("runstone_asker", default=None)


def stoppable(stopper: Callable[[], Callable[[], None]]) -> AbstractContextManager[None]:
    """:meth:`Asker.stopping` for who asks now, with what ``stopper`` makes; nothing where nobody is known to ask."""
    known = asker.get()
    return nullcontext() if known is None else known.stopping(stopper())
