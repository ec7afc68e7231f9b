"""What the writer knows of each series: its summary, and where its points lie."""

from __future__ import annotations

import math
import struct
from collections import OrderedDict
from typing import Any

from sqlalchemy import Connection

from runstone.entities import Summary

from .dialects import of
from .statements import Rows, names
from .tables import series

ROWS = Rows(series, update=[column.name for column in series.columns if not column.primary_key])
_SELECT = f"SELECT {names(series)} FROM series WHERE run_id = "

#: How many series the writer remembers.
_REMEMBERED = 20_000


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

    @property
    def alone(self) -> bool:
        """Whether the only point is in the summary and nowhere else."""
        return self.count == 1 and not self.hot

    def row(self, run_id: str, key: str, place: int) -> tuple[Any, ...]:
        s = self.summary
        assert s is not None
        return (
            run_id, key, s.count, s.nans, kept(s.first), s.first_step, s.first_timestamp, kept(s.last), s.last_step,
            s.last_timestamp, s.min, s.min_step, s.max, s.max_step, self.hot, struct.pack(f"<{len(self.tail)}I", *self.tail),
            place, s.mean,
        )  # fmt: skip


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


class Memory:
    """The series of the runs written last, so that a write need not read them again.

    An entry holds as long as the run's ``changed`` is the number that this writer gave it: anybody else's write to the
    run gives another. Used by one thread at a time.
    """

    def __init__(self) -> None:
        self._runs: OrderedDict[str, tuple[int, dict[str, SeriesState], int]] = OrderedDict()
        self._series = 0

    def recall(self, run_id: str, changed: int) -> dict[str, SeriesState] | None:
        entry = self._runs.get(run_id)
        return entry[1] if entry and entry[0] == changed else None

    def keep(self, run_id: str, changed: int, states: dict[str, SeriesState]) -> None:
        self.forget(run_id)
        self._runs[run_id] = (changed, states, len(states))
        self._series += len(states)
        while self._series > _REMEMBERED and len(self._runs) > 1:
            self.forget(next(iter(self._runs)))

    def renumber(self, run_id: str, old: int, new: int) -> None:
        """The run changed, its series did not."""
        entry = self._runs.get(run_id)
        if entry and entry[0] == old:
            self._runs[run_id] = (new, *entry[1:])

    def forget(self, run_id: str) -> None:
        entry = self._runs.pop(run_id, None)
        self._series -= entry[2] if entry else 0

    def clear(self) -> None:
        self._runs.clear()
        self._series = 0
