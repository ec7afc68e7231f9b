"""A window of runs, column by column: one statement for the runs and one for each kind of column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection

from runstone.contracts import RunTable
from runstone.query.tree import Field

from .search_rank import values
from .search_source import RUNS, knows_nan
from .search_sql import Sql, batches, listed, rows

Cell: TypeAlias = "float | int | str | None"

_RUNS = (
    "SELECT run_id, name, experiment_id, user_id, status, start_time, end_time, ordinal, lifecycle_stage, parent_run_id "
    "FROM runs WHERE run_id IN "
)
_NAN = float("nan")


def read_table(
    connection: Connection,
    run_ids: Sequence[str],
    names: Sequence[str],
    fields: Sequence[Field],
    total: int,
    matched: int,
    offset: int,
) -> RunTable:
    """``names`` and ``fields`` are the columns as asked for and as understood."""
    found = {row[0]: row for part in batches(run_ids) for row in rows(connection, Sql(_RUNS) + listed(part))}
    columns = list(zip(*(found[run_id] for run_id in run_ids), strict=True)) or [()] * 10
    _, run_names, experiments, users, status, start, end, ordinal, stage, parents = columns
    found_cells = cells(connection, run_ids, fields)
    return RunTable(
        total, matched, offset, list(run_ids), run_names, [str(number) for number in experiments], users, status, start, end,
        ordinal, stage, parents, list(names), [found_cells[field] for field in fields], matched,
    )  # fmt: skip


def cells(connection: Connection, run_ids: Sequence[str], fields: Sequence[Field]) -> dict[Field, list[Cell]]:
    """Each column's cells, in the order of the runs."""
    filled: dict[Field, list[Cell]] = {field: [None] * len(run_ids) for field in fields}
    row_of = {run_id: number for number, run_id in enumerate(run_ids)}
    for kind in ("metrics", "params", "tags"):
        _keyed(connection, kind, [field for field in filled if field.kind == kind], row_of, filled)
    for field in filled:
        if field.kind in ("attributes", "datasets"):
            for run_id, (_, value) in values(connection, run_ids, field).items():
                filled[field][row_of[run_id]] = str(value) if field.key == "experiment_id" else value
    return filled


def _keyed(
    connection: Connection, kind: str, fields: Sequence[Field], row_of: dict[str, int], cells: dict[Field, list[Cell]]
) -> None:
    """Fill the columns of one kind."""
    if not fields:
        return
    parts = sorted({field.part or "value" for field in fields})
    by_key: dict[str, list[tuple[int, bool, list[Cell]]]] = {}
    for field in fields:
        filled = (parts.index(field.part or "value"), knows_nan(field), cells[field])
        by_key.setdefault(field.key, []).append(filled)
    start = Sql(f"SELECT run_id, key, {', '.join(parts)} FROM {RUNS.tables[kind]} WHERE run_id IN ")
    for part in batches(list(row_of)):
        for some in batches(list(by_key)):
            row: Any
            for row in rows(connection, start + listed(part) + Sql(" AND key IN ") + listed(some)):
                at = row_of[row[0]]
                for place, nan, column in by_key[row[1]]:
                    value = row[2 + place]
                    column[at] = _NAN if value is None and nan else value
