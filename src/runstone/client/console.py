"""Keep what a run's process prints, without coming between the process and its terminal.

One tee serves the whole process while any run captures; what is printed goes to the run that began to capture last.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from runstone import settings
from runstone.records import Console, Record
from runstone.turns import stand_back

from .console_source import PATIENCE, Source, flush, open_source
from .transcript import Transcript

#: Pause between two looks at what was printed, seconds: prints in between share a record.
PAUSE = 0.05


class Append(Protocol):
    def __call__(self, record: Record, /) -> None: ...


class Capture:
    """Writes ``Console`` records of a run from :meth:`start` to :meth:`stop`.

    Args:
        run_id: the run.
        append: writes a record; called on a background thread. Once it raises, nothing more is kept of this run's console.
        cap: characters kept; the setting if ``None``.
    """

    def __init__(self, run_id: str, append: Append, cap: int | None = None) -> None:
        self.run_id, self._append = run_id, append
        self._transcript = Transcript(settings.CONSOLE_CAP_MB.get() << 20 if cap is None else cap)
        self._broken = False

    def start(self) -> None:
        with _lock:
            global _tee
            if _tee is None or not _tee.alive:
                _tee = _Tee()
            _tee.change(lambda captures: captures.append(self))

    def stop(self) -> None:
        """Everything printed before this call is written when it returns; the outermost one's stop restores the streams.

        In a forked child it does nothing.
        """
        with _lock:
            global _tee
            if _tee is None or self not in _tee.captures:
                return
            _tee.change(lambda captures: captures.remove(self))
            self.write(end=True)
            if not _tee.captures:
                _tee.end()
                _tee = None

    def feed(self, stream: str, time_ms: int, data: bytes) -> None:
        self._transcript.feed(stream, time_ms, data)

    def write(self, end: bool = False) -> None:
        """Write the pieces that are due."""
        for piece in self._transcript.take(time.time_ns() // 1_000_000, end):
            if not self._broken:
                try:
                    self._append(Console(self.run_id, piece.stream, piece.time, piece.text))
                except Exception:  # the journal is full or closed, and has said so; the terminal has the text
                    self._broken = True


_lock = threading.RLock()
_tee: _Tee | None = None


class _Tee:
    """The process's streams, a thread that listens to them, and the captures, innermost last."""

    def __init__(self) -> None:
        self.captures: list[Capture] = []
        self.alive = True
        self._source: Source = open_source()
        self._marks = 0
        self._marked = threading.Condition()
        self._hurry = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="runstone-console", daemon=True)
        self._thread.start()

    def change(self, how: Callable[[list[Capture]], None]) -> None:
        """Change who listens, between what was printed before and after."""
        self._settle()
        with self._marked:
            how(self.captures)

    def end(self) -> None:
        """Restore the streams. What other threads print meanwhile is shown, and belongs to no run."""
        self._source.restore()
        self._settle()
        self.alive = False
        self._hurry.set()
        self._thread.join(PATIENCE)
        self._source.close()

    def forget(self) -> None:
        """In a forked child: the parent listens on."""
        self._source.leave()
        self.alive = False
        self.captures = []

    def _settle(self) -> None:
        """Wait until all that was printed before is with its run. Never for ever: the terminal may be stopped."""
        if not self.alive or threading.current_thread() is self._thread:
            return
        with self._marked:
            wanted = self._marks + 1
        self._hurry.set()
        flush()
        self._source.ask()
        with self._marked:
            self._marked.wait_for(lambda: self._marks >= wanted or not self.alive, PATIENCE)
        self._hurry.clear()

    def _listen(self) -> None:
        stand_back()
        while self.alive:
            heard = self._source.hear(0.25)
            if heard is None:
                self._lost()
                return
            with self._marked:
                inner = self.captures[-1] if self.captures else None
                for stream, time_ms, data in heard:
                    if not stream:
                        self._marks += 1
                    elif inner is not None:
                        inner.feed(stream, time_ms, data)
                if inner is not None:
                    inner.write()
                self._marked.notify_all()
            self._hurry.wait(PAUSE)

    def _lost(self) -> None:
        """The pump is gone: print to the terminal directly, before anything is written to nobody."""
        self.alive = False
        with suppress(OSError, ValueError):
            self._source.restore()
        with self._marked:
            self._marked.notify_all()


def _in_child() -> None:
    global _lock, _tee
    _lock = threading.RLock()
    if _tee is not None:
        _tee.forget()
    _tee = None


os.register_at_fork(after_in_child=_in_child)
