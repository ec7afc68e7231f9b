"""Large answers kept for the next window of the same table, and its columns: as long as nothing in the store changed, or
brought up to date by what did."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from .search_sql import Sql, number

T = TypeVar("T")

#: Bytes of all answers kept for one database: the order, the matches and some forty columns of 100,000 runs.
KEPT_BYTES = 128 * 1024 * 1024
#: Bytes of a list's or a set's run id, about.
ID_BYTES = 100

_lock = threading.Lock()


class _Kept:
    """Of one database: question to the clock, the answer and its weight; the last used is the last."""

    def __init__(self) -> None:
        self.answers: OrderedDict[Hashable, tuple[int, Any, int]] = OrderedDict()
        self.weight = 0

    def add(self, question: Hashable, now: int, answer: Any, weight: int) -> None:
        self._drop(question)
        self.answers[question] = (now, answer, weight)
        self.weight += weight
        while self.weight > KEPT_BYTES:
            self._drop(next(iter(self.answers)))

    def _drop(self, question: Hashable) -> None:
        if question in self.answers:
            self.weight -= self.answers.pop(question)[2]


_kept: WeakKeyDictionary[Engine, _Kept] = WeakKeyDictionary()


class Moment:
    """What is remembered of the store as it stands in this transaction; its clock is read once."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._now = number(connection, Sql("SELECT changed FROM clock"))
        with _lock:
            self._kept = _kept.setdefault(connection.engine, _Kept())

    def answer(
        self,
        question: Hashable,
        find: Callable[[], T],
        weigh: Callable[[T], int],
        renew: Callable[[T, int], T | None] | None = None,
    ) -> T:
        """The answer to ``question``, found again if the store's clock stands elsewhere than it stood then.

        ``weigh`` tells the bytes of an answer, about; 0 for one that is not worth keeping. ``renew`` makes of an answer and
        the number of its moment the one of now, or ``None`` if that cannot be. Answers are shared between threads: nobody may
        change them.
        """
        with _lock:
            known = self._kept.answers.get(question)
            if known is not None and known[0] == self._now:
                self._kept.answers.move_to_end(question)
                return cast("T", known[1])
        found = renew(known[1], known[0]) if renew is not None and known is not None and known[0] < self._now else None
        if found is None:
            found = find()
        self.keep(question, found, weigh(found))
        return found

    def keep(self, question: Hashable, answer: object, weight: int) -> None:
        """Keep an answer of this moment, unless it weighs nothing."""
        if weight:
            with _lock:
                self._kept.add(question, self._now, answer, weight)


def remembered(connection: Connection, question: Hashable, find: Callable[[], T], weigh: Callable[[T], int]) -> T:
    """:meth:`Moment.answer` for one question."""
    return Moment(connection).answer(question, find, weigh)


def weight_of_ids(count: int, fewest: int) -> int:
    """Of a list or a set of run ids; fewer than ``fewest`` are not worth keeping."""
    return ID_BYTES * count if count > fewest else 0
