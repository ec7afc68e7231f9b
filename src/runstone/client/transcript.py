"""What a process prints, made into pieces worth keeping: whole lines, progress bars without their every state, a limit.

The pieces of a run, put behind one another, show in a terminal what the process showed: where part of a line had been given
out and was then overwritten, the next piece begins with a carriage return.
"""

from __future__ import annotations

import codecs
from typing import NamedTuple

#: Longest piece, characters.
PIECE = 1 << 16
#: A line without an end is given out after so many seconds; one that overwrites itself, so often at most.
PARTIAL_SECONDS, BAR_SECONDS = 1.0, 5.0


class Piece(NamedTuple):
    """``time`` is milliseconds since 1970 UTC, of its first character."""

    stream: str
    time: int
    text: str


class Transcript:
    """Takes bytes of ``stdout`` and ``stderr``, gives out pieces. Not for several threads.

    Args:
        cap: characters kept in all; then a note, then nothing.
    """

    def __init__(self, cap: int) -> None:
        self._left = cap
        self._cap = cap
        self._lines: dict[str, _Line] = {}
        self._ready: list[Piece] = []

    def feed(self, stream: str, time: int, data: bytes) -> None:
        """Bytes as they were written; a character may be cut between two calls."""
        if self._left > 0:
            text = self._lines.setdefault(stream, _Line()).feed(time, data)
            if text:
                self._add(Piece(stream, time, text))

    def take(self, now: int, end: bool = False) -> list[Piece]:
        """The pieces that are due at ``now`` (milliseconds); all there is at the end."""
        for stream, line in self._lines.items():
            if end or line.is_due(now):
                since = now if line.since is None else line.since
                text = line.give_partial(end)
                if text:
                    self._add(Piece(stream, since, text))
        ready, self._ready = self._ready, []
        return ready

    def _add(self, piece: Piece) -> None:
        if self._left <= 0:
            return
        text = piece.text[: self._left]
        self._left -= len(text)
        if self._left <= 0:
            text += (
                f"\n[runstone: the console capture of this run is full at {self._cap:,} characters; what follows is not kept]\n"
            )
        last = self._ready[-1] if self._ready else None
        if last is not None and last.stream == piece.stream and len(last.text) + len(text) <= PIECE:
            self._ready[-1] = last._replace(text=last.text + text)
            return
        for start in range(0, len(text), PIECE):
            self._ready.append(Piece(piece.stream, piece.time, text[start : start + PIECE]))


class _Line:
    """The line that one stream is in the middle of.

    Attributes:
        since: when its first character that was not given out came.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""  # what was not given out
        self._shown = False  # whether some of the line was
        self._overwrites = False  # whether what was not given out begins the line anew
        self._is_bar = False
        self._returned = False  # whether the next character goes to the line's beginning
        self._held = False  # a carriage return of which it is not known yet whether a newline follows
        self._given_at = 0
        self.since: int | None = None

    def feed(self, time: int, data: bytes) -> str:
        """The lines that end in ``data``, and a part that has grown too long."""
        text = ("\r" if self._held else "") + self._decoder.decode(data)
        self._held = text.endswith("\r")
        if self._held:
            text = text[:-1]
        text = text.replace("\r\n", "\n")
        head, newline, rest = text.rpartition("\n")
        lines = []
        singly = self._returned or "\r" in head  # lines without a bar are as good as one
        for part in (head.split("\n") if singly else [head]) if newline else []:
            self._write(part)
            lines.append(self._take() + "\n")
            self._shown = self._is_bar = self._returned = False
            self.since = None
        self._write(rest)
        if self._rest and self.since is None:
            self.since = time
        if len(self._rest) > PIECE:
            lines.append(self.give_partial())
        return "".join(lines)

    def is_due(self, now: int) -> bool:
        if not self._rest or self.since is None:
            return False
        if self._is_bar:
            return now - max(self._given_at, self.since) >= BAR_SECONDS * 1000
        return now - self.since >= PARTIAL_SECONDS * 1000

    def give_partial(self, end: bool = False) -> str:
        """What is there of the line, now."""
        if end:
            self._write(self._decoder.decode(b"", True))
        text = self._take()
        self._shown = self._shown or bool(text)
        self._given_at, self.since = self.since or 0, None
        return text

    def _write(self, text: str) -> None:
        """As a terminal would: what follows a carriage return takes the place of what was there."""
        for position, state in enumerate(text.split("\r")):
            if position:
                self._is_bar = self._returned = True
            if state and self._returned:
                self._rest, self._overwrites, self._returned = state, True, False
            else:
                self._rest += state

    def _take(self) -> str:
        text = ("\r" if self._overwrites and self._shown else "") + self._rest
        self._rest, self._overwrites = "", False
        return text
