"""Write what records added to runs, all runs of a transaction together: params, tags, leases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from runstone.entities import RunStatus
from runstone.errors import ParamChanged
from runstone.records import Params

from .statements import Rows, find
from .states import RunState
from .tables import INDEXED_CHARACTERS, leases, params, tags

if TYPE_CHECKING:
    from .work import Work

_PARAMS = Rows(params)
_TAGS = Rows(tags, update=["value", "head"])
_LEASES = Rows(leases, update=["host", "pid", "pid_start", "until"])


def insert_params(work: Work, states: Sequence[RunState]) -> None:
    """New params are written, equal ones pass, changed ones are refused one by one. Raises ParamChanged (direct batch)."""
    rows: list[Any] = []
    for state in states:
        work.pace()
        for key, there in _there(work, state, "params", list(state.params)):
            value, batch = state.params.pop(key)
            if there != value:
                work.refuse(Params(state.run_id, {key: value}), ParamChanged(state.run_id, key, there, value), batch)
        place = state.place
        for key, (value, _) in state.params.items():
            rows += (state.run_id, key, value, value[:INDEXED_CHARACTERS], place)
        work.count("params", state, state.params)
    _PARAMS.insert(work.connection, rows, work.sign)


def flush_tags(work: Work, states: Sequence[RunState]) -> None:
    """Tags set and removed."""
    rows: list[Any] = []
    for state in states:
        work.pace()
        there = {key for key, _ in _there(work, state, "tags", list(state.tags))}
        place = state.place
        for key, value in state.tags.items():
            if value is not None:
                rows += (state.run_id, key, value, value[:INDEXED_CHARACTERS], place)
            elif key in there:
                delete = f'DELETE FROM tags WHERE run_id = {work.sign} AND "key" = {work.sign}'
                work.connection.exec_driver_sql(delete, (state.run_id, key))
        work.count("tags", state, (key for key, value in state.tags.items() if value is not None and key not in there))
        work.count("tags", state, (key for key, value in state.tags.items() if value is None and key in there), -1)
    _TAGS.insert(work.connection, rows, work.sign)


def _there(work: Work, state: RunState, table: str, keys: list[str]) -> Sequence[Any]:
    """(key, value) of those that the run has already."""
    if state.new or not keys:
        return ()
    select = f'SELECT "key", value FROM {table} WHERE run_id = {work.sign} AND "key" IN'
    return list(find(work.connection, select, keys, work.sign, (state.run_id,)))


def flush_leases(work: Work, states: Sequence[RunState]) -> None:
    """Leases taken and given back; those of runs that ended leave. A lease may come before its run."""
    connection, sign = work.connection, work.sign
    ended = [state.run_id for state in states if state.dirty and not state.new and RunStatus.is_terminated(state.status)]
    for start in range(0, len(ended), 1000):
        part = tuple(ended[start : start + 1000])
        connection.exec_driver_sql(f"DELETE FROM leases WHERE run_id IN ({', '.join([sign] * len(part))})", part)
    rows: list[Any] = []
    for lease in {(lease.run_id, lease.holder): lease for lease in work.leases}.values():
        run = work.runs.get(lease.run_id)
        if lease.until > 0 and not (run and RunStatus.is_terminated(run.status)):
            rows += (lease.run_id, lease.holder, lease.host, lease.pid, lease.pid_start, lease.until)
        else:
            where = f"run_id = {sign} AND holder = {sign}"
            connection.exec_driver_sql(f"DELETE FROM leases WHERE {where}", (lease.run_id, lease.holder))
    _LEASES.insert(connection, rows, sign)
