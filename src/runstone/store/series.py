"""What the writer knows of each series: its summary, and where its points lie."""

from __future__ import annotations

import math
import struct
from typing import Any, TypeAlias

from sqlalchemy import Connection

from runstone.entities import Summary

from .dialects import of
from .run_memory import RunMemory
from .statements import Rows, names
from .tables import series

ROWS = Rows(series, update=[column.name for column in series.columns if not column.primary_key])
_SELECT = f"SELECT {names(series)} FROM series WHERE run_id = "

#: How many series the writer remembers of the runs that it wrote last, so that a write need not read them again.
REMEMBERED = 20_000


class SeriesState:
    """``hot`` points are in rows of ``points``; ``tail`` are the sizes of the last chunks that may still be merged.

    A series of one point has neither: the point is its summary (unless the value is -0.0, which a column would lose).
    """

    __slots__ = ("hot", "summary", "tail")

    def __init__(self, summary: Summary | None = None, hot: int = 0, tail: list[int] | None = None) -> None:
        self.summary, self.hot, self.tail = summary, hot, tail or []

    @property
    def count(self) -> int:
        return self.summary.count if self.summary else 0

    def row(self, run_id: str, key: str, place: int) -> tuple[Any, ...]:
        s = self.summary
        assert s is not None
        first, last = s.first if s.first == s.first else None, s.last if s.last == s.last else None  # as :func:`kept`
        return (
            run_id, key, s.count, s.nans, first, s.first_step, s.first_timestamp, last, s.last_step,
            s.last_timestamp, s.min, s.min_step, s.max, s.max_step, self.hot, struct.pack(f"<{len(self.tail)}I", *self.tail),
            place, s.mean,
        )  # fmt: skip


#: Of each run its series by their keys.
Memory: TypeAlias = RunMemory[dict[str, SeriesState]]


def kept(value: float) -> float | None:
    """A value as its column holds it: NULL is NaN."""
    return value if value == value else None


def summary_of(row: Any, mean: float | None = None) -> Summary:
    """From the columns ``count`` … ``max_step`` of a row of ``series``, in their order, and ``mean``."""
    count, nans, first, first_step, first_time, last, last_step, last_time, low, low_step, high, high_step = row
    return Summary(
        count, nans, math.nan if first is None else first, first_step, first_time,
        math.nan if last is None else last, last_step, last_time, low, low_step, high, high_step, mean,
    )  # fmt: skip


def load(connection: Connection, run_id: str, sign: str) -> dict[str, SeriesState]:
    """All series of a run."""
    found = {}
    for row in of(connection).rows(connection, _SELECT + sign, (run_id,)):
        tail = row[15]
        sizes = list(struct.unpack(f"<{len(tail) // 4}I", tail))
        found[row[1]] = SeriesState(summary_of(row[2:14], row[17]), row[14], sizes)
    return found
