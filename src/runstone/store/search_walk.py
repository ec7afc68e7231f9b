"""Runs in order, one after the other, for as long as somebody asks: read along an index, tested on the way.

The walk goes down the first column of the order. Runs that are equal there are sorted by the other columns; when a
great many are equal, a second walk along the next column goes through just those. After the values come the runs where
the column is NaN, then those that have no value, each again a walk along the other columns.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence, Set
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from runstone.query.tree import Comparison, Field, Node, Order, Presence, fields

from .dialects import SAME_ORDER
from .key_counts import STATUS
from .search_atoms import posting, probe
from .search_rank import Ranked, compare, ranked, sort
from .search_source import RUNS, Scope, knows_nan, order_column
from .search_sql import Sql, batches, ids, joined, listed, number, one_of, rows, stream
from .tables import INDEXED_CHARACTERS

#: More equal values than this in a row are walked along the next column instead of sorted.
TIES = 1_000
#: Up to so many places are read side by side; more are sorted by the database.
STREAMS = 32

_START = Field("attributes", "start_time")
_RUN_ID = Field("attributes", "run_id")
_EXPERIMENT = Field("attributes", "experiment_id")

_NOTHING = object()
_ANY = 2**62


class OverBudget(Exception):
    """More rows were looked at than the plan allowed."""


class Walk:
    """One walk, and the walks inside it.

    Args:
        page: how many runs will be taken first.
        tree: a normalized filter that the database tests row by row; ``None`` for none.
        budget: how many rows it may look at in one go along an index before OverBudget is raised.
    """

    def __init__(
        self, connection: Connection, scope: Scope, page: int = 64, tree: Node | None = None, budget: int = _ANY
    ) -> None:
        self.connection, self.scope, self.page, self.tree, self.budget = connection, scope, page, tree, budget

    def run_ids(
        self,
        orders: Sequence[Order],
        after: Sequence[Ranked] | None = None,
        inside: Set[str] | None = None,
        outside: Set[str] = frozenset(),
    ) -> Iterator[str]:
        """Runs in order, beginning behind ``after``: of those ``inside`` (all for ``None``) and not ``outside``."""
        first, rest = orders[0], orders[1:]
        begin = after[0][0] if after is not None else 0
        if begin == 0:
            yield from self._with_value(orders, after, inside, outside)
        if not rest:
            return
        behind = after[1:] if after is not None else None
        if knows_nan(first.field) and begin <= 1:
            nans = self._having(Comparison(first.field, "=", math.nan), inside)
            yield from self.run_ids(rest, behind if begin == 1 else None, nans, outside) if nans else ()
        there = self._having(Presence(first.field, True), None)
        if inside is None or not inside <= there:
            yield from self.run_ids(rest, behind if begin == 2 else None, inside, outside | there)

    def _having(self, atom: Node, inside: Set[str] | None) -> Set[str]:
        select = posting(atom, self.scope)
        assert select is not None
        found = set(ids(self.connection, select))
        return found if inside is None else found & inside

    def _with_value(
        self, orders: Sequence[Order], after: Sequence[Ranked] | None, inside: Set[str] | None, outside: Set[str]
    ) -> Iterator[str]:
        """The runs that have a value in the first column."""
        first, rest = orders[0], orders[1:]
        edge = shown(first.field, after[0][1]) if after is not None else None
        source = merged(self.connection, self.scope, first, edge, self.tree, self.budget)
        total = whole(orders)
        held: list[Any] = []
        size, gone = self.page + 1, _NOTHING
        while part := list(islice(source, size)):
            size = max(size, min(size * 2, 2_000))
            last = part[-1][0]
            fresh = part if gone is _NOTHING else [pair for pair in part if pair[0] != gone]
            held += _wanted(fresh, inside, outside)
            ready = held if total else _before(held, last)
            held = held[len(ready) :]
            yield from self._sorted(ready, orders, after, edge, total)
            if len(held) > TIES and not _cut(first.field, last):
                # a filter compares the ids of experiments as texts, though they are ordered as numbers
                value = str(last) if first.field == _EXPERIMENT else last
                same = self._having(Comparison(first.field, "=", value), inside)
                behind = after[1:] if after is not None and edge == last else None
                yield from self.run_ids(rest, behind, same, outside)
                held, gone = [], last
        yield from self._sorted(held, orders, after, edge, total)
        if self.tree is not None and self.budget < population(self.connection, self.scope):
            raise OverBudget  # or at the end: who knows

    def _sorted(
        self, pairs: Sequence[Any], orders: Sequence[Order], after: Sequence[Ranked] | None, edge: Any, total: bool
    ) -> Iterator[str]:
        """The runs of (value, run id) pairs, whose values are in order, with equal ones sorted by the other columns."""
        if after is None and total:
            yield from (pair[1] for pair in pairs)
            return
        equal = [group for group in _groups(pairs) if self._unsettled(group, orders, after, edge, total)]
        rows = {row.id: row for row in ranked(self.connection, [pair[1] for group in equal for pair in group], orders)}
        for group in _groups(pairs):
            if group[0][1] not in rows:
                yield from (pair[1] for pair in group)
                continue
            tied = [rows[pair[1]] for pair in group]
            sort(tied, orders)
            yield from (row.id for row in tied if after is None or compare(row.rank, after, orders) > 0)

    def _unsettled(
        self, group: Sequence[Any], orders: Sequence[Order], after: Sequence[Ranked] | None, edge: Any, total: bool
    ) -> bool:
        value = group[0][0]
        return (len(group) > 1 and not total) or (after is not None and value == edge)


def _wanted(pairs: Sequence[Any], inside: Set[str] | None, outside: Set[str]) -> Sequence[Any]:
    """The (value, run id) pairs of runs that are inside and not outside."""
    if inside is not None:
        pairs = [pair for pair in pairs if pair[1] in inside]
    if outside:
        pairs = [pair for pair in pairs if pair[1] not in outside]
    return pairs


def population(connection: Connection, scope: Scope) -> int:
    """About how many runs are in scope, at no cost; never too few."""
    counted = Sql("SELECT SUM(next_ordinal) FROM experiments WHERE ") + one_of("experiment_id", scope.experiments)
    return max(1, number(connection, counted))


def everybody(connection: Connection, scope: Scope) -> int:
    """How many runs are in scope."""
    counted = Sql("SELECT SUM(runs) FROM key_counts WHERE kind = ? AND ", (STATUS,))
    return number(connection, counted + one_of("place", scope.places))


def passing(connection: Connection, run_ids: Sequence[str], tree: Node) -> set[str]:
    """Those of some runs that a normalized tree is true for."""
    found: set[str] = set()
    for part in batches(run_ids):
        test = Sql("SELECT r.run_id FROM runs AS r WHERE r.run_id IN ") + listed(part) + Sql(" AND ") + probe(tree)
        found.update(row[0] for row in rows(connection, test))
    return found


def merged(
    connection: Connection, scope: Scope, order: Order, start: Any = None, tree: Node | None = None, budget: int = _ANY
) -> Iterator[Any]:
    """(value, run id) of every run in scope that has a value (and meets ``tree``), in order of the value from ``start`` on.

    Of params and tags the value is its head only. With start_time, equal ones are in order of their ids. With a tree, at
    most ``budget`` rows of each experiment are looked at.
    """
    parts = _parts(scope, order.field)
    groups = [parts] if len(parts) > STREAMS else [[part] for part in parts]
    sources = [stream(connection, _tested(_stream(group, order, start), tree, budget, order.descending)) for group in groups]
    if len(sources) == 1:
        return sources[0]
    if order.field == _START:
        turn = -1 if order.descending else 1
        return heapq.merge(*sources, key=lambda pair: (turn * pair[0], pair[1]))
    return heapq.merge(*sources, key=lambda pair: pair[0], reverse=order.descending)


def _tested(source: Sql, tree: Node | None, budget: int, descending: bool) -> Sql:
    """The rows of a stream that meet the tree, tested as they come by. The limit keeps them in their order."""
    if tree is None:
        return source
    limited = Sql("(") + source + Sql(" LIMIT ?) AS ", (budget,))
    if any(field.kind == "attributes" for field in fields(tree)):
        rows_ = Sql("SELECT w.value, r.run_id FROM ") + limited + Sql("w CROSS JOIN runs AS r ON r.run_id = w.run_id")
    else:
        rows_ = Sql("SELECT r.value, r.run_id FROM ") + limited + Sql("r")
    return rows_ + Sql(" WHERE ") + probe(tree) + Sql(SAME_ORDER[descending])


def ordered(scope: Scope, order: Order) -> Sql:
    """A SELECT of the runs in scope that have a value, in its order (of a param's or tag's value, its head's)."""
    # the limit keeps the order from being lost inside another SELECT
    return Sql("SELECT run_id FROM (") + _stream(_parts(scope, order.field), order, None) + Sql(" LIMIT ?) AS sorted", (_ANY,))


def whole(orders: Sequence[Order]) -> bool:
    """Whether the stream of the first column is in the order of all of them."""
    return len(orders) == 1 or (orders[0].field == _START and orders[1] == Order(_RUN_ID))


def _parts(scope: Scope, field: Field) -> list[Any]:
    if field.kind == "attributes":
        return [(number, stage) for number in scope.experiments for stage in scope.stages]
    return list(scope.places)


def _stream(parts: list[Any], order: Order, start: Any) -> Sql:
    field = order.field
    way, sign = (" DESC", "<=") if order.descending else ("", ">=")
    if field.kind == "attributes":
        name = order_column(field)
        where = Scope(tuple({part[0] for part in parts}), tuple({part[1] for part in parts})).runs()
        head = Sql(f"SELECT {name} AS value, r.run_id FROM runs AS r WHERE ") + where
    elif field.kind == "datasets":
        name = f"MIN({order_column(field)})"
        return _dataset_stream(parts, field, name, start, way)
    else:
        name = "t.head" if field.kind in ("params", "tags") else order_column(field)
        where = joined(" AND ", [one_of("t.place", parts), Sql("t.key = ?", (field.key,))])
        head = Sql(f"SELECT {name} AS value, t.run_id FROM {RUNS.tables[field.kind]} AS t WHERE ") + where
    if start is not None:
        head += Sql(f" AND {name} {sign} ?", (start,))
    else:
        head += Sql(f" AND {name} IS NOT NULL")
    tail = ", r.run_id" if field == _START else ""
    return head + Sql(f" ORDER BY {name}{way}{tail}")


def _dataset_stream(places: list[Any], field: Field, name: str, start: Any, way: str) -> Sql:
    used = " AND t.context <> ''" if field.key == "context" else ""
    active = [number for number in places if number >= 0]
    deleted = [~number for number in places if number < 0]
    where = joined(
        " OR ",
        [
            Sql("(") + Scope(tuple(numbers), (stage,)).runs() + Sql(")")
            for numbers, stage in ((active, "active"), (deleted, "deleted"))
            if numbers
        ],
    )
    source = f"inputs AS t CROSS JOIN runs AS r ON r.run_id = t.run_id{used}"
    grouped = Sql(f"SELECT {name} AS value, r.run_id FROM {source} WHERE ") + where + Sql(" GROUP BY r.run_id")
    if start is not None:
        grouped += Sql(f" HAVING {name} {'<=' if way else '>='} ?", (start,))
    return grouped + Sql(f" ORDER BY 1{way}")


def _groups(pairs: Sequence[Any]) -> Iterator[Sequence[Any]]:
    at = 0
    while at < len(pairs):
        end = at + 1
        while end < len(pairs) and pairs[end][0] == pairs[at][0]:
            end += 1
        yield pairs[at:end]
        at = end


def _before(pairs: Sequence[Any], last: Any) -> Sequence[Any]:
    """The pairs before those whose value is ``last``."""
    end = len(pairs)
    while end and pairs[end - 1][0] == last:
        end -= 1
    return pairs[:end]


def shown(field: Field, value: Any) -> Any:
    """What the stream shows of a value."""
    return value[:INDEXED_CHARACTERS] if field.kind in ("params", "tags") and value is not None else value


def _cut(field: Field, value: Any) -> bool:
    """Whether equal in the stream is not surely the same: only the beginning of a text, or the least of several."""
    return field.kind == "datasets" or (field.kind in ("params", "tags") and len(value) >= INDEXED_CHARACTERS)
