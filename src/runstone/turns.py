"""Taking turns with training at the interpreter: what works in the background asks for short ones, one thread at a time."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator

#: Seconds after which the interpreter changes threads while something of ours works in the background; its own is 0.005.
TURN = 0.001
#: Seconds after which a background thread no longer waits for another one that is at work.
PATIENCE = 0.1

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
    """Which threads of ours are at work, whose turn it is, and what the interval was before.

    Where two of them want the interpreter at once, training waits for more than their work: woken for its turn, one has to
    wait until the other leaves the processor, a tick of the kernel, and the C library's lock wakes nobody else meanwhile.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.Lock())
        self.working: set[int] = set()
        self.whose: int | None = None
        self.waiting = 0
        self.usual = self.ours = 0.0

    def begin(self, me: int) -> None:
        with self.changed:
            if not self.working:
                self.usual = sys.getswitchinterval()
                sys.setswitchinterval(min(self.usual, TURN))
                self.ours = sys.getswitchinterval()
            self.working.add(me)
            self._take(me)

    def end(self, me: int) -> None:
        with self.changed:
            self._give(me)
            self.working.discard(me)
            if not self.working and sys.getswitchinterval() == self.ours:  # else somebody has set it meanwhile
                sys.setswitchinterval(self.usual)

    def leave(self, me: int) -> None:
        with self.changed:
            self._give(me)

    def resume(self, me: int) -> None:
        with self.changed:
            self._take(me)

    def _take(self, me: int) -> None:
        if not _trains:  # a server's threads wait for nobody
            return
        self.waiting += 1
        # whoever waited in vain goes first from here on: the other one may be waiting for it
        self.changed.wait_for(lambda: self.whose is None, PATIENCE)
        self.waiting -= 1
        self.whose = me

    def _give(self, me: int) -> None:
        if self.whose == me:
            self.whose = None
            self.changed.notify()


_turns = _Turns()


@contextlib.contextmanager
def at_work() -> Iterator[None]:
    """A background thread works: no other one of ours does meanwhile, but where it is away or takes too long.

    Until all of them are done a thread that wants the interpreter gets it after a millisecond, not the usual five. Not nested,
    and for background threads only: a signal handler that came here in the midst of it would wait for itself.
    """
    turns, me = _turns, threading.get_ident()
    turns.begin(me)
    try:
        yield
    finally:
        turns.end(me)


@contextlib.contextmanager
def away() -> Iterator[None]:
    """Around what waits for a disk, a server or another process: others of ours may work meanwhile."""
    turns, me = _turns, threading.get_ident()
    working = me in turns.working  # else the lock is left alone: a signal handler of the main thread may come here, too
    if working:
        turns.leave(me)
    try:
        yield
    finally:
        if working:
            turns.resume(me)


def step_aside(seconds: float) -> None:
    """Sleep, so that who waits for the interpreter gets it; the next background thread that waits works meanwhile."""
    with away():
        time.sleep(seconds)


def awaited() -> bool:
    """Whether another background thread waits until this one is done."""
    return _turns.waiting > 0


def _in_child() -> None:
    """The threads that worked stayed with the parent."""
    global _turns
    if _turns.working and sys.getswitchinterval() == _turns.ours:
        sys.setswitchinterval(_turns.usual)
    _turns = _Turns()


os.register_at_fork(after_in_child=_in_child)
