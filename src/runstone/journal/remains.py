"""What lies in the folder of a journal whose owner is dead, part by part, and what is wrong with it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from runstone import wire
from runstone.wire_damage import resume_point
from runstone.wire_read import LIMIT, Decoder, Seal

from .damage import lost, nameless
from .reader import PART_POINTS, Part


class DeadSegment(Struct):
    """``limit`` is the offset where it ended, known for certain (``certain``) when another segment follows it."""

    path: Path
    header: wire.Header
    limit: int
    certain: bool


class DeadJournal:
    """What lies in the folder of a journal whose owner is dead.

    Attributes:
        segments: in order. Spare ones and those begun but never used are left out.
        damage: in words: files that cannot be read at all, gaps between segments.
        torn: bytes of a last frame that the process did not finish; normal.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damage: list[str] = []
        self.unreadable: list[Path] = []
        self.torn = 0
        self.last_time = 0
        headers = self._headers()
        self.segments = [
            DeadSegment(path, header, _end(path, headers[i + 1 : i + 2], header), i + 1 < len(headers))
            for i, (path, header) in enumerate(headers)
        ]

    @property
    def run_id(self) -> str | None:
        return self.segments[0].header.run_id if self.segments else None

    @property
    def journal_id(self) -> str:
        return self.segments[0].header.journal_id if self.segments else self.folder.name

    def _headers(self) -> list[tuple[Path, wire.Header]]:
        """Raises InvalidValue when a newer version wrote them."""
        found: dict[int, tuple[Path, wire.Header]] = {}
        for path in sorted(self.folder.glob("*.seg")):
            with open(path, "rb") as file:
                head = file.read(wire.HEADER_BYTES)
                header = wire.read_header(head)
                if header is not None:
                    found[header.start] = (path, header)  # of two with one start, the earlier was given up at birth
                elif any(head) or any(file.read(1 << 16)):
                    self.unreadable.append(path)
                    self.damage.append(f"{self.folder.name}/{path.name}: its header cannot be read; it was set aside whole")
        return [found[start] for start in sorted(found)]

    def parts(self, after: int) -> Iterator[Part]:
        """All parts beyond journal position ``after``, an acknowledged one."""
        position = after
        for segment in self.segments:
            start = segment.header.start
            if segment.certain and start + segment.limit <= after:
                continue
            if start > position:
                self.damage.append(f"{self.folder.name}: {start - position:,} bytes before {segment.path.name} are missing")
            for part in self._of(segment, max(position, start) - start):
                part.first = position
                position = part.next
                yield part

    def _of(self, segment: DeadSegment, skip: int) -> Iterator[Part]:
        data = segment.path.read_bytes()
        limit = min(segment.limit, len(data) // 8 * 8)
        start, decoder = segment.header.start, Decoder(segment.header.run_id, segment.header.salt)
        offset, seals = wire.HEADER_BYTES, []
        while offset < limit:
            # up to the acknowledged position only the keys are wanted
            piece = decoder.read(data, offset, skip if offset < skip else limit, PART_POINTS)
            seals += piece.seals
            damage = [] if piece.stop == LIMIT else self._after_stop(segment, decoder, data, piece.end, limit)
            offset = piece.end if not damage else damage[0]
            words = nameless(segment.path, piece.nameless)
            words += tuple(lost(segment.path, piece.end, offset - piece.end) for _ in damage if offset > piece.end)
            if offset > skip:
                self.last_time = max(self.last_time, piece.last_time)
                yield Part(0, start + offset, piece.records, piece.points, piece.other, piece.last_time, words)
            if piece.stop != LIMIT and not damage:
                break
        self.damage += _broken_seals(segment, data, seals)

    def _after_stop(self, segment: DeadSegment, decoder: Decoder, data: bytes, offset: int, limit: int) -> list[int]:
        """Where to go on after no frame was found at ``offset``: one offset, or none at the end."""
        resumed = resume_point(data, offset, limit, decoder.salt)
        if resumed is not None:
            return [resumed]
        if segment.certain:
            return [limit]
        self.torn += len(data[offset:].rstrip(b"\0"))
        return []


def _end(path: Path, following: list[tuple[Path, wire.Header]], header: wire.Header) -> int:
    size = path.stat().st_size
    return min(size, following[0][1].start - header.start) if following else size


def _broken_seals(segment: DeadSegment, data: bytes, seals: list[Seal]) -> list[str]:
    start = segment.header.start
    words = []
    for seal in seals:
        for i, expected in enumerate(seal.checksums):
            a = seal.start + i * wire.SEAL_BLOCK - start
            b = min(a + wire.SEAL_BLOCK, seal.end - start)
            if a >= 0 and zlib.crc32(data[a:b]) != expected:
                name = f"{segment.path.parent.name}/{segment.path.name}"
                words.append(f"{name}: bytes {a:,} to {b:,} changed on the disk; points among them may be wrong")
    return words
