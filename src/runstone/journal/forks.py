"""Threads that are in a store, and forks.

A child gets the memory as it is at the moment of the fork, locks included. One that the database library holds just then,
for a thread that the child does not have, stays held for ever. So a fork waits until none of ours is inside a store.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from types import TracebackType
from typing import Protocol

from runstone import settings

#: Seconds that a fork waits at most for each thread: a store far away may take long, and training must go on.
FORK_WAIT = 5.0

_all: weakref.WeakSet[InStore] = weakref.WeakSet()
_held: list[InStore] = []


class InStore:
    """``with`` it around calls of a store; one object for each thread that makes them. Not to be nested."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.thread = 0
        _all.add(self)

    def __enter__(self) -> None:
        self.lock.acquire()
        self.thread = threading.get_ident()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.thread = 0
        self.lock.release()


class _Closing(Protocol):
    def close(self, timeout: float | None = None) -> bool: ...


def close_before_leaving(one: _Closing) -> None:
    """In a forked child. Those of ``multiprocessing`` leave by ``os._exit``, and this is the way to be asked before."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.register_after_fork(one, _close_at_exit)


def _close_at_exit(one: _Closing) -> None:
    util = sys.modules["multiprocessing.util"]
    util.Finalize(one, one.close, args=(settings.EXIT_WAIT_SECONDS.get(),), exitpriority=100)


def _before() -> None:
    for guard in list(_all):
        # a store that forks by itself, in our call, need not wait for itself
        if guard.thread != threading.get_ident() and guard.lock.acquire(timeout=FORK_WAIT):
            _held.append(guard)


def _in_parent() -> None:
    while _held:
        _held.pop().lock.release()


def _in_child() -> None:
    _held.clear()
    for guard in list(_all):
        guard.lock, guard.thread = threading.Lock(), 0


os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
