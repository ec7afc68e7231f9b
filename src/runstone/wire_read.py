"""Frames back into records, in bulk: runs of metric frames become one ``Metrics`` record without a loop.

:class:`Decoder` reads a piece of a journal, in order. It stops at what is no frame; :meth:`Decoder.resume_point` finds
where sense begins again. Neither does any I/O.
"""

from __future__ import annotations

import struct
import zlib
from functools import cache
from typing import TYPE_CHECKING

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
_METRICS = (wire.METRIC, wire.METRIC_AT)
_OTHERS = (wire.RECORD, wire.KEY, wire.SEAL)
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
    """

    end: int
    stop: str
    records: list[Record]
    points: int
    other: int
    last_time: int
    seals: list[Seal]


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
            if word & 0xFFFF_FFFF in _METRICS:
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
        keys, taken = len(self.keys), 0
        # a few by hand: where points and records take turns, arrays would cost more than they save
        for first, _, when, _, salt in _rows_of(data[offset : offset + min(most, _FIRST_ROWS) * wire.METRIC_BYTES]):
            if salt != self.salt or when == 0 or first & 0xFFFF_FFFF not in _METRICS or first >> 32 >= keys:
                return taken
            taken += 1
        step = _FIRST_ROWS * 8
        while taken < most:
            ahead = min(step, most - taken)
            good = self._are_points(np.frombuffer(data, "<u8", ahead * 5, offset + taken * 40).reshape(ahead, 5))
            if not good.all():
                return taken + int(good.argmin())
            taken += ahead
            step *= 8
        return taken

    def _are_points(self, rows: NDArray[np.uint64]) -> NDArray[np.bool_]:
        good = (rows[:, 4] == self.salt) & (rows[:, 2] != 0)
        good &= (rows[:, 0] & _KIND) - 1 <= 1  # kind 1 or 2; less than 1 wraps around
        good &= (rows[:, 0] >> 32) < len(self.keys)
        return np.asarray(good)

    def _other(self, data: bytes, piece: Piece, word: int, others: list[Record], rows: list[memoryview], limit: int) -> int:
        """One frame that is no point: its length, or 0 and the reason in ``piece.stop``."""
        offset, length = piece.end, wire.frame_bytes(word)
        if word == 0:
            piece.stop = EMPTY
        elif word & 0xFFFF_FFFF not in _OTHERS or length > wire.LONGEST_FRAME:
            piece.stop = BROKEN
        elif offset + length > limit:
            piece.stop = MORE
        elif word & 0xFFFF_FFFF == wire.KEY and data[offset - length : offset] == data[offset : offset + length]:
            return length  # the second of two
        else:
            body = self._body(data, offset, word, length)
            if body is not None and self._take(word & 0xFFFF_FFFF, body, piece, others, rows):
                return length
            piece.stop = BROKEN
        return 0

    def _body(self, data: bytes, offset: int, word: int, length: int) -> bytes | None:
        if int.from_bytes(data[offset + length - 8 : offset + length], "little") != self.salt:
            return None
        body = data[offset + 16 : offset + 16 + (word >> 32)]
        check = wire.CHECK << 32 | zlib.crc32(body, zlib.crc32(data[offset : offset + 8]))
        return body if data[offset + 8 : offset + 16] == check.to_bytes(8, "little") else None

    def _take(self, kind: int, body: bytes, piece: Piece, others: list[Record], rows: list[memoryview]) -> bool:
        if kind == wire.KEY:
            self.keys[int.from_bytes(body[:4], "little")] = body[4:].decode(errors="replace")
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
            metrics, latest = self._metrics(table)
            piece.records.append(metrics)
            piece.points += len(table)
            piece.last_time = max(piece.last_time, latest)
            rows.clear()
        piece.records.extend(others)
        others.clear()

    def _metrics(self, rows: NDArray[np.uint64]) -> tuple[Metrics, int]:
        ids = (rows[:, 0] >> 32).astype(np.intp)
        present = np.zeros(len(self.keys), dtype=bool)
        present[ids] = True
        used = np.flatnonzero(present)
        place = np.empty(len(self.keys), dtype="<u4")
        place[used] = np.arange(len(used), dtype="<u4")
        times = _times(rows)
        metrics = Metrics(
            self.run_id,
            [self.keys[key] for key in used.tolist()],
            place[ids].tobytes(),
            rows[:, 1].tobytes(),
            rows[:, 3].tobytes(),
            times.tobytes(),
        )
        return metrics, int(times.max())

    def resume_point(self, data: bytes, offset: int, limit: int) -> int | None:
        """The first offset after damage at ``offset`` where a frame is whole again, ``None`` when there is none.

        Each frame ends with the salt, so a frame begins after each salt, and a metric ends with one. If it is its salt that
        was damaged, its length may still be right.
        """
        following = offset + wire.frame_bytes(int.from_bytes(data[offset : offset + 8], "little"))
        if self._whole(data, following, limit):
            return following
        words = np.frombuffer(data, dtype="<u8", count=limit // 8)
        for found in np.flatnonzero(words[offset // 8 :] == self.salt).tolist():
            end = offset + found * 8 + 8
            if end - wire.METRIC_BYTES > offset and self._whole(data, end - wire.METRIC_BYTES, limit):
                return end - wire.METRIC_BYTES
            if self._whole(data, end, limit) or end == limit or not any(data[end : end + 8]):
                return int(end)
        return None

    def _whole(self, data: bytes, offset: int, limit: int) -> bool:
        if offset + 24 > limit:
            return False
        word = int.from_bytes(data[offset : offset + 8], "little")
        length = wire.frame_bytes(word)
        if offset + length > limit:
            return False
        if word & 0xFFFF_FFFF in _METRICS:
            row = np.frombuffer(data, dtype="<u8", count=5, offset=offset).reshape(1, 5)
            return bool(self._are_points(row)[0])
        return word & 0xFFFF_FFFF in _OTHERS and self._body(data, offset, word, length) is not None


def _times(rows: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Milliseconds, from float seconds or whole milliseconds with the sign bit turned over."""
    at = (rows[:, 0] & _KIND) == wire.METRIC_AT
    if not at.any():
        return _rounded(rows[:, 2])
    given = (rows[:, 2] ^ _SIGN).view("<i8")
    return given if at.all() else np.where(at, given, _rounded(rows[:, 2]))


def _rounded(seconds: NDArray[np.uint64]) -> NDArray[np.int64]:
    with np.errstate(invalid="ignore"):
        return np.floor(np.ascontiguousarray(seconds).view("<f8") * 1000.0).astype("<i8")


def _time_of(record: Record) -> int:
    if isinstance(record, RunStarted | RunChanged | Console):
        return record.time
    return 0
