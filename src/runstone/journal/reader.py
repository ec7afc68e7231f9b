"""A journal as a sequence of parts ready to be shipped, while its writer lives. What a dead one left: :mod:`.remains`."""

from __future__ import annotations

from msgspec import Struct

from runstone import wire
from runstone.records import Record
from runstone.wire_damage import resume_point
from runstone.wire_read import LIMIT, MORE, Decoder

from .damage import lost, nameless
from .segment import Segment
from .writer import JournalWriter

#: Points in one part, and bytes read for it.
PART_POINTS = 1 << 16
_BLOCK = PART_POINTS * wire.METRIC_BYTES


class Part(Struct):
    """Journal positions ``first`` to ``next`` and what they say.

    ``points`` counts metric points, ``other`` all other records; ``last_time`` is in milliseconds, 0 for none;
    ``damage`` says in words what was skipped or found changed.
    """

    first: int
    next: int
    records: list[Record]
    points: int = 0
    other: int = 0
    last_time: int = 0
    damage: tuple[str, ...] = ()


class LiveReader:
    """Reads what a writer of this process has written so far. One thread at a time."""

    def __init__(self, writer: JournalWriter) -> None:
        self.writer = writer
        self.position = 0
        self._decoder = Decoder(writer.run_id, writer.salt)

    def read(self) -> Part | None:
        """The next part; ``None`` when all that was written has been read."""
        for segment in self.writer.segments:
            end = segment.end
            if self.position >= end:
                continue
            first = self.position
            offset = max(first - segment.start, wire.HEADER_BYTES)
            if offset == end - segment.start:  # a header alone
                self.position = end
                return Part(first, end, [])
            return self._part(segment, first, offset, end - segment.start)
        return None

    def _part(self, segment: Segment, first: int, offset: int, limit: int) -> Part:
        length = min(_BLOCK, limit - offset)
        while True:
            data = segment.read(length, offset)
            piece = self._decoder.read(data, 0, len(data), PART_POINTS)
            if piece.stop == MORE and piece.end == 0 and offset + length < limit:
                length = min(limit - offset, max(wire.LONGEST_FRAME, length))  # a frame longer than a block
                continue
            break
        damage = nameless(segment.path, piece.nameless)
        end = piece.end
        if piece.stop != LIMIT and not (piece.stop == MORE and offset + length < limit):
            rest = segment.read(limit - offset, offset)
            resumed = resume_point(rest, end, limit - offset, self._decoder.salt)
            resumed = limit - offset if resumed is None else resumed
            damage += (lost(segment.path, offset + end, resumed - end),)
            end = resumed
        self.position = segment.start + offset + end
        return Part(first, self.position, piece.records, piece.points, piece.other, piece.last_time, damage)

    def rewind(self, position: int) -> None:
        """Read again from ``position``, the end of a part read before. Its segment must still be there."""
        self._decoder = Decoder(self.writer.run_id, self.writer.salt)
        segments = self.writer.segments
        for segment in segments:
            # the keys stand at the beginning of each segment; at its very end, more may still follow in the last one
            if segment.start <= position and (position < segment.end or segment is segments[-1]):
                self.position = segment.start
                while (offset := max(self.position - segment.start, wire.HEADER_BYTES)) < position - segment.start:
                    self._part(segment, self.position, offset, position - segment.start)
        self.position = position
