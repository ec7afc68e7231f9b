"""A journal, as the process that writes it sees it: when a call returns, the record survives the death of the process.

The fast road is three lines at the public edge, with no lock and no other call::

    write, keys, salt = writer.hot
    write(wire.pack_metric(keys[key], step, wire.now(), value, salt))

``mmap.write`` is one C call under the interpreter's lock that copies and moves on, so that threads cannot interleave.
Whatever it raises (KeyError: a new key; ValueError: the segment is full, finished, or was inherited by a fork;
``struct.error``: a value of another type) is for the slow road, :meth:`JournalWriter.metric`.

A signal handler may log too, between any two steps of a call that it interrupts, in the same thread, so that no lock keeps
it out. Therefore what must not be torn apart is one call into C: ``dict.setdefault``, ``list.pop``, ``next``.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import struct
import threading
import time
import uuid
import weakref
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from runstone import settings, wire
from runstone.errors import InvalidValue, JournalTrouble
from runstone.records import Params, Record, RunChanged, Tags

from . import keeper, owner
from .filesystems import mappable, warn_plain
from .plain import PlainSegment
from .segment import RESERVE, MappedSegment, Segment, Unmappable
from .space import Space, space_of

#: The first segment is small, so that a short run costs little; each next one is four times as large, up to the setting.
FIRST_BYTES = 64 * 1024
#: A thread that logs and finds no spare makes a segment no larger than this itself: a larger one takes milliseconds.
_OWN_BYTES = 1 << 20

#: A segment that is full within so many seconds is worth to have its successor's pages ready; within so many, two.
_SOON, _VERY_SOON = 10.0, 0.5
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
#: What may spend the reserve when nothing more fits: bytes of it that each kind leaves to those that matter more.
_KEEPS: dict[type, int] = {RunChanged: 0, Params: 1024, Tags: 1024}

Hot = tuple[Callable[[bytes], object], dict[str, bytes], bytes]

_writers: weakref.WeakSet[JournalWriter] = weakref.WeakSet()


def journal_folder(root: Path, run_id: str) -> Path:
    """The folder of a run's journals. An id that is no file name is escaped."""
    return root / quote(run_id, safe="").replace(".", "%2E")


class JournalWriter:
    """A run's journal in this process. Safe for several threads; a forked child gets a journal of its own by itself.

    Args:
        root: the folder of all journals of a store; made if missing.
        run_id: at most 172 bytes.

    Attributes:
        journal_id: changes in a forked child.
        hot: what the fast road needs; replaced when a segment is full.
        keys: metric key to word 0 of its points, for this journal's life.
        on_roll: called with the new ``hot`` after each change of it.
        on_open: called with the writer when a forked child has opened its own journal.
        current: the segment that is written to.
        closed: nothing more is written. ``gone``: all of it is shipped and removed.
        sealed, seen, quiet_until: positions that the keeper remembers.

    Raises: JournalTrouble when the folder cannot be written or the disk is full; InvalidValue for an absurd run id.
    """

    def __init__(self, root: Path, run_id: str) -> None:
        self.root, self.run_id = Path(root), run_id
        self.on_roll: Callable[[Hot], object] | None = None
        self.on_open: Callable[[JournalWriter], object] | None = None
        self.closed = self.gone = False
        self._open()
        _writers.add(self)

    def _open(self) -> None:
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._stale = False
        self.journal_id = uuid.uuid4().hex
        self.folder = journal_folder(self.root, self.run_id) / self.journal_id
        self.salt = wire.new_salt()
        self.keys: dict[str, bytes] = {}
        self.sealed = self.seen = self.quiet_until = 0
        self._by_start: dict[int, Segment] = {}  # journal position to segment: each position begins one segment only
        self._numbers, self._key_ids = itertools.count(1), itertools.count()
        self._spares: list[Segment] = []
        self._took, self._rolled = 0.0, time.monotonic()  # seconds that the last full segment lasted, and when it was full
        self._space: Space = space_of(self.root)
        for setting in (settings.JOURNAL_SYNC_SECONDS, settings.JOURNAL_CAP_MB, settings.SEGMENT_MB, settings.LEASE_SECONDS):
            setting.get()  # what cannot be read is the caller's mistake, told here and not in a thread
        try:
            self._make_folder()
            self.current = self._first()
        except (OSError, JournalTrouble) as cause:
            self._clear_away()
            raise self._trouble(cause) from cause
        except BaseException:
            self._clear_away()
            raise
        keeper.watch(self)

    def _first(self) -> Segment:
        segment = self._new_segment(FIRST_BYTES)
        try:
            return self._begin(segment, 0)
        except BaseException:
            self._give_up(segment)
            raise

    def _make_folder(self) -> None:
        for _ in range(10):
            with contextlib.suppress(
                FileNotFoundError
            ):  # no root yet, or another process has just removed the run's empty folder
                with contextlib.suppress(FileExistsError):
                    os.mkdir(self.folder.parent)
                os.mkdir(self.folder)
                break
            self.root.mkdir(parents=True, exist_ok=True)
        else:
            raise FileNotFoundError(errno.ENOENT, "it vanishes as soon as it is made")
        owner.write_owner(self.folder, owner.this_process(self.run_id))

    def _clear_away(self) -> None:
        for segment in self.segments:
            segment.remove()
        with contextlib.suppress(OSError):
            (self.folder / owner.OWNER).unlink(missing_ok=True)
            self.folder.rmdir()
            self.folder.parent.rmdir()

    # --- writing --------------------------------------------------------------------------------------------------

    def metric(self, key: str, value: float, step: int | None = None, timestamp_ms: int | None = None) -> None:
        """One point, the slow road. ``timestamp_ms`` is now if ``None``, ``step`` 0.

        Raises: InvalidValue for values that are no numbers or do not fit 64 bits; JournalTrouble; RecordTooLarge.
        """
        at = 0 if step is None else step
        try:
            with self._lock:
                prefix = self.keys.get(key) or self._register(key)
            if timestamp_ms is None:
                frame = wire.pack_metric(prefix, at, wire.now(), value, self.salt)
            else:
                frame = wire.metric_at(int.from_bytes(prefix[4:], "little"), at, timestamp_ms, value, self.salt)
        except (struct.error, TypeError, OverflowError) as cause:
            raise InvalidValue(
                f"the point {value!r} of metric {key!r} at step {step!r}, timestamp {timestamp_ms!r} cannot be written "
                f"({cause}); a value is a float, step and timestamp are whole numbers of at most 64 bits"
            ) from cause
        self._put(frame)

    def append(self, record: Record) -> None:
        """Any record; :data:`_KEEPS` may take the reserve. Raises RecordTooLarge over 16 MiB, InvalidValue, JournalTrouble."""
        self._reopen_if_stale()
        frame = wire.record_frame(record, self.salt)
        try:
            self._put(frame)
        except JournalTrouble:
            with self._lock:
                usable = type(record) in _KEEPS and not self.closed and not self._stale
                if not usable or not self.current.spend(frame, _KEEPS[type(record)]):
                    raise

    def _register(self, key: str) -> bytes:
        self._reopen_if_stale()
        if not isinstance(key, str):
            raise InvalidValue(f"metric key {key!r} is no text")
        key_id = next(self._key_ids)
        frames, word = wire.key_frames(key_id, key, self.salt), wire.key_word(key_id)
        while True:
            segment = self.current
            self._put(frames)
            word = self.keys.setdefault(key, word)
            if segment is self.current:  # else the new segment began without this key
                return word

    def _put(self, frame: bytes) -> None:
        while True:
            segment = self.current
            try:
                segment.write(frame)
                return
            except ValueError:
                self._roll(segment, len(frame))
            except OSError as cause:
                raise self._trouble(cause) from cause

    def seal(self, start: int, end: int, checksums: list[int]) -> None:
        """Note checksums of bytes already written. Left out where it would need a new segment."""
        frame = wire.seal_frame(start, end, checksums, self.salt)
        self.sealed = self.quiet_until = end
        with contextlib.suppress(ValueError, OSError):
            self.current.write(frame)
            # with nothing but this seal behind it, the journal needs no further one
            self.quiet_until = end + len(frame)

    # --- segments -------------------------------------------------------------------------------------------------

    @property
    def hot(self) -> Hot:
        return self.current.write, self.keys, self.salt

    @property
    def segments(self) -> list[Segment]:
        """Those not yet shipped and removed, oldest first, at least the last one."""
        return list(self._by_start.values())

    @property
    def position(self) -> int:
        """Journal position after the last frame."""
        return self.segments[-1].end

    def _roll(self, full: Segment, need: int) -> None:
        with self._lock:
            if self.current is not full:
                return  # another thread was quicker
            if self.closed:
                raise JournalTrouble(f"the journal of run {self.run_id} is closed; nothing more is recorded in it")
            self._reopen_if_stale()
            if self.current is not full:
                return
            table = sum(len(key) * 8 + 96 for key in self.keys)
            least = max(FIRST_BYTES, -(-(wire.HEADER_BYTES + table + need + RESERVE + 4096) // 4096) * 4096)
            try:
                self.current = self._successor(full, self._take_spare(least) or self._own_segment(least))
            except OSError as cause:
                raise self._trouble(cause) from cause
            now = time.monotonic()
            self._took, self._rolled = now - self._rolled, now
        if self.on_roll is not None:
            self.on_roll(self.hot)
        keeper.rolled(self)

    def _next_bytes(self) -> int:
        """Of the segment after the current one, unless what is to be written needs more."""
        # a cap is shared by at least four segments, so that shipping one makes room for another
        return min(self.current.capacity * 4, settings.SEGMENT_MB.get() << 20, settings.JOURNAL_CAP_MB.get() << 18)

    def _successor(self, full: Segment, segment: Segment) -> Segment:
        try:
            full.finish()
            return self._begin(segment, full.end)
        except BaseException:
            if segment not in self._by_start.values():  # interrupted before anybody could write to it
                self._give_up(segment)
            raise

    def _begin(self, segment: Segment, start: int) -> Segment:
        """Fill in the head and make it the one that begins at ``start``, unless a signal handler has made another."""
        created = time.time_ns() // 1_000_000
        header = wire.Header(self.journal_id, self.run_id, self.salt, segment.number, start, segment.capacity, created)
        segment.begin(header)
        for key, word in list(self.keys.items()):
            segment.write(wire.key_frames(int.from_bytes(word[4:], "little"), key, self.salt))
        chosen = self._by_start.setdefault(start, segment)
        if chosen is not segment:
            self._give_up(segment)
        return chosen

    def _give_up(self, segment: Segment) -> None:
        segment.remove()
        self._space.give(segment.path)

    def _own_segment(self, least: int) -> Segment:
        """One made by the thread that needs it: not large, and smaller when the disk has no room for that."""
        size = max(least, min(self._next_bytes(), _OWN_BYTES))
        while True:
            try:
                return self._new_segment(size)
            except OSError as cause:
                if cause.errno not in _FULL or size == least:
                    self._space.full = cause.errno == errno.ENOSPC
                    raise
            size = max(least, size // 8 * 2)

    def _new_segment(self, size: int) -> Segment:
        # counted up at once, so that a signal handler that logs in the midst of this takes the next number
        number = next(self._numbers)
        path = self.folder / f"{number:06d}.seg"
        try:
            self._space.take(path, size)
            if mappable(self.root):
                try:
                    return MappedSegment(path, number, size)
                except Unmappable as refusal:
                    warn_plain(self.root, refusal.strerror or str(refusal))
            return PlainSegment(path, number, size)
        except BaseException:
            self._space.give(path)
            raise

    def prepare_spare(self) -> bool:
        """Called in the background: have a segment ready for the next change; whether there was need of it."""
        wanted = 2 if self._took < _VERY_SOON and self._next_bytes() << 3 <= settings.JOURNAL_CAP_MB.get() << 20 else 1
        if len(self._spares) >= wanted or self.closed or not isinstance(self.current, MappedSegment):
            return False
        with contextlib.suppress(OSError, JournalTrouble):
            spare = self._new_segment(self._next_bytes())
            if isinstance(spare, MappedSegment) and self._took < _SOON:
                spare.prefault()
            with self._lock:
                if not self.closed and not self._stale:
                    self._spares.append(spare)
                    return True
            self._give_up(spare)
        return False

    def _take_spare(self, least: int) -> Segment | None:
        """The oldest one, if it is of so many bytes at least; else that goes."""
        try:
            spare = self._spares.pop(0)
        except IndexError:
            return None
        if spare.capacity >= least:
            return spare
        self._give_up(spare)
        return None

    def dropped(self, segment: Segment) -> None:
        """The shipper has removed a segment. The last one stays in the list, to answer for the position."""
        if segment is not self.segments[-1]:
            self._by_start.pop(segment.start, None)
        self._space.give(segment.path)

    def removed(self) -> None:
        """The shipper has removed the folder, and with it what an interrupted call had left in it."""
        self.gone = True
        for number in range(1, next(self._numbers)):
            self._space.give(self.folder / f"{number:06d}.seg")

    # --- ends -----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """No more writes. What is in the journal is still shipped."""
        with self._lock:
            if self.closed:
                return
            # finished first: who sees the journal closed sees all of it
            if not self._stale:
                self.current.finish()
            self.closed = True
            if self._stale:
                return
            self.current.release()
            while (spare := self._take_spare(0)) is not None:
                self._give_up(spare)

    def _after_fork(self) -> None:
        """In the child: what was inherited is the parent's. The next write opens the child's own journal."""
        self._lock = threading.RLock()
        self._stale = True
        for segment in [*self.segments, *self._spares]:
            segment.disown()

    def _reopen_if_stale(self) -> None:
        if not self._stale:
            return
        with self._lock:
            if not self._stale or self.closed:
                return
            self._open()
        if self.on_roll is not None:
            self.on_roll(self.hot)
        if self.on_open is not None:
            self.on_open(self)

    def _trouble(self, cause: Exception) -> JournalTrouble:
        if isinstance(cause, JournalTrouble):
            return cause
        reason = cause.strerror or str(cause) if isinstance(cause, OSError) else str(cause)
        return JournalTrouble(
            f"the journal of run {self.run_id} in {self.folder.parent} cannot be written: {reason}. "
            "Free disk space or make the folder writable, or set RUNSTONE_JOURNAL_DIR to another folder.",
            reason,
        )


def _in_child() -> None:
    for writer in list(_writers):
        writer._after_fork()


os.register_at_fork(after_in_child=_in_child)
