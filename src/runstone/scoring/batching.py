"""Micro-batches: requests that wait while the model is busy are predicted together, as one table or array.

Nothing waits for company: the first request is predicted at once, and what has come in meanwhile is the next batch.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import Any

import numpy as np
from msgspec import Struct

from runstone._lazy import need
from runstone.models.pyfunc import PyFuncModel


class _Asked(Struct, eq=False):
    model: PyFuncModel
    data: Any
    answer: Future[Any]


class Batcher:
    """Predicts on a thread of its own.

    Args:
        rows: most rows of one batch; a larger request is a batch by itself.
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.batches = 0
        self._queue: queue.SimpleQueue[_Asked] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="runstone-batches", daemon=True).start()

    def predict(self, model: PyFuncModel, data: Any) -> Any:
        """What ``model.predict(data)`` gives or raises."""
        asked = _Asked(model, data, Future())
        self._queue.put(asked)
        return asked.answer.result()

    def _work(self) -> None:
        while True:
            waiting = [self._queue.get()]
            while not self._queue.empty():
                waiting.append(self._queue.get())
            while waiting:
                batch, waiting = self._next(waiting)
                self.batches += 1
                if len(batch) == 1 or not _together(batch):
                    for one in batch:
                        _alone(one)

    def _next(self, waiting: list[_Asked]) -> tuple[list[_Asked], list[_Asked]]:
        """The first request with those that fit to it, and the rest."""
        first, size = waiting[0], _rows(waiting[0].data)
        batch, rest = [first], []
        for one in waiting[1:]:
            more = _rows(one.data)
            if size and more and size + more <= self.rows and one.model is first.model and _alike(first.data, one.data):
                batch.append(one)
                size += more
            else:
                rest.append(one)
        return batch, rest


def _rows(data: Any) -> int:
    """Rows of a table or array; 0 for what cannot be joined."""
    if isinstance(data, np.ndarray):
        return len(data) if data.ndim else 0
    return len(data) if hasattr(data, "columns") and hasattr(data, "dtypes") else 0


def _alike(one: Any, other: Any) -> bool:
    """Whether joining them changes no type."""
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.dtype == other.dtype and one.shape[1:] == other.shape[1:]
    return type(one) is type(other) and list(one.columns) == list(other.columns) and list(one.dtypes) == list(other.dtypes)


def _together(batch: list[_Asked]) -> bool:
    """Predict them as one; whether that worked, so that each mistake is told to the one who made it."""
    parts = [one.data for one in batch]
    sizes = [_rows(part) for part in parts]
    try:
        joined = np.concatenate(parts) if isinstance(parts[0], np.ndarray) else _stacked(parts)
        found = batch[0].model.predict(joined)
        if not hasattr(found, "__len__") or isinstance(found, dict | str) or len(found) != sum(sizes):
            return False
    except Exception:
        return False
    begin = 0
    for one, size in zip(batch, sizes, strict=True):
        piece = found.iloc[begin : begin + size] if hasattr(found, "iloc") else found[begin : begin + size]
        one.answer.set_result(piece)
        begin += size
    return True


def _stacked(frames: list[Any]) -> Any:
    return need("pandas", "tables").concat(frames, ignore_index=True)


def _alone(one: _Asked) -> None:
    try:
        one.answer.set_result(one.model.predict(one.data))
    except BaseException as problem:
        one.answer.set_exception(problem)
