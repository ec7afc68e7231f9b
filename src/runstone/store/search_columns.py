"""Columns of all runs that match, each as its different values and a number for every run that says which is its own.

Among many runs a column comes from its own index, which holds it whole; rows of the table are looked at for few runs only.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence, Set
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import Connection

from runstone._lazy import later
from runstone.contracts import RunColumn, RunColumns
from runstone.query.tree import Field

from .search_match import FEW
from .search_memory import Moment, weight_of_ids
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
#: Bytes of a text without its characters.
_TEXT_BYTES = 60

_WHOLE = ("count", "nans", "first_step", "last_step", "min_step", "max_step")
_MOST = 2**62
_NAN = float("nan")


class Every(Struct, frozen=True, eq=False):
    """Every run in scope, the newest first."""

    run_ids: list[str]
    row_of: RowOf

    @property
    def many(self) -> bool:
        """Whether what is known of all of them is worth keeping."""
        return len(self.run_ids) > FEW


class Whole(Struct, frozen=True, eq=False):
    """A column of every run: its different values in any order, and the place of each run's among them, -1 for none."""

    values: NDArray[Any] | list[Any]
    codes: NDArray[np.int32]

    def told(self, among: NDArray[np.int64] | None) -> RunColumn:
        """Of the runs in these rows, ``None`` for all."""
        values, codes = self.values, self.codes
        if among is not None:
            used, places = np.unique(codes[among], return_inverse=True)
            missing = int(len(used) > 0 and used[0] < 0)
            codes, used = (places.reshape(-1) - missing).astype(np.int32), used[missing:]
            values = values[used] if isinstance(values, np.ndarray) else [values[place] for place in used.tolist()]
        # a hundred thousand numbers as objects would take longer than all that is done with them
        told = array("q" if values.dtype == np.int64 else "d", values.tobytes()) if isinstance(values, np.ndarray) else values
        return RunColumn(told, codes.astype("<i4").tobytes())

    @property
    def weight(self) -> int:
        """Bytes, about."""
        texts = 0 if isinstance(self.values, np.ndarray) else sum(_TEXT_BYTES + len(str(value)) for value in self.values)
        return 4 * len(self.codes) + 8 * len(self.values) + texts


def read_columns(connection: Connection, scope: Scope, found: Set[str] | None, fields: Sequence[Field]) -> RunColumns:
    """The columns of the runs ``found`` in scope, ``None`` for all; the newest first."""
    now = Moment(connection)
    every = now.answer(
        ("every", scope), lambda: _every(connection, scope), lambda one: weight_of_ids(2 * len(one.run_ids), FEW)
    )
    run_ids, among = every.run_ids, None
    if found is not None:
        among = np.fromiter((row for row, run_id in enumerate(every.run_ids) if run_id in found), np.int64)
        run_ids = [every.run_ids[row] for row in among.tolist()]

    def whole(field: Field) -> RunColumn:
        def read() -> Whole:
            return _READ[field.kind](now, scope, every, field)

        return now.answer(("column", scope, field), read, lambda one: one.weight if every.many else 0).told(among)

    distinct = list(dict.fromkeys(fields))
    rarely = len(run_ids) * CELL_COST < len(every.run_ids)
    cut = columns_of(connection, run_ids, [field for field in distinct if rarely or not _whole(field)])
    columns = {field: cut.get(field) or whole(field) for field in distinct}
    return RunColumns(run_ids, [columns[field] for field in fields])


def columns_of(connection: Connection, run_ids: Sequence[str], fields: Sequence[Field]) -> dict[Field, RunColumn]:
    """The columns of few runs, cell by cell."""
    return {field: _coded(values) for field, values in cells(connection, run_ids, fields).items()} if fields else {}


def _every(connection: Connection, scope: Scope) -> Every:
    # the limit keeps the order from being lost inside another SELECT
    order = Sql(" ORDER BY r.start_time DESC, r.run_id LIMIT ?", (_MOST,))
    run_ids = ids(
        connection, Sql("SELECT run_id FROM (SELECT r.run_id FROM runs AS r WHERE ") + scope.runs() + order + Sql(") AS sorted")
    )
    return Every(run_ids, RowOf(run_ids))


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


def _texts(now: Moment, scope: Scope, every: Every, field: Field) -> Whole:
    """One row of the answer for each value, with all its runs as one text."""
    where = Sql(f" FROM {RUNS.tables[field.kind]} WHERE ") + one_of("place", scope.places) + Sql(" AND key = ?", (field.key,))
    listed = Sql("COUNT(*), group_concat(run_id, ?)", (SEPARATOR,)) + where
    heads = rows(now.connection, Sql("SELECT head, ") + listed + Sql(" GROUP BY head"))
    found = [row for row in heads if len(row[0]) < INDEXED_CHARACTERS]  # a head that is not cut off is the value
    if len(found) < len(heads):
        long = Sql(" AND LENGTH(head) >= ? GROUP BY value", (INDEXED_CHARACTERS,))
        found += rows(now.connection, Sql("SELECT value, ") + listed + long)
    return _grouped(found, every)


def _attributes(now: Moment, scope: Scope, every: Every, field: Field) -> Whole:
    inner = Sql(f"SELECT {column(field)} AS value, r.run_id FROM runs AS r WHERE ") + scope.runs()
    select = Sql("SELECT value, COUNT(*), group_concat(run_id, ?) FROM (", (SEPARATOR,)) + inner
    return _grouped(rows(now.connection, select + Sql(") AS found WHERE value IS NOT NULL GROUP BY value")), every)


def _grouped(found: Sequence[Any], every: Every) -> Whole:
    """Of rows (value, how many runs, their ids as one text)."""
    there = every.row_of(SEPARATOR.join(row[2] for row in found))
    places = np.repeat(np.arange(len(found)), [row[1] for row in found])[there >= 0]
    used, codes = np.unique(places, return_inverse=True)
    return _column([found[place][0] for place in used.tolist()], every, there[there >= 0], codes)


def _numbers(now: Moment, scope: Scope, every: Every, field: Field) -> Whole:
    """Values and ids apart: as numbers and as one text they come far faster than side by side. All numbers of a metric are
    read in the order of its last values, which is the index's own, so that its runs are found but once."""
    where = Sql(" FROM series AS t WHERE ") + one_of("t.place", scope.places)
    where += Sql(" AND t.key = ? ORDER BY t.place, t.last, t.run_id LIMIT ?", (field.key, _MOST))
    there = now.answer(
        ("rows", scope, field.key),
        lambda: every.row_of(ids_text(now.connection, Sql("SELECT t.run_id") + where)).astype(np.int32),
        lambda found: found.nbytes if every.many else 0,
    )
    values = [row[0] for row in rows(now.connection, Sql(f"SELECT {column(field)}") + where)]
    if not knows_nan(field) and None in values:
        told = [place for place, value in enumerate(values) if value is not None]
        there, values = there[told], [values[place] for place in told]
    known = np.array(values, np.int64 if field.part in _WHOLE else np.float64)  # None becomes NaN
    distinct, codes = np.unique(known[there >= 0], return_inverse=True)
    return _column(distinct, every, there[there >= 0], codes)


def _column(values: NDArray[Any] | list[Any], every: Every, at: NDArray[Any], codes: NDArray[np.int64]) -> Whole:
    all_ = np.full(len(every.run_ids), -1, np.int32)
    all_[at] = codes.reshape(-1)
    return Whole(values, all_)


_READ = {"params": _texts, "tags": _texts, "metrics": _numbers, "attributes": _attributes}
