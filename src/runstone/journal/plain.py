"""A segment for file systems on which mapped files are slow, unsafe or impossible: the same bytes, written with ``pwrite``."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

from . import allocation
from .segment import RESERVE, Segment

#: Bytes of disk that are reserved at one go.
_AHEAD = 1 << 16


class PlainSegment(Segment):
    """A file that grows with each write. What ``pwrite`` has taken, the system keeps when the process dies.

    The disk is reserved some way ahead, so that the reserve is there when it is full.
    """

    def __init__(self, path: Path, number: int, capacity: int) -> None:
        super().__init__(path, number, capacity)
        self._size = self._reserved = 0
        self._lock = threading.RLock()
        try:
            self._allocate_to(min(capacity, _AHEAD))
        except BaseException:
            self.remove()
            raise
        self.write = self._write

    def _write(self, data: bytes, keep: int = RESERVE) -> None:
        with self._lock:
            end = self._size + len(data) + keep
            if self.used is not None or self.fd < 0 or end > self.capacity:
                raise ValueError("no room")
            if end > self._reserved:
                self._allocate_to(end)
            # taken at once, so that a signal handler that logs in the midst of this takes the next place
            start = self._size
            self._size = start + len(data)
            try:
                done = 0
                while done < len(data):
                    done += os.pwrite(self.fd, data[done:], start + done)
            except BaseException:
                if self._size == start + len(data):
                    self._size = start  # what was written is a torn end, which the next write covers
                raise

    def _allocate_to(self, end: int) -> None:
        target = min(self.capacity, max(end, self._reserved + _AHEAD))
        allocation.extend(self.fd, self._reserved, target)
        self._reserved = max(self._reserved, target)

    def spend(self, frame: bytes, keep: int = 0) -> bool:
        with self._lock, contextlib.suppress(ValueError, OSError):
            self.used = None  # finished for one that could not be begun
            self._write(frame, keep)
            return True
        return False

    def disown(self) -> None:
        self._lock = threading.RLock()  # a thread that is no more may have held it
        super().disown()

    @property
    def size(self) -> int:
        with self._lock:  # waits for a write that is under way
            return self._size

    def finish(self) -> None:
        with self._lock:
            self.used = self._size
