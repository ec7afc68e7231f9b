"""The order of runs: their values in each column of it, sorting, and whether one comes after another.

A value is ``(0, value)``; ``(1, None)`` is NaN and ``(2, None)`` a run without the field. Both come last, in this order,
whatever the direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from msgspec import Struct
from sqlalchemy import Connection

from runstone.query.tree import Field, Order

from .search_atoms import column, knows_nan, table
from .search_sql import Sql, batches, listed, rows

Ranked: TypeAlias = "tuple[int, Any]"
NAN: Ranked = (1, None)
MISSING: Ranked = (2, None)


class Row(Struct):
    """A run and its value in each column of an order."""

    run_id: str
    rank: list[Ranked]


def ranked(connection: Connection, run_ids: Sequence[str], orders: Sequence[Order]) -> list[Row]:
    """These runs with their values, in the order given."""
    columns = [values(connection, run_ids, order.field) for order in orders]
    return [Row(run_id, [known.get(run_id, MISSING) for known in columns]) for run_id in run_ids]


def values(connection: Connection, run_ids: Sequence[str], field: Field) -> dict[str, Ranked]:
    """The field's value of each run that has it."""
    if field.kind == "attributes" and field.key == "run_id":
        return {run_id: (0, run_id) for run_id in run_ids}
    found: dict[str, Ranked] = {}
    nan = knows_nan(field)
    for part in batches(run_ids):
        for run_id, value in rows(connection, value_sql(field, part)):
            if value is not None:
                found[run_id] = (0, value)
            elif nan:
                found[run_id] = NAN
    return found


def value_sql(field: Field, run_ids: Sequence[str]) -> Sql:
    """A SELECT of (run_id, value) for some runs. Of a run's datasets the least value counts."""
    if field.kind == "attributes":
        return Sql(f"SELECT r.run_id, {column(field)} FROM runs AS r WHERE r.run_id IN ") + listed(run_ids)
    if field.kind == "datasets":
        start = Sql(f"SELECT t.run_id, MIN({column(field)}) FROM inputs AS t WHERE t.run_id IN ") + listed(run_ids)
        return start + Sql(" AND t.context <> ''" if field.key == "context" else "") + Sql(" GROUP BY t.run_id")
    start = Sql(f"SELECT t.run_id, {column(field)} FROM {table(field)} AS t WHERE t.run_id IN ") + listed(run_ids)
    return start + Sql(" AND t.key = ?", (field.key,))


def sort(found: list[Row], orders: Sequence[Order]) -> None:
    """Sort in place, by every column."""
    for place in range(len(orders) - 1, -1, -1):
        groups: tuple[list[Row], list[Row], list[Row]] = ([], [], [])
        for row in found:
            groups[row.rank[place][0]].append(row)
        groups[0].sort(key=lambda row: row.rank[place][1], reverse=orders[place].descending)
        found[:] = [row for group in groups for row in group]


def compare(left: Sequence[Ranked], right: Sequence[Ranked], orders: Sequence[Order]) -> int:
    """Negative if left comes first, positive if right does, 0 if they are the same."""
    for one, other, order in zip(left, right, orders, strict=True):
        if one == other:
            continue
        if one[0] != other[0]:
            return one[0] - other[0]
        less = one[1] < other[1]
        return -1 if less != order.descending else 1
    return 0
