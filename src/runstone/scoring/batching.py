"""Micro-batches: requests that wait while the model is busy are predicted together, as one table or array.

Nothing waits for company: the first request is predicted at once, and what has come in meanwhile is the next batch.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any

import numpy as np
from msgspec import Struct

from runstone._lazy import need
from runstone.models.pyfunc import PyFuncModel

#: Rows of a batch where nobody says how many.
ROWS = 4096
#: Loaders whose models are trees throughout, and modules of scikit-learn's trees: each row finds its leaves by itself, and they
#: are added in one order, so that the answer is the same to the last bit whatever stands beside it.
_LOADERS = {f"{package}.{name}" for package in ("mlflow", "runstone") for name in ("lightgbm", "catboost")}
_TREES = (
    "sklearn.tree._classes",
    "sklearn.ensemble._forest",
    "sklearn.ensemble._gb",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting",
)


def is_rowwise(model: PyFuncModel) -> bool:
    """Whether the prediction for a row is the same, bit for bit, whichever rows are predicted with it."""
    if model.loader_module in _LOADERS:
        return True
    raw = model.get_raw_model()
    module = type(raw).__module__
    if module.partition(".")[0] == "xgboost":
        booster = raw.get_booster() if hasattr(raw, "get_booster") else raw
        return '"gblinear"' not in booster.save_config()
    return module in _TREES and getattr(raw, "init", None) is None  # a boosting may begin with any other model


class _Asked(Struct, eq=False):
    model: PyFuncModel
    data: Any
    answer: Future[Any]


class Batcher:
    """Predicts on a thread of its own.

    Args:
        rows: most rows of one batch; a larger request is a batch by itself.
        only_rowwise: join only for models of which :func:`is_rowwise` is true.
    """

    def __init__(self, rows: int, only_rowwise: bool = False) -> None:
        self.rows, self.only_rowwise = rows, only_rowwise
        self._known: tuple[PyFuncModel, bool] | None = None
        self.batches = 0
        self._queue: queue.SimpleQueue[_Asked] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="runstone-batches", daemon=True).start()

    def takes(self, model: PyFuncModel) -> bool:
        """Whether requests for this model are joined."""
        if not self.only_rowwise:
            return True
        known = self._known
        if known is None or known[0] is not model:
            self._known = known = (model, is_rowwise(model))
        return known[1]

    def ask(self, model: PyFuncModel, data: Any) -> Future[Any]:
        """Hand in a request; what ``model.predict(data)`` gives or raises."""
        asked = _Asked(model, data, Future())
        self._queue.put(asked)
        return asked.answer

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
        _told(one.answer.set_result, piece)
        begin += size
    return True


def _stacked(frames: list[Any]) -> Any:
    return need("pandas", "tables").concat(frames, ignore_index=True)


def _alone(one: _Asked) -> None:
    try:
        found = one.model.predict(one.data)
    except BaseException as problem:
        _told(one.answer.set_exception, problem)
    else:
        _told(one.answer.set_result, found)


def _told(tell: Callable[[Any], None], what: Any) -> None:
    """Who asked may have gone: the time was up."""
    with suppress(InvalidStateError):
        tell(what)
