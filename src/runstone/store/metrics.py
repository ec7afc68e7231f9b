"""Where arriving points go: hot rows while they are few, compressed chunks when there are enough.

Up to :data:`HOT` points of a series lie in rows of ``points`` as they came. When more come, hot rows and arrival become
one chunk; eight small chunks become a larger one, and so on up to full chunks that are never touched again. So each
point is rewritten at most three times, and a series of a million points is a few dozen rows.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection

from runstone.query.downsample import extremes_of_stretches
from runstone.query.summary import combine

from .arrivals import Arrival
from .chunks import CHUNK_CAP, Points, decode, encode, joined, ordered, pack, unpack_all
from .pace import Pace
from .series import ROWS as SERIES
from .series import SeriesState
from .statements import Rows
from .tables import chunks, points
from .taken import TOGETHER, take_chunks, take_hot

#: A series with this many points outside chunks gets a chunk.
HOT = 256
#: Chunks of one size class are merged when there are this many.
FANOUT = 8
#: A chunk with this many points is full: half of what small ones become by merging twice, so that those that come with
#: fast writers (13,000 points of each of ten series at once) are not written again.
FULL = HOT * FANOUT * FANOUT // 2
#: Points per stretch of a chunk's outline; smaller chunks than 16 stretches have none.
STRETCH = 128

_POINTS = Rows(points)
_CHUNKS = Rows(chunks)


class MetricsWriter:
    """Collects what the points of one transaction add to the tables, then writes it in a few statements."""

    def __init__(self, connection: Connection, sign: str, pace: Pace) -> None:
        self._connection, self._sign, self._pace = connection, sign, pace
        self._series: list[Any] = []
        self._points: list[Any] = []
        self._chunks: list[Any] = []

    def add(self, run_id: str, place: int, states: dict[str, SeriesState], arrivals: Mapping[str, Arrival]) -> list[str]:
        """Points of one run; ``states`` are all its series, and are brought up to date. Returns the keys that are new."""
        new = []
        there = [(key, states[key].hot, len(arrival.values)) for key, arrival in arrivals.items() if key in states]
        due = [key for key, before, more in there if before and before + more >= HOT]
        taken: dict[str, list[bytes]] = {}
        for key, arrival in arrivals.items():
            self._pace()
            if due and key == due[0]:
                taken = take_hot(self._connection, self._sign, run_id, due[:TOGETHER])
                del due[:TOGETHER]
            state = states.get(key)
            if state is None:
                state = states[key] = SeriesState()
                new.append(key)
            self._place(run_id, key, state, arrival, taken.get(key, []))
            before, news = state.summary, arrival.summary()
            state.summary = combine(before, news) if before else news
            self._series += state.row(run_id, key, place)
        return new

    def flush(self) -> None:
        for rows, flat in ((_POINTS, self._points), (_CHUNKS, self._chunks), (SERIES, self._series)):
            rows.insert(self._connection, flat, self._sign)

    def _place(self, run_id: str, key: str, state: SeriesState, arrival: Arrival, hot: list[bytes]) -> None:
        s = state.summary
        count, n = s.count if s else 0, len(arrival.values)
        if not count and n == 1 and not _is_minus_zero(arrival.values[0]):
            return
        if s and count == 1 and not state.hot:  # the only point is in the summary and nowhere else
            arrival = Arrival([s.first_step], [s.first_timestamp], [s.first]).then(arrival)
            count, n = 0, n + 1
        if state.hot + n < HOT:
            if isinstance(arrival.steps, list):
                data = struct.pack(f"<{2 * n}q{n}d", *arrival.steps, *arrival.timestamps, *arrival.values)
            else:
                data = pack(arrival.points())
            self._points += (run_id, key, count, n, data)
            state.hot += n
        else:
            self._compress(run_id, key, state, arrival, count, hot)

    def _compress(self, run_id: str, key: str, state: SeriesState, arrival: Arrival, count: int, hot: list[bytes]) -> None:
        parts = [arrival.points()]
        if state.hot:
            parts = [unpack_all(hot), *parts]
            count -= state.hot
            state.hot = 0
        sizes = [*state.tail, sum(len(part.steps) for part in parts)]
        merged = _due(sizes)
        if merged > 1:
            count -= sum(sizes[-merged:-1])
            parts = [*map(decode, take_chunks(self._connection, self._sign, run_id, key, count)), *parts]
            del state.tail[1 - merged :]
        for piece in _pieces(joined(parts)):
            piece = ordered(piece)
            size = len(piece.steps)
            low, high = int(piece.steps[0]), int(piece.steps[-1])
            self._chunks += (run_id, key, count, size, low, high, outline(piece), encode(piece))
            count += size
            state.tail.append(size)
        state.tail = _open(state.tail)


def outline(piece: Points) -> bytes | None:
    """A chunk of the ends and the extremes of every stretch; ``None`` where it would save little."""
    if len(piece.steps) < 16 * STRETCH:
        return None
    return encode(piece.take(extremes_of_stretches(piece.values, STRETCH)))


def _is_minus_zero(value: float) -> bool:
    return value == 0 and math.copysign(1.0, value) < 0


def _size_class(size: int) -> int:
    return 0 if size < HOT * FANOUT else 1 if size < FULL else 2


def _due(sizes: Sequence[int]) -> int:
    """How many of the last chunks should become one; 1 for none."""
    due = 1
    for level in (0, 1):
        run = len(list(takewhile(lambda size: _size_class(size) <= level, reversed(sizes))))  # noqa: B023  (used at once)
        if run >= FANOUT:
            due = max(due, run)
    return due


def _open(tail: list[int]) -> list[int]:
    """The chunks after the last full one: those that may still be merged."""
    return tail[max((place + 1 for place, size in enumerate(tail) if size >= FULL), default=0) :]


def _pieces(points: Points) -> list[Points]:
    """Equal parts that are no larger than a chunk may be."""
    count = len(points.steps)
    parts = -(-count // CHUNK_CAP)
    bounds = [count * i // parts for i in range(parts + 1)]
    return [points.take(slice(a, b)) for a, b in zip(bounds, bounds[1:], strict=False)]
