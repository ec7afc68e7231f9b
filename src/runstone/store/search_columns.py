"""Columns of all runs that match, each as its values and a number for every run that says which is its own.

Among many runs a column comes from its own index, which holds it whole; rows of the table are looked at for few runs only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from runstone._lazy import later
from runstone.contracts import RunColumn, RunColumns
from runstone.query.tree import Field

from .search_kept import Every, Numbers, Table, Texts, Whole
from .search_match import FEW
from .search_memory import KEPT_BYTES, Moment, weight_of_ids
from .search_source import RUNS, Scope, column, knows_nan
from .search_sql import SEPARATOR, Sql, ids_text, one_of, rows
from .search_table import cells
from .search_walk import everybody
from .tables import INDEXED_CHARACTERS, place

if TYPE_CHECKING:
    import numpy as np
else:
    np = later("numpy")

#: Reading one cell costs so many times as much as reading it with its whole column.
CELL_COST = 5
#: After so few changed runs what is kept is always brought up to date.
ALWAYS = 100

_WHOLE = ("count", "nans", "first_step", "last_step", "min_step", "max_step")
_MOST = 2**62
_NAN = float("nan")
#: An attribute that changes with the run's experiment.
_ELSEWHERE = "artifact_uri"


def read_columns(connection: Connection, scope: Scope, found: Set[str] | None, fields: Sequence[Field]) -> RunColumns:
    """The columns of the runs ``found`` in scope, ``None`` for all; the newest first."""
    now, question = Moment(connection), ("columns", scope)
    table = now.answer(
        question, lambda: Table(_every(connection, scope), {}), _weight, lambda table, then: _renewed(now, scope, table, then)
    )
    every = table.every
    run_ids, among = every.run_ids, None
    if found is not None:
        among = np.fromiter((row for row, run_id in enumerate(run_ids) if run_id in found), np.int64)
        run_ids = [run_ids[row] for row in among.tolist()]
    distinct = list(dict.fromkeys(fields))
    rarely = len(run_ids) * CELL_COST < len(every.run_ids)
    cut = columns_of(connection, run_ids, [field for field in distinct if rarely or not _whole(field)])
    whole: dict[Field, Whole] = {
        field: table.columns.get(field) or _READ[field.kind](now, scope, every, field) for field in distinct if field not in cut
    }
    if whole:
        table = table.asked(whole).within(KEPT_BYTES // 2)
        now.keep(question, table, _weight(table))
    columns = {field: cut.get(field) or whole[field].told(among) for field in distinct}
    return RunColumns(run_ids, [columns[field] for field in fields])


def _weight(table: Table) -> int:
    """What is known of few runs is not worth keeping."""
    runs = weight_of_ids(len(table.every.run_ids), FEW)
    return runs and 2 * runs + sum(column.weight for column in table.columns.values())


def _renewed(now: Moment, scope: Scope, table: Table, then: int) -> Table | None:
    """The table of a moment as it is now; ``None`` where that is more work than to read it, or cannot be told."""
    most = max(ALWAYS, len(table.every.run_ids) // CELL_COST)
    select = "SELECT run_id, start_time, experiment_id, lifecycle_stage FROM runs WHERE changed > ? LIMIT ?"
    found = rows(now.connection, Sql(select, (then, most + 1)))
    if len(found) > most or table.every.starts is None or any(start is None for _, start, _, _ in found):
        return None
    places = set(scope.places)
    changed = {(run_id, start): place(number, stage != "active") in places for run_id, start, number, stage in found}
    every, moves = table.every.changed(changed)
    if len(every.run_ids) != everybody(now.connection, scope):
        return None  # some were removed for ever
    inside = [run for run, inside in changed.items() if inside]
    at = [row for row, _ in every.places(inside)]
    fields = [field for field in table.columns if field.key != _ELSEWHERE or field.kind != "attributes"]
    fresh = cells(now.connection, [run_id for run_id, _ in inside], fields)
    columns: dict[Field, Whole] = {}
    for field in fields:
        column = table.columns[field] if moves is None else table.columns[field].moved(moves)
        columns[field] = column.written(at, fresh[field]) if at else column
    return Table(every, columns)


def columns_of(connection: Connection, run_ids: Sequence[str], fields: Sequence[Field]) -> dict[Field, RunColumn]:
    """The columns of few runs, cell by cell."""
    return {field: _coded(values) for field, values in cells(connection, run_ids, fields).items()} if fields else {}


def _every(connection: Connection, scope: Scope) -> Every:
    # the limit keeps the order from being lost inside another SELECT
    order = Sql(" ORDER BY r.start_time DESC, r.run_id LIMIT ?", (_MOST,))
    inner = Sql("SELECT r.run_id, r.start_time FROM runs AS r WHERE ") + scope.runs() + order
    select = Sql("SELECT group_concat(run_id, ?), group_concat(CAST(start_time AS TEXT), ?) FROM (", (SEPARATOR, SEPARATOR))
    run_ids, starts = rows(connection, select + inner + Sql(") AS sorted"))[0]
    if not run_ids:
        return Every([], np.zeros(0, np.int64))
    times, ids = np.fromstring(starts or "", np.int64, sep=SEPARATOR), run_ids.split(SEPARATOR)
    return Every(ids, times if len(times) == len(ids) else None)


def _whole(field: Field) -> bool:
    """Whether a whole column can be read at once."""
    return field.kind != "datasets"


def _coded(cells: Sequence[Any]) -> RunColumn:
    codes = np.full(len(cells), -1, np.int32)
    known: dict[Any, int] = {}
    for row, value in enumerate(cells):
        if value is not None:
            # NaN is not equal to itself, so that each would be a value of its own
            codes[row] = known.setdefault(value if value == value else _NAN, len(known))
    return RunColumn(list(known), codes.tobytes())


def _texts(now: Moment, scope: Scope, every: Every, field: Field) -> Texts:
    """One row of the answer for each value, with all its runs as one text."""
    where = Sql(f" FROM {RUNS.tables[field.kind]} WHERE ") + one_of("place", scope.places) + Sql(" AND key = ?", (field.key,))
    listed = Sql("COUNT(*), group_concat(run_id, ?)", (SEPARATOR,)) + where
    heads = rows(now.connection, Sql("SELECT head, ") + listed + Sql(" GROUP BY head"))
    found = [row for row in heads if len(row[0]) < INDEXED_CHARACTERS]  # a head that is not cut off is the value
    if len(found) < len(heads):
        long = Sql(" AND LENGTH(head) >= ? GROUP BY value", (INDEXED_CHARACTERS,))
        found += rows(now.connection, Sql("SELECT value, ") + listed + long)
    return _grouped(found, every)


def _attributes(now: Moment, scope: Scope, every: Every, field: Field) -> Texts:
    inner = Sql(f"SELECT {column(field)} AS value, r.run_id FROM runs AS r WHERE ") + scope.runs()
    select = Sql("SELECT value, COUNT(*), group_concat(run_id, ?) FROM (", (SEPARATOR,)) + inner
    return _grouped(rows(now.connection, select + Sql(") AS found WHERE value IS NOT NULL GROUP BY value")), every)


def _grouped(found: Sequence[Any], every: Every) -> Texts:
    """Of rows (value, how many runs, their ids as one text)."""
    there = every.row_of(SEPARATOR.join(row[2] for row in found))
    places = np.repeat(np.arange(len(found)), [row[1] for row in found])[there >= 0]
    used, codes = np.unique(places, return_inverse=True)
    all_ = np.full(len(every.run_ids), -1, np.int32)
    all_[there[there >= 0]] = codes.reshape(-1)
    return Texts([found[place][0] for place in used.tolist()], all_)


def _numbers(now: Moment, scope: Scope, every: Every, field: Field) -> Numbers:
    """Values and ids apart: as numbers and as one text they come far faster than side by side. All numbers of a metric are
    read in the order of its last values, which is the index's own, so that its runs are found but once."""
    where = Sql(" FROM series AS t WHERE ") + one_of("t.place", scope.places)
    where += Sql(" AND t.key = ? ORDER BY t.place, t.last, t.run_id LIMIT ?", (field.key, _MOST))
    there = now.answer(
        ("rows", scope, field.key),
        lambda: every.row_of(ids_text(now.connection, Sql("SELECT t.run_id") + where)).astype(np.int32),
        lambda found: found.nbytes if len(every.run_ids) > FEW else 0,
    )
    values = [row[0] for row in rows(now.connection, Sql(f"SELECT {column(field)}") + where)]
    if not knows_nan(field) and None in values:
        told = [place for place, value in enumerate(values) if value is not None]
        there, values = there[told], [values[place] for place in told]
    kind = np.int64 if field.part in _WHOLE else np.float64
    all_, known = np.zeros(len(every.run_ids), kind), np.zeros(len(every.run_ids), bool)
    inside = there >= 0
    all_[there[inside]] = np.array(values, kind)[inside]  # None becomes NaN
    known[there[inside]] = True
    return Numbers(all_, known)


_READ: dict[str, Callable[[Moment, Scope, Every, Field], Whole]] = {
    "params": _texts,
    "tags": _texts,
    "metrics": _numbers,
    "attributes": _attributes,
}
