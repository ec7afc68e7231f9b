"""Frames back into records, in bulk: runs of metric frames become one ``Metrics`` record without a loop.

:class:`Decoder` reads a piece of a journal, in order. It stops at what is no frame; :mod:`runstone.wire_damage` finds
where sense begins again. Neither does any I/O.
"""

from __future__ import annotations

import struct
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from . import wire
from ._lazy import later
from .records import Console, Metrics, Record, RunChanged, RunStarted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = later("numpy")

_record = cache(lambda: msgspec.msgpack.Decoder(Record))  # made when one is read: it takes longer than most modules to load
_SIGN, _KIND = 1 << 63, 0xFFFF_FFFF
#: Kinds of frames that are points, and of all others.
METRICS = (wire.METRIC, wire.METRIC_AT)
OTHERS = (wire.RECORD, wire.KEY, wire.SEAL)
_rows_of = struct.Struct("<QqQdQ").iter_unpack
#: Rows looked at first, then eight times as many, as long as all of them are metrics.
_FIRST_ROWS = 8

#: Why :meth:`Decoder.read` stopped: the limit; an unwritten word; a frame that goes on beyond the data; no frame at all.
LIMIT, EMPTY, MORE, BROKEN = "limit", "empty", "more", "broken"


class Seal(Struct, frozen=True):
    """Checksums of journal positions ``start`` to ``end``, one for each ``wire.SEAL_BLOCK`` bytes."""

    start: int
    end: int
    checksums: tuple[int, ...]


class Piece(Struct):
    """What a stretch of bytes said.

    Attributes:
        end: offset in the data after the last whole frame.
        stop: why reading stopped there.
        records: the points first within each stretch between records that begin or change the run, which they must not cross.
        points: how many metric points, all within ``records``.
        other: how many of ``records`` are not made of metric frames.
        last_time: the latest time that any of it names, milliseconds; 0 without one.
        nameless: how many metric points were left out, since the name of their key was lost.
    """

    end: int
    stop: str
    records: list[Record]
    points: int
    other: int
    last_time: int
    seals: list[Seal]
    nameless: int = 0


class Decoder:
    """Reads one journal from its beginning, or from the beginning of any of its segments.

    Args:
        run_id: put into the records of points.
        salt: of the journal.
    """

    def __init__(self, run_id: str, salt: bytes) -> None:
        self.run_id = run_id
        self.salt = int.from_bytes(salt, "little")
        self.keys: dict[int, str] = {}
        self._bound = 0  # of their numbers

    def read(self, data: bytes, offset: int, limit: int, max_points: int = 1 << 16, max_other: int = 500) -> Piece:
        """Frames from ``offset``, a multiple of 8, to at most ``limit``: some ``max_points`` points and ``max_other`` others.

        A piece that ends for want of room ends with ``stop`` ``limit`` and ``end < limit``.
        """
        piece = Piece(offset, LIMIT, [], 0, 0, 0, [])
        view, rows = memoryview(data), list[memoryview]()
        others: list[Record] = []
        room = max_points
        while piece.end < limit and room > 0 and piece.other < max_other:
            word = int.from_bytes(data[piece.end : piece.end + 8], "little")
            if word & 0xFFFF_FFFF in METRICS:
                count = self._count_points(data, piece.end, min(room, (limit - piece.end) // wire.METRIC_BYTES))
                if count == 0:
                    piece.stop = MORE if piece.end + wire.METRIC_BYTES > limit else BROKEN
                    break
                room -= count
                length = count * wire.METRIC_BYTES
                rows.append(view[piece.end : piece.end + length])
            else:
                length = self._other(data, piece, word, others, rows, limit)
                if length == 0:
                    break
            piece.end += length
        self._gather(piece, rows, others)
        return piece

    def _count_points(self, data: bytes, offset: int, most: int) -> int:
        """How many metric frames follow each other from ``offset`` on, up to ``most``."""
        taken = 0
        # a few by hand: where points and records take turns, arrays would cost more than they save
        for first, _, when, _, salt in _rows_of(data[offset : offset + min(most, _FIRST_ROWS) * wire.METRIC_BYTES]):
            if salt != self.salt or when == 0 or first & 0xFFFF_FFFF not in METRICS:
                return taken
            taken += 1
        step = _FIRST_ROWS * 8
        while taken < most:
            ahead = min(step, most - taken)
            rows = np.frombuffer(data, "<u8", ahead * 5, offset + taken * 40).reshape(ahead, 5)
            if not self._all_points(rows):
                return taken + int(are_points(rows, self.salt).argmin())
            taken += ahead
            step *= 8
        return taken

    def _all_points(self, rows: NDArray[np.uint64]) -> bool:
        """Whether all of them are, in few passes: each lets go of the interpreter, and has to wait for it afterwards."""
        kinds = rows[:, 0] & _KIND
        whole = kinds.min() >= wire.METRIC and kinds.max() <= wire.METRIC_AT
        return bool(whole and rows[:, 2].min() and (rows[:, 4] == self.salt).all())

    def _other(self, data: bytes, piece: Piece, word: int, others: list[Record], rows: list[memoryview], limit: int) -> int:
        """One frame that is no point: its length, or 0 and the reason in ``piece.stop``."""
        offset, length = piece.end, wire.frame_bytes(word)
        if word == 0:
            piece.stop = EMPTY
        elif word & 0xFFFF_FFFF not in OTHERS or length > wire.LONGEST_FRAME:
            piece.stop = BROKEN
        elif offset + length > limit:
            piece.stop = MORE
        elif word & 0xFFFF_FFFF == wire.KEY and self._again(data, offset, length):
            return length  # the second of two
        else:
            body = body_of(data, offset, word, length, self.salt)
            if body is not None and self._take(word & 0xFFFF_FFFF, body, piece, others, rows):
                return length
            piece.stop = BROKEN
        return 0

    def _again(self, data: bytes, offset: int, length: int) -> bool:
        """Whether a key follows its equal, which was read: after damage the second may be the first that is seen."""
        known = int.from_bytes(data[offset + 16 : offset + 20], "little") in self.keys
        return known and data[offset - length : offset] == data[offset : offset + length]

    def _take(self, kind: int, body: bytes, piece: Piece, others: list[Record], rows: list[memoryview]) -> bool:
        if kind == wire.KEY:
            number = int.from_bytes(body[:4], "little")
            self.keys[number], self._bound = body[4:].decode(errors="replace"), max(self._bound, number + 1)
        elif kind == wire.SEAL:
            start, end = int.from_bytes(body[:8], "little"), int.from_bytes(body[8:16], "little")
            piece.seals.append(Seal(start, end, struct.unpack_from(f"<{len(body) // 4 - 4}I", body, 16)))
        else:
            try:
                record: Record = _record().decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError):
                return False
            piece.other += 1
            piece.last_time = max(piece.last_time, _time_of(record))
            if isinstance(record, RunStarted | RunChanged):
                self._gather(piece, rows, others)
                piece.records.append(record)
            else:
                others.append(record)
        return True

    def _gather(self, piece: Piece, rows: list[memoryview], others: list[Record]) -> None:
        """Points first, then the other records, into ``piece``; both lists are emptied."""
        if rows:
            table = np.frombuffer(rows[0] if len(rows) == 1 else b"".join(rows), "<u8").reshape(-1, 5)
            rows.clear()
            first = np.ascontiguousarray(table[:, 0])
            ids = (first >> 32).astype(np.intp)
            if self._bound > len(self.keys) or ids.max() >= self._bound:  # numbers are given without gaps
                there = np.isin(ids, list(self.keys))
                piece.nameless += int((~there).sum())
                table, first, ids = table[there], first[there], ids[there]
            if len(table):
                metrics, latest = self._metrics(table, first, ids)
                piece.records.append(metrics)
                piece.points += len(table)
                piece.last_time = max(piece.last_time, latest)
        piece.records.extend(others)
        others.clear()

    def _metrics(self, rows: NDArray[np.uint64], first: NDArray[np.uint64], ids: NDArray[np.intp]) -> tuple[Metrics, int]:
        times = _times(first & _KIND, rows[:, 2])
        keys, series = self._series(ids)
        # copied before they become bytes, which takes the interpreter all the while
        steps, values = (np.ascontiguousarray(rows[:, column]).tobytes() for column in (1, 3))
        return Metrics(self.run_id, keys, series, steps, values, times.tobytes()), int(times.max())

    def _series(self, ids: NDArray[np.intp]) -> tuple[list[str], bytes]:
        """The keys that are among these ids, and for each id its key's place there, as u32."""
        if len(self.keys) == 1:
            return list(self.keys.values()), bytes(4 * len(ids))
        if self._bound > len(self.keys):
            found, ids = np.unique(ids, return_inverse=True)
        else:
            found = np.flatnonzero(np.bincount(ids))
            if found[-1] >= len(found):  # some are not among them
                place = np.empty(self._bound, dtype=np.intp)
                place[found] = np.arange(len(found))
                ids = place[ids]
        return [self.keys[key] for key in found.tolist()], ids.astype("<u4").tobytes()


def are_points(rows: NDArray[np.uint64], salt: int) -> NDArray[np.bool_]:
    """Which of these rows of five words are whole metric frames."""
    good = (rows[:, 4] == salt) & (rows[:, 2] != 0)
    return np.asarray(good & ((rows[:, 0] & _KIND) - 1 <= 1))  # kind 1 or 2; less than 1 wraps around


def body_of(data: bytes, offset: int, word: int, length: int, salt: int) -> bytes | None:
    """The body of another frame, whose first word is given; ``None`` where it is not whole."""
    if int.from_bytes(data[offset + length - 8 : offset + length], "little") != salt:
        return None
    body = data[offset + 16 : offset + 16 + (word >> 32)]
    check = wire.CHECK << 32 | zlib.crc32(body, zlib.crc32(data[offset : offset + 8]))
    return body if data[offset + 8 : offset + 16] == check.to_bytes(8, "little") else None


def _times(kinds: NDArray[Any], words: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Milliseconds, from float seconds or whole milliseconds with the sign bit turned over."""
    least, most = kinds.min(), kinds.max()
    if most == wire.METRIC:
        return _rounded(words)
    given = (words ^ _SIGN).view("<i8")
    return given if least == wire.METRIC_AT else np.where(kinds == wire.METRIC_AT, given, _rounded(words))


def _rounded(seconds: NDArray[np.uint64]) -> NDArray[np.int64]:
    with np.errstate(invalid="ignore"):
        times = np.ascontiguousarray(seconds).view("<f8") * 1000.0
        return np.floor(times, out=times).astype("<i8")


def _time_of(record: Record) -> int:
    if isinstance(record, RunStarted | RunChanged | Console):
        return record.time
    return 0
