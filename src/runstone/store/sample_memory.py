"""Thinned curves, kept for as long as their series stay as they were: a chart that is opened again, by somebody else or because
one of its runs logged, reads the others from here."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from runstone.contracts import Series

#: Bytes kept for one database.
KEPT_BYTES = 32 * 1024 * 1024
#: Of a curve without its points, about; and of a point.
_CURVE_BYTES, _POINT_BYTES = 600, 24


class Question(NamedTuple):
    """What was asked of a series: so many points between two steps, with neighbours beside them or without."""

    run_id: str
    key: str
    points: int
    low: int
    high: int
    near: bool


class SampleMemory:
    """The curves used last, up to ``KEPT_BYTES``; for many threads.

    ``row`` is the row of ``series``, which tells count, ends and extremes: it changes with every point, whoever writes it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._curves: OrderedDict[Question, tuple[Any, Series]] = OrderedDict()
        self._weight = 0

    def recall(self, question: Question, row: Any) -> Series | None:
        """A copy that the caller may change."""
        with self._lock:
            kept_row, series = self._curves.get(question, (None, None))
            if series is None or kept_row != row:
                return None
            self._curves.move_to_end(question)
        return _copy(series)

    def keep(self, question: Question, row: Any, series: Series) -> None:
        kept = _copy(series)
        with self._lock:
            self._drop(question)
            self._curves[question] = row, kept
            self._weight += _weight(kept)
            while self._weight > KEPT_BYTES:
                self._drop(next(iter(self._curves)))

    def _drop(self, question: Question) -> None:
        _, series = self._curves.pop(question, (None, None))
        if series is not None:
            self._weight -= _weight(series)


def _copy(series: Series) -> Series:
    arrays = series.steps.copy(), series.values.copy(), series.timestamps.copy()
    return Series(series.run_id, series.key, *arrays, series.total)


def _weight(series: Series) -> int:
    return _CURVE_BYTES + _POINT_BYTES * len(series.steps)


_lock = threading.Lock()
_memories: WeakKeyDictionary[Engine, SampleMemory] = WeakKeyDictionary()


def memory_of(engine: Engine) -> SampleMemory:
    with _lock:
        return _memories.setdefault(engine, SampleMemory())
