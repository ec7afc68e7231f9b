"""What no fork may fall into, and how a forked child is asked before it leaves.

A child gets the memory as it is at the moment of the fork, locks included. One that the database library, an import or a map
of memory holds just then, for a thread that the child does not have, stays held for ever. So a fork waits until no other
thread is inside such a place, and no thread enters one while somebody forks.
"""

from __future__ import annotations

import os
import sys
import threading
from types import TracebackType
from typing import Protocol

from . import settings

#: Seconds that a fork waits at most for all threads: a store far away may take long, and training must go on.
FORK_WAIT = 5.0


class _NoFork:
    """``with`` it around what no fork may fall into. May be nested; comes before any lock that its holder waits for."""

    def __init__(self) -> None:
        self._changed = threading.Condition()  # of an RLock: a signal handler may come here in the midst of it
        self._inside: dict[int, int] = {}  # thread -> how deep
        self._forking: set[int] = set()

    def __enter__(self) -> None:
        me = threading.get_ident()
        with self._changed:
            if me not in self._inside and self._forking:
                self._changed.wait_for(lambda: not self._forking - {me}, FORK_WAIT)
            self._inside[me] = self._inside.get(me, 0) + 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        me = threading.get_ident()
        with self._changed:
            self._inside[me] -= 1
            if not self._inside[me]:
                del self._inside[me]
                if self._forking:
                    self._changed.notify_all()

    def before(self) -> None:
        with self._changed:
            self._forking.add(threading.get_ident())
            # who forks inside need not wait for itself, nor two who do for each other
            self._changed.wait_for(lambda: self._inside.keys() <= self._forking, FORK_WAIT)

    def in_parent(self) -> None:
        with self._changed:
            self._forking.discard(threading.get_ident())
            self._changed.notify_all()

    def in_child(self) -> None:
        me = threading.get_ident()
        self._changed, self._forking = threading.Condition(), set()
        self._inside = {me: self._inside[me]} if me in self._inside else {}


no_fork = _NoFork()


class _Closing(Protocol):
    def close(self, timeout: float | None = None) -> bool: ...


def close_before_leaving(one: _Closing) -> None:
    """In a forked child. Those of ``multiprocessing`` leave by ``os._exit``, and this is the way to be asked before."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.register_after_fork(one, _close_at_exit)


def _close_at_exit(one: _Closing) -> None:
    util = sys.modules["multiprocessing.util"]
    # the last of all: who ends runs before still has something to ship
    util.Finalize(one, one.close, args=(settings.EXIT_WAIT_SECONDS.get(),), exitpriority=-200)


os.register_at_fork(before=no_fork.before, after_in_parent=no_fork.in_parent, after_in_child=no_fork.in_child)
