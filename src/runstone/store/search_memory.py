"""Large answers kept for the next window of the same table, as long as nothing in the store changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from .search_sql import Sql, number

T = TypeVar("T")

#: Answers kept for one database. One of 100,000 runs takes some ten megabytes.
KEPT = 4

_lock = threading.Lock()
_answers: WeakKeyDictionary[Engine, OrderedDict[Hashable, tuple[int, Any]]] = WeakKeyDictionary()


def remembered(connection: Connection, question: Hashable, answer: Callable[[], T], worth: Callable[[T], bool]) -> T:
    """The answer to ``question``, found again if the store's clock stands where it stood then.

    An answer is kept if it is ``worth`` it, and shared between threads: nobody may change it.
    """
    now = number(connection, Sql("SELECT changed FROM clock"))
    with _lock:
        kept = _answers.setdefault(connection.engine, OrderedDict())
        known = kept.get(question)
        if known is not None and known[0] == now:
            kept.move_to_end(question)
            return cast("T", known[1])
    found = answer()
    if worth(found):
        with _lock:
            kept[question] = (now, found)
            while len(kept) > KEPT:
                kept.popitem(last=False)
    return found
