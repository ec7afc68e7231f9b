"""Taking turns with training at the interpreter: what works in the background asks for short ones."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

#: Seconds after which the interpreter changes threads while something of ours works in the background; its own is 0.005.
TURN = 0.001

_trains = True


def nobody_trains() -> None:
    """Said by a process that is a server: what works in the background need not step aside for training."""
    global _trains
    _trains = False


def may_train() -> bool:
    """Whether training code may wait for the interpreter in this process."""
    return _trains


def stand_back() -> None:
    """Said by a background thread once: it runs when a processor is free, and takes none from a thread that trains.

    Waking up it would else take the processor for a tick, 4 ms in most kernels. Its share of a busy machine stays what it was,
    so nobody waits long for the interpreter when such a thread holds it. Linux only; elsewhere, or where the policy may not be
    changed, nothing happens; nor in the main thread, which trains.
    """
    if hasattr(os, "SCHED_BATCH") and threading.current_thread() is not threading.main_thread():
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))  # 0: the thread that calls, not its process


class _Turns:
    """How many threads of ours are at work, and what the interval was before."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.working = 0
        self.usual = self.ours = 0.0

    def begin(self) -> None:
        with self.lock:
            self.working += 1
            if self.working == 1:
                self.usual = sys.getswitchinterval()
                sys.setswitchinterval(min(self.usual, TURN))
                self.ours = sys.getswitchinterval()

    def end(self) -> None:
        with self.lock:
            self.working -= 1
            if not self.working and sys.getswitchinterval() == self.ours:  # else somebody has set it meanwhile
                sys.setswitchinterval(self.usual)


_turns = _Turns()


@contextlib.contextmanager
def short_turns() -> Iterator[None]:
    """A thread that wants the interpreter gets it after a millisecond, not the usual five, until all who asked are done.

    For background threads only: a signal handler that came here in the midst of it would wait for itself.
    """
    turns = _turns
    turns.begin()
    try:
        yield
    finally:
        turns.end()


def _in_child() -> None:
    """The threads that worked stayed with the parent."""
    global _turns
    if _turns.working and sys.getswitchinterval() == _turns.ours:
        sys.setswitchinterval(_turns.usual)
    _turns = _Turns()


os.register_at_fork(after_in_child=_in_child)
