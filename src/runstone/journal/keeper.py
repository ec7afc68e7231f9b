"""The thread that keeps this process's journals: to the disk every second, checksums, heartbeats.

Apart from the shipper, so that a store that is away or slow never widens the window that a power failure can take.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import weakref
import zlib
from typing import TYPE_CHECKING

from runstone import settings, wire
from runstone.turns import at_work, away, stand_back

from . import owner
from .segment import Segment
from .space import spaces
from .spares import Spares

if TYPE_CHECKING:
    from .writer import JournalWriter

#: Bytes read at one go for their checksums.
_STRETCH = 16 * wire.SEAL_BLOCK


class Keeper:
    """At most one thread, started with the first journal; it ends when there are none and comes back with the next."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.writers: weakref.WeakSet[JournalWriter] = weakref.WeakSet()
        self.thread: threading.Thread | None = None
        self.spares: Spares | None = None
        self._beat_at = 0.0

    def watch(self, writer: JournalWriter) -> None:
        with self.lock:
            self.writers.add(writer)
            if self.thread is None:
                self.spares = Spares()
                self.thread = threading.Thread(target=self._run, name="runstone-keeper", daemon=True)
                self.thread.start()

    def _run(self) -> None:
        stand_back()
        while True:
            # twice in each period: what is there at one look and still there at the next is brought to the disk
            time.sleep(settings.JOURNAL_SYNC_SECONDS.get() / 2)
            with at_work():
                self.look()
            with self.lock:
                if not self.writers:
                    spares, self.thread, self.spares = self.spares, None, None
                    if spares is not None:
                        spares.end()
                    return

    def look(self) -> None:
        """Journals that have something since the last look go to the disk, unless it was shipped meanwhile."""
        beat = time.monotonic() >= self._beat_at
        for writer in list(self.writers):
            if writer.gone:
                self.writers.discard(writer)
                continue
            if writer.seen > max(writer.sealed, writer.quiet_until):
                with contextlib.suppress(OSError, ValueError):
                    sync(writer)
            writer.seen = writer.position
            if writer.closed and writer.sealed >= writer.seen:
                self.writers.discard(writer)
            elif beat:
                owner.beat(writer.folder)
        if beat:
            self._beat_at = time.monotonic() + settings.LEASE_SECONDS.get() / 3
            for space in spaces():
                space.measure()


def sync(writer: JournalWriter) -> None:
    """Bring one journal to the disk and seal what is new: from then on a bit that flips there shows."""
    for segment in writer.segments:
        end = segment.end
        start = max(writer.sealed, segment.start)
        if end <= max(start, writer.quiet_until):
            continue
        with away():
            segment.sync()
            _sync_name(segment)
        if segment is not writer.current:
            writer.sealed = end  # finished, and about to be shipped: a seal would have to stand in the next segment
        elif writer.closed:
            writer.sealed = end
        else:
            writer.seal(start, end, _checksums(segment, start, end))


def _sync_name(segment: Segment) -> None:
    """That the file exists must survive too: once for each."""
    if segment.named:
        return
    segment.named = True
    fd = os.open(segment.path.parent, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _checksums(segment: Segment, start: int, end: int) -> list[int]:
    checksums = []
    for position in range(start, end, _STRETCH):
        data = memoryview(segment.read(min(_STRETCH, end - position), position - segment.start))
        checksums += [zlib.crc32(data[at : at + wire.SEAL_BLOCK]) for at in range(0, len(data), wire.SEAL_BLOCK)]
    return checksums


_keeper = Keeper()


def watch(writer: JournalWriter) -> None:
    _keeper.watch(writer)


def rolled(writer: JournalWriter) -> None:
    """A segment was filled: a spare is wanted soon."""
    spares = _keeper.spares
    if spares is not None:
        spares.wake(writer)


def _in_child() -> None:
    global _keeper
    _keeper = Keeper()


os.register_at_fork(after_in_child=_in_child)
