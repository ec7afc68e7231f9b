"""Writes that have no journal, to a server that says it is busy: sent again, where twice is the same as once."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from runstone import records as r
from runstone import settings
from runstone.servers import PAUSE, Busy

T = TypeVar("T")
log = logging.getLogger("runstone")
#: Most seconds between two tries, unless the server asks for more.
MOST = 10.0
#: Refused before it was looked at.
_UNTOUCHED = 429
#: What may have been done all the same: the answer of a gateway, or of a server whose database went away at the last moment.
_DOUBTFUL = (502, 503, 504)


def until_taken(send: Callable[[], T], records: Sequence[r.Record], server: str) -> T:
    """What ``send`` returns, tried again with growing pauses while the server is busy, for ``RUNSTONE_BUSY_SECONDS`` at most.

    Raises:
        Busy: it still is, it wants to be left alone for longer, or a record may not be written twice.
        What ``send`` raises.
    """
    until, pause, told = time.monotonic() + settings.BUSY_SECONDS.get(), PAUSE, False
    while True:
        try:
            return send()
        except Busy as busy:
            again = busy.status == _UNTOUCHED or (busy.status in _DOUBTFUL and all(map(_repeatable, records)))
            wait = max(pause * random.uniform(0.5, 1.5), busy.retry_after)
            left = until - time.monotonic()
            if not again or wait > left:
                raise
            if not told:
                log.warning("The server %s is busy (%s); trying again for up to %.0f seconds.", server, busy.message, left)
                told = True
        time.sleep(wait)
        pause = min(pause * 2, MOST)


def _repeatable(record: r.Record) -> bool:
    """Whether writing the record a second time leaves what was there and raises nothing."""
    if isinstance(record, r.RegisteredModelChanged):
        return not record.deleted and record.new_name is None and not record.expected
    if isinstance(record, r.ModelVersionChanged | r.TraceChanged | r.LoggedModelChanged):
        return not record.deleted
    if isinstance(record, r.VersionCommentChanged):
        return record.comment is not None
    return not isinstance(record, r.ExperimentCreated | r.Console | r.Metrics | r.TransitionDecided | r.ItemDeleted)
