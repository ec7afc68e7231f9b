"""Write what records added to runs, all runs of a transaction together: params and tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from runstone.errors import ParamChanged
from runstone.records import Params

from .statements import Rows, find
from .states import RunState
from .tables import INDEXED_CHARACTERS, params, tags

if TYPE_CHECKING:
    from .work import Work

_PARAMS = Rows(params)
_TAGS = Rows(tags, update=["value", "head"])


def insert_params(work: Work, states: Sequence[RunState]) -> None:
    """New params are written, equal ones pass, changed ones are refused one by one. Raises ParamChanged (direct batch)."""
    rows: list[Any] = []
    for state in (one for one in states if one.params):
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
    for state in (one for one in states if one.tags):
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
