"""Reading series: all points in order, or a few that look the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from runstone._lazy import later
from runstone.contracts import Series
from runstone.query.downsample import extremes

from .chunks import Points, decode, empty, joined, ordered, unpack_all
from .dialects import of
from .metrics import STRETCH
from .sample_memory import Question, memory_of
from .series import summary_of
from .statements import find

if TYPE_CHECKING:
    import numpy as np
else:
    np = later("numpy")

_SERIES = (
    'SELECT run_id, "key", "count", nans, "first", first_step, first_timestamp, "last", last_step, last_timestamp, '
    '"min", min_step, "max", max_step, hot, tail FROM series WHERE '
)
#: Points of several series that are read at once.
_AT_ONCE = 500_000
#: Steps are 64-bit numbers, so these limits leave nothing out.
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1


class Histories:
    """Reads points over one connection, inside its transaction."""

    def __init__(self, connection: Connection, sign: str) -> None:
        self._connection, self._sign = connection, sign
        self._span = f'"key" = {sign} AND min_step <= {sign} AND max_step >= {sign}'
        self._reach = f"WHERE run_id = {sign} AND {self._span}"

    def history(self, run_id: str, key: str, start: int | None, end: int | None, after: int, limit: int | None) -> Series:
        """See :meth:`runstone.contracts.Store.history`; an unknown run is empty here."""
        low, high = _bounds(start, end)
        row = self._row(run_id, key)
        if row is None:
            return _series(run_id, key, empty(0), 0)
        window = None if after <= 0 and limit is None else (max(after, 0), limit)
        points, before, total = self._points(row, low, high, window)
        if window is not None:
            first = window[0] - before
            points = points.take(slice(first, None if limit is None else first + max(limit, 0)))
        return _series(run_id, key, points, total)

    def sample(
        self, run_ids: Sequence[str], keys: Sequence[str], points: int, start: int | None, end: int | None, near: bool = False
    ) -> list[Series]:
        """See :meth:`runstone.contracts.Store.sample`."""
        low, high = _bounds(start, end)
        run_ids, keys = list(dict.fromkeys(run_ids)), list(dict.fromkeys(keys))
        found: dict[tuple[str, str], Series] = {}
        enough = _enough(points)
        memory = memory_of(self._connection.engine)
        for key, every in self._rows(run_ids, keys).items():
            asked = {row[0]: Question(row[0], key, points, low, high, near) for row in every if row[2] >= enough}
            known = {row[0]: memory.recall(asked[row[0]], row) for row in every if row[0] in asked}
            found |= {(run_id, key): series for run_id, series in known.items() if series is not None}
            rows = [row for row in every if (row[0], key) not in found]
            short = [row for row in rows if row[2] < enough]
            whole = low == _LEAST and high == _MOST
            long = [row for row in rows if (whole or near) and row[2] - row[14] >= enough]
            for some, read in ((short, self._pieces), (long, self._outlines)):
                for part in _together(some, 1 if some is short else STRETCH // 2):
                    for run_id, (at_hand, total) in read(key, part, low, high).items():
                        if some is short or total >= enough:
                            found[run_id, key] = _chosen(run_id, key, at_hand, points, total)
            for row in rows:
                if (row[0], key) not in found:
                    found[row[0], key] = self._sampled(row, points, low, high)
                if row[0] in asked:
                    memory.keep(asked[row[0]], row, found[row[0], key])
        return [found[one] for run_id in run_ids for key in keys if (one := (run_id, key)) in found]

    def _rows(self, run_ids: Sequence[str], keys: Sequence[str]) -> dict[str, list[Any]]:
        """Rows of ``series`` by key, in few statements."""
        found: dict[str, list[Any]] = {key: [] for key in keys}
        if len(run_ids) > len(keys):
            one, several, outer, inner = '"key"', "run_id", keys, run_ids
        else:
            one, several, outer, inner = "run_id", '"key"', run_ids, keys
        for single in outer:
            select = f"{_SERIES} {one} = {self._sign} AND {several} IN"
            for row in find(self._connection, select, inner, self._sign, (single,)):
                found[row[1]].append(row)
        return found

    def _sampled(self, row: Any, points: int, low: int, high: int) -> Series:
        if row[2] >= _enough(points) and self._compressed(row, low, high) >= _enough(points):
            at_hand, total = self._outlined(row, low, high)
        else:
            at_hand, _, total = self._points(row, low, high, None)
        return _chosen(row[0], row[1], at_hand, points, total)

    def _pieces(self, key: str, rows: Sequence[Any], low: int, high: int) -> dict[str, tuple[Points, int]]:
        """The points of several runs, and how many, in two statements: thousands of small ones take longer than what they
        read."""
        chunks: dict[str, list[Any]] = {row[0]: [] for row in rows if row[2] > 1 or row[14]}
        select = f'SELECT run_id, sequence, "count", data FROM chunks WHERE {self._span} AND run_id IN'
        there = [row[0] for row in rows if row[2] > max(row[14], 1)]
        for run_id, *chunk in find(self._connection, select, there, self._sign, (key, high, low)):
            chunks[run_id].append(chunk)
        hot = self._hot_of(key, rows)
        found = {}
        for run_id, parts in chunks.items():
            points = _all([chunk[1:] for chunk in sorted(parts)], hot.get(run_id, empty(0)))
            read = ordered(_within(points, low, high))
            found[run_id] = read, len(read.steps)
        return found

    def _outlines(self, key: str, rows: Sequence[Any], low: int, high: int) -> dict[str, tuple[Points, int]]:
        """Outlines of several runs, and about how many points they stand for. Where a chunk reaches over an end of the range,
        two points beside it stay: the extremes of the stretch in which the end lies are among those. Left out are runs whose
        steps go back in such a chunk."""
        piece = "CASE WHEN outline IS NULL THEN data ELSE outline END"
        select = f'SELECT run_id, sequence, "count", min_step, max_step, {piece} FROM chunks WHERE {self._span} AND run_id IN'
        parts: dict[str, list[Any]] = {row[0]: [] for row in rows}
        for run_id, *part in find(self._connection, select, list(parts), self._sign, (key, high, low)):
            parts[run_id].append(part)
        hot, found = self._hot_of(key, rows), {}
        for run_id, chunks in parts.items():
            read, rest = [], _within(hot.get(run_id, empty(0)), low, high)
            total = len(rest.steps)
            for _, count, first, last, data in sorted(chunks):
                points = decode(data)
                if first < low or last > high:
                    if (points.steps[1:] < points.steps[:-1]).any():
                        break
                    points = _beside(points, low, high)
                    count = count * (min(last, high) - max(first, low) + 1) // (last - first + 1)
                read.append(points)
                total += count
            else:
                found[run_id] = ordered(joined([*read, rest])), total
        return found

    def _hot_of(self, key: str, rows: Sequence[Any]) -> dict[str, Points]:
        """The hot points of several runs, of those that have some."""
        pieces: dict[str, list[Any]] = {row[0]: [] for row in rows if row[14]}
        select = f'SELECT run_id, sequence, data FROM points WHERE "key" = {self._sign} AND run_id IN'
        for run_id, *piece in find(self._connection, select, list(pieces), self._sign, (key,)):
            pieces[run_id].append(piece)
        return {run_id: unpack_all([data for _, data in sorted(some)]) for run_id, some in pieces.items() if some}

    def _compressed(self, row: Any, low: int, high: int) -> int:
        """How many points the chunks hold that reach into the range."""
        if low == _LEAST and high == _MOST:  # all that are not hot, and nobody need look at the chunks to know
            return int(row[2] - row[14])
        select = f'SELECT sum("count") FROM chunks {self._reach}'
        return self._connection.exec_driver_sql(select, (row[0], row[1], high, low)).scalar() or 0

    def _outlined(self, row: Any, low: int, high: int) -> tuple[Points, int]:
        """Points that hold every extreme, and how many there are in truth: outlines of chunks that lie within the range."""
        parts, total = [], 0
        select = f'SELECT sequence, "count", min_step, max_step, outline FROM chunks {self._reach} ORDER BY sequence'
        rows = self._all(select, (row[0], row[1], high, low))
        for sequence, count, first, last, outline in rows:
            if outline is not None and low <= first and last <= high:
                parts.append(decode(outline))
                total += count
            else:
                part = _within(self._chunk(row, sequence), low, high)
                parts.append(part)
                total += len(part.steps)
        hot = _within(joined(self._hot(row)), low, high)
        return ordered(joined([*parts, hot])), total + len(hot.steps)

    def _points(self, row: Any, low: int, high: int, window: tuple[int, int | None] | None) -> tuple[Points, int, int]:
        """Points of the range in order, how many before them were left out unread, and how many there are in all."""
        where = (row[0], row[1], high, low)
        hot = _within(joined(self._hot(row)), low, high)
        if window is None and row[2] <= max(row[14], 1):  # none in chunks, and even asking for none there takes its time
            points = ordered(hot)
            return points, 0, len(points.steps)
        if window is None:
            select = f'SELECT "count", data FROM chunks {self._reach} ORDER BY sequence'
            points = ordered(_within(_all(self._all(select, where), hot), low, high))
            return points, 0, len(points.steps)
        return self._window(row, low, high, window, hot, where)

    def _window(
        self, row: Any, low: int, high: int, window: tuple[int, int | None], hot: Points, where: Any
    ) -> tuple[Points, int, int]:
        """The same when only some are wanted: chunks on either side of the window stay unread, if they follow each other."""
        select = f'SELECT sequence, "count", min_step, max_step FROM chunks {self._reach} ORDER BY sequence'
        sizes = self._all(select, where)
        steps = [*(step for size in sizes for step in size[2:4])]
        rising = all(a < b for a, b in zip(steps[1::2], steps[2::2], strict=False))
        if hot.steps.size and steps:
            rising = rising and steps[-1] < int(hot.steps.min())
        inside = not steps or (low <= steps[0] and steps[-1] <= high)
        if not (rising and inside):
            parts = [_within(self._chunk(row, size[0]), low, high) for size in sizes]
            points = ordered(joined([*parts, hot]))
            return points, 0, len(points.steps)
        first, last = window[0], None if window[1] is None else window[0] + window[1]
        before = position = 0
        read = []
        for sequence, count, _, _ in sizes:
            if position + count <= first:
                before += count
            elif last is None or position < last:
                read.append(self._chunk(row, sequence))
            position += count
        points = joined([*read, ordered(hot)]) if last is None or position < last else joined(read)
        return points, before, position + len(hot.steps)

    def _row(self, run_id: str, key: str) -> Any:
        select = f'{_SERIES} run_id = {self._sign} AND "key" = {self._sign}'
        return next(iter(self._all(select, (run_id, key))), None)

    def _all(self, text: str, values: tuple[Any, ...]) -> list[Any]:
        return of(self._connection).rows(self._connection, text, values)

    def _chunk(self, row: Any, sequence: int) -> Points:
        select = f'SELECT data FROM chunks WHERE run_id = {self._sign} AND "key" = {self._sign} AND sequence = {self._sign}'
        return decode(self._connection.exec_driver_sql(select, (row[0], row[1], sequence)).scalar_one())

    def _hot(self, row: Any) -> list[Points]:
        summary, hot = summary_of(row[2:14]), row[14]
        if summary.count == 1 and not hot:
            point = (summary.first_step, summary.first_timestamp, summary.first)
            return [Points(*(np.array([word], kind) for word, kind in zip(point, ("<i8", "<i8", "<f8"), strict=True)))]
        if not hot:
            return []
        select = f'SELECT data FROM points WHERE run_id = {self._sign} AND "key" = {self._sign} ORDER BY sequence'
        found = [data for (data,) in self._all(select, (row[0], row[1]))]
        return [unpack_all(found)] if found else []


def _all(rows: Sequence[Any], hot: Points) -> Points:
    """Points of all chunks (count, data), and then the hot ones, each decoded where it will stay."""
    if not rows:
        return hot
    found, at = empty(sum(row[0] for row in rows) + len(hot.steps)), 0
    for count, data in rows:
        decode(data, found.take(slice(at, at + count)))
        at += count
    for column, words in zip(found, hot, strict=True):
        column[at:] = words
    return found


def _enough(points: int) -> int:
    """Of how many points outlines are as good as all: they have two for STRETCH, so these give as many as are asked for."""
    return STRETCH * max(points, 1) // 2


def _together(rows: Sequence[Any], share: int) -> Iterator[list[Any]]:
    """Rows of series that are read at once, of each point in ``share``: as many as do not fill the memory."""
    some: list[Any] = []
    points = 0
    for row in rows:
        some.append(row)
        points += row[2] // share
        if points >= _AT_ONCE:
            yield some
            some, points = [], 0
    if some:
        yield some


def _chosen(run_id: str, key: str, at_hand: Points, points: int, total: int) -> Series:
    return _series(run_id, key, at_hand.take(extremes(at_hand.values, max(points, 1))), total)


def _bounds(start: int | None, end: int | None) -> tuple[int, int]:
    low, high = _LEAST if start is None else start, _MOST if end is None else end
    return min(max(low, _LEAST), _MOST), min(max(high, _LEAST), _MOST)


def _within(points: Points, low: int, high: int) -> Points:
    if low == _LEAST and high == _MOST:
        return points
    inside = (points.steps >= low) & (points.steps <= high)
    return points if inside.all() else points.take(np.flatnonzero(inside))


def _beside(points: Points, low: int, high: int) -> Points:
    """Of points whose steps rise: those of the range, and two on either side."""
    first, last = int(np.searchsorted(points.steps, low)), int(np.searchsorted(points.steps, high, "right"))
    return points.take(slice(max(first - 2, 0), last + 2))


def _series(run_id: str, key: str, points: Points, total: int) -> Series:
    return Series(run_id, key, points.steps, points.values, points.timestamps, total)
