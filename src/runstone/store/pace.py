"""Letting the training thread run.

A thread that waits for the interpreter lock gets it after 5 ms, or as soon as the holder lets go. So whoever works beside
training lets go every millisecond, for longer than it takes the waiting thread to wake up. Where nobody else does anything,
for instance because all wait for this very work, it goes on.
"""

from __future__ import annotations

import threading
import time

from runstone.turns import awaited, may_train, step_aside

#: Seconds of work between two pauses, and the length of a pause.
WORK, ASIDE = 0.001, 0.0003
#: After so many pauses in which no other thread did anything, there are none until one does.
IN_VAIN = 5
#: Seconds of other threads' work that count as something.
SOMETHING = 0.0001


class Pace:
    """Called in every loop over records; sleeps now and then, except in the main thread, behind which nobody waits, and in
    a server, where a third of a writer's time went into it."""

    def __init__(self) -> None:
        self._beside = may_train() and threading.current_thread() is not threading.main_thread()
        self._last, self._others, self._alone = time.perf_counter(), 0.0, 0

    def __call__(self) -> None:
        if self._beside and time.perf_counter() - self._last > WORK:
            others = time.process_time() - time.thread_time()
            self._alone = self._alone + 1 if others - self._others < SOMETHING else 0
            self._others = others
            if self._alone < IN_VAIN or awaited():
                step_aside(ASIDE)
            self._last = time.perf_counter()
