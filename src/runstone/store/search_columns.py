"""Columns of all runs that match, each as its different values and a number for every run that says which is its own.

Among many runs a column comes from its own index, which holds it whole; rows of the table are looked at for few runs only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from runstone._lazy import later
from runstone.contracts import RunColumn
from runstone.query.tree import Field

from .search_rows import RowOf
from .search_source import RUNS, Scope, column, knows_nan
from .search_sql import SEPARATOR, Sql, ids, ids_text, one_of, rows
from .search_table import cells
from .tables import INDEXED_CHARACTERS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = later("numpy")

#: Reading one cell costs so many times as much as reading it with its whole column.
CELL_COST = 5

_WHOLE = ("count", "nans", "first_step", "last_step", "min_step", "max_step")
_MOST = 2**62
_NAN = float("nan")


def all_run_ids(connection: Connection, scope: Scope) -> list[str]:
    """Every run in scope, the newest first."""
    # the limit keeps the order from being lost inside another SELECT
    order = Sql(" ORDER BY r.start_time DESC, r.run_id LIMIT ?", (_MOST,))
    return ids(
        connection, Sql("SELECT run_id FROM (SELECT r.run_id FROM runs AS r WHERE ") + scope.runs() + order + Sql(") AS sorted")
    )


def read_columns(
    connection: Connection, scope: Scope, run_ids: Sequence[str], fields: Sequence[Field], population: int
) -> list[RunColumn]:
    """The columns of these runs, of a ``population`` in scope."""
    distinct = list(dict.fromkeys(fields))
    few = [field for field in distinct if len(run_ids) * CELL_COST < population or not _whole(field)]
    found = {field: _coded(values) for field, values in cells(connection, run_ids, few).items()} if few else {}
    rest = [field for field in distinct if field not in found]
    row_of = RowOf(run_ids if rest else ())
    for field in rest:
        found[field] = _READ[field.kind](connection, scope, row_of, len(run_ids), field)
    return [found[field] for field in fields]


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


def _texts(connection: Connection, scope: Scope, row_of: RowOf, count: int, field: Field) -> RunColumn:
    """One row of the answer for each value, with all its runs as one text."""
    where = Sql(f" FROM {RUNS.tables[field.kind]} WHERE ") + one_of("place", scope.places) + Sql(" AND key = ?", (field.key,))
    listed = Sql("COUNT(*), group_concat(run_id, ?)", (SEPARATOR,)) + where
    heads = rows(connection, Sql("SELECT head, ") + listed + Sql(" GROUP BY head"))
    found = [row for row in heads if len(row[0]) < INDEXED_CHARACTERS]  # a head that is not cut off is the value
    if len(found) < len(heads):
        long = Sql(" AND LENGTH(head) >= ? GROUP BY value", (INDEXED_CHARACTERS,))
        found += rows(connection, Sql("SELECT value, ") + listed + long)
    return _grouped(found, row_of, count)


def _attributes(connection: Connection, scope: Scope, row_of: RowOf, count: int, field: Field) -> RunColumn:
    inner = Sql(f"SELECT {column(field)} AS value, r.run_id FROM runs AS r WHERE ") + scope.runs()
    select = Sql("SELECT value, COUNT(*), group_concat(run_id, ?) FROM (", (SEPARATOR,)) + inner
    return _grouped(rows(connection, select + Sql(") AS found WHERE value IS NOT NULL GROUP BY value")), row_of, count)


def _grouped(found: Sequence[Any], row_of: RowOf, count: int) -> RunColumn:
    """Of rows (value, how many runs, their ids as one text)."""
    there = row_of(SEPARATOR.join(row[2] for row in found))
    places = np.repeat(np.arange(len(found)), [row[1] for row in found])[there >= 0]
    used, codes = np.unique(places, return_inverse=True)
    return _column([found[place][0] for place in used.tolist()], count, there[there >= 0], codes)


def _numbers(connection: Connection, scope: Scope, row_of: RowOf, count: int, field: Field) -> RunColumn:
    """Values and ids apart: as numbers and as one text they come far faster than side by side."""
    name = column(field)
    where = Sql(" FROM series AS t WHERE ") + one_of("t.place", scope.places) + Sql(" AND t.key = ?", (field.key,))
    where += Sql("" if knows_nan(field) else f" AND {name} IS NOT NULL") + Sql(f" ORDER BY {name}, t.run_id LIMIT ?", (_MOST,))
    there = row_of(ids_text(connection, Sql("SELECT run_id FROM (SELECT t.run_id") + where + Sql(") AS sorted")))
    values = [row[0] for row in rows(connection, Sql(f"SELECT {name}") + where)]
    known = np.array(values, np.int64 if field.part in _WHOLE else np.float64)  # None becomes NaN
    distinct, codes = np.unique(known[there >= 0], return_inverse=True)
    return _column(distinct.tolist(), count, there[there >= 0], codes)


def _column(values: Sequence[Any], count: int, at: NDArray[np.int64], codes: NDArray[np.int64]) -> RunColumn:
    every = np.full(count, -1, np.int32)
    every[at] = codes.reshape(-1)
    return RunColumn(values, every.astype("<i4").tobytes())


_READ = {"params": _texts, "tags": _texts, "metrics": _numbers, "attributes": _attributes}
