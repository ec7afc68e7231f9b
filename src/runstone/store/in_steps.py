"""Experiments of many runs to and from the bin, in steps, so that no other writer waits for long.

An experiment's runs go with it, and moving a run rewrites its entries in the search indexes: half a millisecond and more. So
all but the last few move in transactions of their own before the one that moves the experiment. The time of the deletion, by
which a restored experiment knows its runs, is noted at once, so that the next takes up a deletion that was cut short.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from runstone.contracts import Batch
from runstone.errors import NotFound
from runstone.records import ExperimentChanged, Record, RunChanged

from .apply import DEFAULT_EXPERIMENT
from .states import ACTIVE, DELETED
from .work import experiment_number
from .write import Writer

#: Runs moved in one transaction.
STEP = 500
#: Seconds between two, in which others get their turn, as a share of what one took, and at most.
_SHARE, _PAUSE = 0.25, 0.1


def prepare(writer: Writer, sign: str, batches: Sequence[Batch]) -> Sequence[Batch]:
    """Move what can be moved ahead of these batches; returns what is left to be written."""
    return [_prepared(writer, sign, batch) for batch in batches]


def _prepared(writer: Writer, sign: str, batch: Batch) -> Batch:
    record = batch.records[0] if len(batch.records) == 1 else None
    if batch.origin is not None or not isinstance(record, ExperimentChanged) or record.deleted is None:
        return batch
    if record.name is not None:  # it may be taken, and then nothing moves
        return batch
    try:
        number = experiment_number(record.experiment_id)
    except NotFound:
        return batch
    moved = _Move(writer, sign, number, record.deleted, record.time or time.time_ns() // 1_000_000)
    return Batch([msgspec.structs.replace(record, time=moved.time)]) if moved.ahead() else batch


class _Move:
    """One experiment's way into the bin (``delete``) or out of it. ``time`` in milliseconds."""

    def __init__(self, writer: Writer, sign: str, number: int, delete: bool, at: int) -> None:
        self._writer, self._sign, self._number, self._delete, self.time = writer, sign, number, delete, at

    def ahead(self) -> bool:
        """Move all but the last few runs; whether there was anything to do, and the experiment can be moved."""
        if self._number == DEFAULT_EXPERIMENT:
            return False
        many = len(self._writer.transaction(self._some)) > STEP
        if not many and not (self._delete and self._writer.transaction(self._noted) is not None):
            return False
        if self._delete:
            self._writer.transaction(self._note_time)
        while len(runs := self._writer.transaction(self._some)) > STEP:
            began = time.monotonic()
            moves: list[Record] = [RunChanged(run_id, self.time, deleted=self._delete) for run_id in runs[:STEP]]
            self._writer.write_all([Batch(moves)])
            time.sleep(min(_PAUSE, (time.monotonic() - began) * _SHARE))
        return True

    def _some(self, connection: Connection) -> list[str]:
        """Ids of runs that the experiment would take along: one more than a step, if there are so many."""
        stage = ACTIVE if self._delete else DELETED
        with_it = "" if self._delete else " AND r.deleted_time = e.deleted_time"
        found = connection.exec_driver_sql(
            "SELECT r.run_id FROM experiments AS e JOIN runs AS r ON r.experiment_id = e.experiment_id "
            f"WHERE e.experiment_id = {self._sign} AND e.lifecycle_stage = {self._sign} AND r.lifecycle_stage = {self._sign}"
            f"{with_it} LIMIT {STEP + 1}",
            (self._number, stage, stage),
        )
        return [row[0] for row in found.fetchall()]

    def _noted(self, connection: Connection) -> int | None:
        """The time of a deletion that was cut short."""
        select = f"SELECT deleted_time FROM experiments WHERE experiment_id = {self._sign} AND lifecycle_stage = {self._sign}"
        time_of_it: int | None = connection.exec_driver_sql(select, (self._number, ACTIVE)).scalar()
        return time_of_it

    def _note_time(self, connection: Connection) -> None:
        noted, now = self._noted(connection), f"SET deleted_time = {self._sign} WHERE experiment_id = {self._sign}"
        if noted is not None:  # what it moved belongs to this one
            connection.exec_driver_sql(f"UPDATE runs {now} AND deleted_time = {self._sign}", (self.time, self._number, noted))
        connection.exec_driver_sql(f"UPDATE experiments {now}", (self.time, self._number))
