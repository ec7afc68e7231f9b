"""One transaction's work: read what the records touch, apply them in memory, write all of it in a few statements."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from runstone.contracts import Refusal
from runstone.entities import RunStatus
from runstone.errors import NotFound, RunstoneError
from runstone.records import Lease, Record, run_of

from . import key_counts
from .arrivals import by_series
from .context import flush_others
from .dialects import of
from .flush import flush_tags, insert_params
from .history import Histories
from .leases import flush_leases
from .metrics import MetricsWriter
from .once import unseen
from .pace import Pace
from .series import Memory, SeriesState, load
from .statements import Rows, find, names
from .states import EXPERIMENT_ROWS, RUN_ROWS, TOUCH_ROWS, ExperimentState, RunState
from .tables import experiments, runs
from .tables import key_counts as key_counts_table

_COUNTS = Rows(key_counts_table, add="runs")
_RUNS = f"SELECT {names(runs)} FROM runs WHERE run_id IN"
_EXPERIMENTS = f"SELECT {names(experiments)} FROM experiments WHERE "


class Work:
    """A unit of work. Used once, by one thread, inside a transaction that its owner begins, commits or rolls back.

    A record of a direct batch that cannot be applied raises; one of a journal goes to ``refused`` with its reason.
    """

    def __init__(self, connection: Connection, sign: str, memory: Memory) -> None:
        self.connection, self.sign, self.memory = connection, sign, memory
        self.now, self.pace = time.time_ns() // 1_000_000, Pace()
        self._direct: dict[int, bool] = {}
        self.batch, self.once = 0, False
        self.by = self.reason = ""
        self.refused: list[tuple[int, Refusal, str]] = []
        self.runs: dict[str, RunState] = {}
        self.restored: list[str] = []
        self.leases: list[Lease] = []
        self._experiments: dict[int, ExperimentState] = {}
        self._clock: list[int] | None = None
        self._counts: Counter[tuple[int, str, str]] = Counter()
        self._looked_up: set[str] = set()

    # --- reading --------------------------------------------------------------------------------------------------

    def look_up(self, records: Iterable[Record]) -> None:
        """Read the rows of all runs these records name, at once."""
        self.look_up_runs({run_id for record in records if (run_id := run_of(record))})

    def look_up_runs(self, run_ids: Iterable[str]) -> None:
        """Read these rows of runs, at once."""
        wanted = [run_id for run_id in run_ids if run_id not in self._looked_up]
        self._looked_up.update(wanted)
        for row in find(self.connection, _RUNS, wanted, self.sign):
            self.runs[row[0]] = RunState(row)

    def run(self, run_id: str) -> RunState:
        """Raises NotFound."""
        state = self.runs.get(run_id)
        if state is None:
            raise NotFound(f"Run with id={run_id} not found")
        return state

    def experiment(self, experiment_id: int | str) -> ExperimentState:
        """Deleted ones too. Raises NotFound."""
        number = experiment_number(experiment_id)
        if number not in self._experiments:
            row = self.connection.exec_driver_sql(f"{_EXPERIMENTS} experiment_id = {self.sign}", (number,)).fetchone()
            if row is None:
                raise NotFound(f"No Experiment with id={experiment_id} exists")
            self._experiments[number] = ExperimentState(row)
        return self._experiments[number]

    def experiment_named(self, name: str) -> ExperimentState | None:
        for state in self._experiments.values():
            if state.name == name:
                return state
        row = self.connection.exec_driver_sql(f"{_EXPERIMENTS} name = {self.sign}", (name,)).fetchone()
        if row is None or row[0] in self._experiments:  # renamed in this transaction
            return None
        return self._experiments.setdefault(row[0], ExperimentState(row))

    def runs_of(self, experiment_id: int) -> list[RunState]:
        """Every run of an experiment."""
        select = f"SELECT {names(runs)} FROM runs WHERE experiment_id = {self.sign}"
        for row in self.connection.exec_driver_sql(select, (experiment_id,)).fetchall():
            if row[0] not in self.runs:
                self.runs[row[0]] = RunState(row)
                self._looked_up.add(row[0])
        return [state for state in self.runs.values() if state.experiment_id == experiment_id]

    # --- applying -------------------------------------------------------------------------------------------------

    def begin(self, batch: int, direct: bool, once: bool = False, by: str = "", reason: str = "") -> None:
        """What is applied from now on belongs to this batch, and is done by this user for this reason."""
        self.batch, self.once, self.by, self.reason = batch, once, by, reason
        self._direct[batch] = direct

    @property
    def late(self) -> bool:
        """Whether the batch comes from a journal: nobody waits for an answer, and nothing may be lost."""
        return not self._direct[self.batch]

    def add_run(self, state: RunState) -> None:
        self.runs[state.run_id] = state

    def add_experiment(self, state: ExperimentState) -> None:
        self._experiments[state.experiment_id] = state

    def next_change(self) -> int:
        """The next number of the clock, which whoever asks for it holds until the transaction ends."""
        clock = self._now()
        clock[0] += 1
        return clock[0]

    def next_experiment(self) -> int:
        clock = self._now()
        number = clock[1]
        clock[1] += 1
        return number

    def refuse(self, record: Record, error: RunstoneError, batch: int | None = None) -> None:
        """Set a record aside; raises ``error`` where somebody waits for the answer."""
        batch = self.batch if batch is None else batch
        if self._direct[batch]:
            raise error
        self.refused.append((batch, Refusal(record, error.message), str(error.error_code)))

    def count(self, kind: str, state: RunState, keys: Iterable[str], by: int = 1) -> None:
        """Keys that the run now has (``by`` 1) or has no longer (-1)."""
        self._counts.update({(state.place, kind, key): by for key in keys})

    # --- writing --------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write what was applied. Raises ParamChanged for a direct batch.

        The memory of series is brought up to date at once: whoever rolls the transaction back clears it.
        """
        self._flush_experiments()
        states = [state for state in self.runs.values() if state.touched]
        known = {state.run_id: self._series_of(state) for state in states if state.metrics or state.once}
        self._count_statuses(states)
        moved = {state.run_id: state.place for state in states if state.place != state.old_place and not state.new}
        if moved:
            key_counts.move_runs(self.connection, moved)
        insert_params(self, states)
        flush_tags(self, states)
        flush_others(self, [state for state in states if state.others])
        flush_leases(self, states)
        metrics = MetricsWriter(self.connection, self.sign, self.pace)
        stored = Histories(self.connection, self.sign).history
        for run_id, series in known.items():
            state = self.runs[run_id]
            arrivals = by_series(state.metrics) if state.metrics else {}
            if state.once:
                for key, fresh in unseen(run_id, by_series(state.once), series, stored).items():
                    arrivals[key] = arrivals[key].then(fresh) if key in arrivals else fresh
            if arrivals:
                new_keys = metrics.add(run_id, state.place, series, arrivals)
                if new_keys:
                    self.count("metrics", state, new_keys)
        metrics.flush()
        self._flush_counts()
        # the clock's row may be held until the commit, so it comes last
        numbers = {state.run_id: state.changed for state in states}
        self._number(states)
        new = [state for state in states if state.new or state.dirty]
        old = [state for state in states if not (state.new or state.dirty)]
        RUN_ROWS.insert(self.connection, [value for state in new for value in state.row()], self.sign)
        TOUCH_ROWS.insert(self.connection, [value for state in old for value in state.row()], self.sign)
        self._flush_clock()
        for state in states:
            series_now = known.get(state.run_id)
            if RunStatus.is_terminated(state.status):
                self.memory.forget(state.run_id)  # most runs end once
            elif series_now is not None:
                self.memory.keep(state.run_id, state.changed, series_now, len(series_now))
            else:
                self.memory.renumber(state.run_id, numbers[state.run_id], state.changed)

    def _series_of(self, state: RunState) -> dict[str, SeriesState]:
        if state.new:
            return {}
        series = self.memory.recall(state.run_id, state.changed)
        return load(self.connection, state.run_id, self.sign) if series is None else series

    def _number(self, states: Sequence[RunState]) -> None:
        clock = self._now()
        for state in states:
            clock[0] += 1
            state.changed = clock[0]

    def _flush_counts(self) -> None:
        # in order of their keys, so that two transactions never wait for each other
        rows: list[Any] = [value for place, n in sorted(self._counts.items()) if n for value in (*place, n)]
        _COUNTS.insert(self.connection, rows, self.sign)
        for place in (place for place, n in self._counts.items() if n < 0 and place[1] != key_counts.STATUS):
            where = f'place = {self.sign} AND kind = {self.sign} AND "key" = {self.sign}'
            self.connection.exec_driver_sql(f"DELETE FROM key_counts WHERE {where} AND runs <= 0", place)

    def _count_statuses(self, states: Iterable[RunState]) -> None:
        for state in states:
            now = (state.place, state.status)
            if state.counted != now:
                self._counts[now[0], key_counts.STATUS, now[1]] += 1
                if state.counted is not None:
                    self._counts[state.counted[0], key_counts.STATUS, state.counted[1]] -= 1

    def _flush_experiments(self) -> None:
        dirty = [state for state in self._experiments.values() if state.dirty]
        if not dirty:
            return
        clock = self._now()
        rows: list[Any] = []
        for state in dirty:
            clock[0] += 1
            state.changed = clock[0]
            rows += state.row()
        EXPERIMENT_ROWS.insert(self.connection, rows, self.sign)
        for state in dirty:
            self._flush_experiment_tags(state)

    def _flush_experiment_tags(self, state: ExperimentState) -> None:
        for key, value in state.tags.items():
            where = f'experiment_id = {self.sign} AND "key" = {self.sign}'
            self.connection.exec_driver_sql(f"DELETE FROM experiment_tags WHERE {where}", (state.experiment_id, key))
            if value is not None:
                row = (state.experiment_id, key, value)
                signs = ", ".join([self.sign] * 3)
                self.connection.exec_driver_sql(f"INSERT INTO experiment_tags VALUES ({signs})", row)

    def _now(self) -> list[int]:
        if self._clock is None:
            self._clock = list((here := of(self.connection)).rows(self.connection, here.clock)[0])
        return self._clock

    def _flush_clock(self) -> None:
        if self._clock is not None:
            update = f"UPDATE clock SET changed = {self.sign}, next_experiment = {self.sign} WHERE id = 0"
            of(self.connection).run(self.connection, update, tuple(self._clock))


def experiment_number(experiment_id: int | str) -> int:
    """Raises NotFound for a text that is no number: experiments have numbers."""
    try:
        number = int(experiment_id)
    except ValueError:
        number = -1
    if not 0 <= number < 1 << 63:
        raise NotFound(f"No Experiment with id={experiment_id} exists")
    return number
