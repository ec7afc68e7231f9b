"""What was read of runs, kept for as long as they stay as they were."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class RunMemory(Generic[T]):
    """Something of each of the runs used last, of a total weight of ``limit`` at most (one run alone may be heavier).

    An entry holds as long as the run's ``changed`` is the number that it was read under: any write to the run gives it another.
    Used by one thread at a time.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._runs: OrderedDict[str, tuple[int, T, int]] = OrderedDict()
        self._weight = 0

    def recall(self, run_id: str, changed: int) -> T | None:
        entry = self._runs.get(run_id)
        if entry is None or entry[0] != changed:
            return None
        self._runs.move_to_end(run_id)
        return entry[1]

    def keep(self, run_id: str, changed: int, what: T, weight: int) -> None:
        self.forget(run_id)
        self._runs[run_id] = (changed, what, weight)
        self._weight += weight
        while self._weight > self.limit and len(self._runs) > 1:
            self.forget(next(iter(self._runs)))

    def renumber(self, run_id: str, old: int, new: int) -> None:
        """The run changed, what is kept of it did not."""
        entry = self._runs.get(run_id)
        if entry and entry[0] == old:
            self._runs[run_id] = (new, *entry[1:])

    def forget(self, run_id: str) -> None:
        entry = self._runs.pop(run_id, None)
        self._weight -= entry[2] if entry else 0

    def clear(self) -> None:
        self._runs.clear()
        self._weight = 0
