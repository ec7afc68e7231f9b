"""The writing side: one connection, one transaction at a time, journals acknowledged with what they brought."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import StatementError

from runstone.contracts import Batch, Receipt, Refusal
from runstone.errors import InvalidValue, RunstoneError
from runstone.records import Record

from . import refusals
from .apply import apply
from .claims import claims
from .statements import Rows, find
from .sweep import sweep
from .tables import journals
from .turns import Turns
from .work import Work

_JOURNALS = Rows(journals, update=["acknowledged"])
_ACKNOWLEDGED = "SELECT journal_id, acknowledged FROM journals WHERE journal_id IN"


class Writer(Turns):
    """Applies batches of records."""

    def write_all(self, batches: Sequence[Batch]) -> list[Receipt]:
        """See :meth:`runstone.contracts.Sink.write_all`."""
        try:
            return self.transaction(lambda connection: self._write(connection, batches, careful=False), claims(batches))
        except RunstoneError:
            raise
        except Exception as cause:
            if not self._dialect.unfit(cause):
                raise
            if any(batch.origin is None for batch in batches):
                raise InvalidValue(f"A record holds a value that cannot be stored: {_words(cause)}") from cause
        # one record of a journal must never keep all that follows from being stored
        return self.transaction(lambda connection: self._write(connection, batches, careful=True))

    def sweep(self, now: int) -> list[str]:
        """See :meth:`runstone.contracts.Store.sweep`."""
        return self.transaction(lambda connection: sweep(connection, self._dialect.parameter, self._memory, now))

    def _write(self, connection: Connection, batches: Sequence[Batch], careful: bool) -> list[Receipt]:
        news = _Acknowledged(connection, batches, self._dialect.parameter)
        todo = {number: batch for number, batch in enumerate(batches) if news.expects(batch)}
        refused: dict[int, list[Refusal]] = {}
        for work in self.works(connection, todo, careful):
            self.settle(connection, work, batches)
            for number, refusal, _ in work.refused:
                refused.setdefault(number, []).append(refusal)
        news.save()
        return [
            Receipt(
                (batch.origin.next if number in todo else news.stored[batch.origin.journal_id]) if batch.origin else 0,
                refused.get(number, ()),
            )
            for number, batch in enumerate(batches)
        ]

    def works(self, connection: Connection, todo: dict[int, Batch], careful: bool, late: bool = False) -> list[Work]:
        """Apply numbered batches; ``late``: nobody waits for them, so that what cannot be applied is set aside."""
        if careful:
            return [self._alone(connection, n, one, batch.once) for n, batch in todo.items() for one in batch.records]
        work = Work(connection, self._dialect.parameter, self._memory)
        work.look_up(record for batch in todo.values() for record in batch.records)
        for number, batch in todo.items():
            work.begin(number, batch.origin is None and not late, batch.once, batch.by, batch.reason)
            apply(work, batch.records)
        work.flush()
        return [work]

    def _alone(self, connection: Connection, number: int, record: Record, once: bool = False) -> Work:
        """One record of a journal, set aside whatever is wrong with it."""
        work = Work(connection, self._dialect.parameter, self._memory)
        work.begin(number, direct=False, once=once)
        try:
            with connection.begin_nested():
                work.look_up([record])
                apply(work, [record])
                work.flush()
            return work
        except Exception as cause:
            if not self._dialect.unfit(cause):
                raise
            self._memory.clear()
            failed = Work(connection, self._dialect.parameter, self._memory)
            failed.begin(number, direct=False)
            failed.refuse(record, InvalidValue(f"It holds a value that cannot be stored: {_words(cause)}"))
            return failed

    def settle(self, connection: Connection, work: Work, batches: Sequence[Batch]) -> None:
        """Keep what was refused; a run that came back from the bin gets what was logged to it meanwhile."""
        sign = self._dialect.parameter
        for number, refusal, code in work.refused:
            origin = batches[number].origin
            refusals.keep(connection, sign, work.now, origin.journal_id if origin else "", refusal, code)
        for run_id in work.restored:
            for journal_id, record in refusals.take(connection, sign, run_id):
                for _, refusal, code in self._alone(connection, 0, record).refused:
                    refusals.keep(connection, sign, work.now, journal_id, refusal, code)


class _Acknowledged:
    """How far each journal of some batches is stored."""

    def __init__(self, connection: Connection, batches: Sequence[Batch], sign: str) -> None:
        self._connection, self._sign = connection, sign
        wanted = list({batch.origin.journal_id for batch in batches if batch.origin})
        self.stored: dict[str, int] = dict.fromkeys(wanted, 0)
        for journal_id, position in find(connection, _ACKNOWLEDGED, wanted, sign):
            self.stored[journal_id] = position
        self._new: dict[str, int] = {}

    def expects(self, batch: Batch) -> bool:
        """Whether the batch has news, which then count as stored. Raises InvalidValue for one that does not fit on."""
        origin = batch.origin
        if origin is None:
            return True
        there = self.stored[origin.journal_id]
        if origin.next <= there:
            return False
        if origin.first != there:
            raise InvalidValue(
                f"Bytes {origin.first} to {origin.next} of journal {origin.journal_id} cannot be stored: {there} bytes of it "
                f"are. Ask for the acknowledged position and go on from there."
            )
        self.stored[origin.journal_id] = self._new[origin.journal_id] = origin.next
        return True

    def save(self) -> None:
        _JOURNALS.insert(self._connection, [value for row in self._new.items() for value in row], self._sign)


def _words(cause: BaseException) -> str:
    return str(cause.orig if isinstance(cause, StatementError) and cause.orig else cause)
