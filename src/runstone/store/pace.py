"""Letting the training thread run.

A thread that waits for the interpreter lock gets it after 5 ms, or as soon as the holder lets go. So whoever works beside
training lets go every millisecond, for longer than it takes the waiting thread to wake up.
"""

from __future__ import annotations

import threading
import time

#: Seconds of work between two pauses, and the length of a pause.
WORK, ASIDE = 0.001, 0.0003


class Pace:
    """Called in every loop over records; sleeps now and then, except in the main thread: nobody is behind it."""

    def __init__(self) -> None:
        self._beside = threading.current_thread() is not threading.main_thread()
        self._last = time.perf_counter()

    def __call__(self) -> None:
        if self._beside and time.perf_counter() - self._last > WORK:
            time.sleep(ASIDE)
            self._last = time.perf_counter()
