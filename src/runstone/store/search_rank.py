"""The order of runs: their values in each column of it, sorting, and whether one comes after another.

A value is ``(0, value)``; ``(1, None)`` is NaN and ``(2, None)`` a run without the field. Both come last, in this order,
whatever the direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeAlias

from msgspec import Struct
from sqlalchemy import Connection

from runstone.errors import InvalidValue
from runstone.query.tree import Field, Order

from .search_source import RUNS, Source, knows_nan, order_column
from .search_sql import Sql, batches, listed, rows

Ranked: TypeAlias = "tuple[int, Any]"
NAN: Ranked = (1, None)
MISSING: Ranked = (2, None)


class Row(Struct):
    """A run (or experiment) and its value in each column of an order."""

    id: Any
    rank: list[Ranked]


def ranked(connection: Connection, ids: Sequence[Any], orders: Sequence[Order], source: Source = RUNS) -> list[Row]:
    """These with their values, in the order given."""
    columns = [values(connection, ids, order.field, source) for order in orders]
    return [Row(one, [known.get(one, MISSING) for known in columns]) for one in ids]


def values(connection: Connection, ids: Sequence[Any], field: Field, source: Source = RUNS) -> dict[Any, Ranked]:
    """The field's value of each that has it."""
    if field.kind == "attributes" and field.key == source.id:
        return {one: (0, one) for one in ids}
    found: dict[Any, Ranked] = {}
    nan = knows_nan(field)
    for part in batches(ids):
        for one, value in rows(connection, _value_sql(field, part, source)):
            if value is not None:
                found[one] = (0, value)
            elif nan:
                found[one] = NAN
    return found


def _value_sql(field: Field, ids: Sequence[Any], source: Source) -> Sql:
    """A SELECT of (id, value) for some. Of a run's datasets the least value counts."""
    name = order_column(field, source)
    if field.kind == "attributes":
        return Sql(f"SELECT r.{source.id}, {name} FROM {source.table} AS r WHERE r.{source.id} IN ") + listed(ids)
    table = source.tables[field.kind]
    if field.kind == "datasets":
        start = Sql(f"SELECT t.run_id, MIN({name}) FROM {table} AS t WHERE t.run_id IN ") + listed(ids)
        return start + Sql(" AND t.context <> ''" if field.key == "context" else "") + Sql(" GROUP BY t.run_id")
    start = Sql(f"SELECT t.{source.id}, {name} FROM {table} AS t WHERE t.{source.id} IN ") + listed(ids)
    return start + Sql(" AND t.key = ?", (field.key,))


def sort(found: list[Row], orders: Sequence[Order]) -> None:
    """Sort in place, by every column."""
    for place in range(len(orders) - 1, -1, -1):
        groups: tuple[list[Row], list[Row], list[Row]] = ([], [], [])
        for row in found:
            groups[row.rank[place][0]].append(row)
        groups[0].sort(key=partial(_value, place), reverse=orders[place].descending)
        found[:] = [row for group in groups for row in group]


def _value(place: int, row: Row) -> Any:
    return row.rank[place][1]


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


def packed(rank: Sequence[Ranked]) -> list[list[Any]]:
    """For a page token."""
    return [[] if kind == 2 else [None] if kind == 1 else [value] for kind, value in rank]


def unpacked(found: Sequence[Sequence[Any]], orders: Sequence[Order]) -> list[Ranked]:
    """From a page token. Raises InvalidValue for one that does not fit the order."""
    if len(found) != len(orders):
        raise InvalidValue("page_token does not fit this search. Pass the token of the page before, unchanged.")
    return [MISSING if not value else NAN if value[0] is None else (0, value[0]) for value in found]
