"""Runs as a tree: those on top in order, and below each opened one its children, cut to a window.

A run stands on top when no parent of it matches: its own row then keeps it findable. Runs that are each other's parents,
which only a mistaken client writes, hang from the one with the least id.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence, Set
from itertools import islice
from typing import TypeAlias

from msgspec import Struct
from sqlalchemy import Connection

from runstone.query.tree import Node, Order

from .search_match import FEW, everything, found_by
from .search_memory import ID_BYTES, remembered, weight_of_ids
from .search_source import Scope
from .search_sql import Sql, rows
from .search_walk import Walk

#: Among the runs that are opened: every run; the others are then those that are not.
ALL = "*"

#: ``pick(among, offset, limit)``: a window of some runs, in order.
Pick: TypeAlias = "Callable[[Set[str], int, int], list[str]]"


class Family(Struct, frozen=True):
    """The runs that match, by their places in the tree."""

    matched: int
    tops: Set[str]
    children: dict[str, list[str]]


class TreeWindow(Struct, frozen=True):
    """``rows`` counts all rows of the tree as it is opened; ``depth`` and ``children`` belong to ``run_ids``."""

    matched: int
    rows: int
    run_ids: list[str]
    depth: list[int]
    children: list[int]


def tree_window(
    connection: Connection,
    scope: Scope,
    tree: Node | None,
    orders: Sequence[Order],
    opened: Collection[str],
    span: tuple[int, int],
    pick: Pick,
) -> TreeWindow:
    """Rows ``span[0]`` to ``span[1]`` of the tree of the runs that meet ``tree``, with the children of those ``opened``."""
    family = remembered(
        connection,
        ("family", scope, tree),
        lambda: _family(connection, scope, tree),
        lambda found: weight_of_ids(2 * found.matched, FEW),
    )
    opened = family.children.keys() - set(opened) if ALL in opened else set(opened)
    below = {run_id: _below(run_id, family, opened) for run_id in opened & family.tops}
    below = {run_id: count for run_id, count in below.items() if count}
    start, end = span
    first, skipped = _first(_places(connection, scope, tree, orders, family, set(below), pick), below, start)
    tops = pick(family.tops, first, end - start)
    shown = islice(_rows(tops, 0, family, opened, pick), skipped, skipped + end - start)
    found = list(shown)
    run_ids = [run_id for run_id, _ in found]
    return TreeWindow(
        family.matched,
        len(family.tops) + sum(below.values()),
        run_ids,
        [depth for _, depth in found],
        [len(family.children.get(run_id, ())) for run_id in run_ids],
    )


def _family(connection: Connection, scope: Scope, tree: Node | None) -> Family:
    if not scope.experiments:
        return Family(0, frozenset(), {})
    found = everything(connection, scope) if tree is None else found_by(connection, scope, tree)
    linked = Sql("SELECT r.run_id, r.parent_run_id FROM runs AS r WHERE ") + scope.runs()
    parents: dict[str, str] = {}
    children: dict[str, list[str]] = {}
    for run_id, parent in rows(connection, linked + Sql(" AND r.parent_run_id IS NOT NULL")):
        if run_id in found and parent in found and run_id != parent:
            parents[run_id] = parent
            children.setdefault(parent, []).append(run_id)
    tops = set(found - parents.keys())
    _cut_circles(tops, parents, children)
    return Family(len(found), tops, children)


def _cut_circles(tops: set[str], parents: dict[str, str], children: dict[str, list[str]]) -> None:
    """Let every run be reached from a top."""
    waiting = [run_id for run_id in tops if run_id in children]
    lost = dict.fromkeys(sorted(parents))
    while True:
        while waiting:
            for child in children.get(waiting.pop(), ()):
                lost.pop(child, None)
                waiting.append(child)
        if not lost:
            return
        first = next(iter(lost))
        del lost[first]
        children[parents[first]].remove(first)
        tops.add(first)
        waiting.append(first)


def _below(run_id: str, family: Family, opened: Set[str]) -> int:
    """How many rows an opened run has below it."""
    count, waiting = 0, [run_id]
    while waiting:
        below = family.children.get(waiting.pop(), ())
        count += len(below)
        waiting += [child for child in below if child in opened]
    return count


def _places(
    connection: Connection,
    scope: Scope,
    tree: Node | None,
    orders: Sequence[Order],
    family: Family,
    wanted: Set[str],
    pick: Pick,
) -> dict[str, int]:
    """Where in the order of those on top some of them are."""
    if not wanted:
        return {}

    def find() -> dict[str, int]:
        small = len(family.tops) <= FEW
        walk: Iterator[str] = iter(
            pick(family.tops, 0, FEW) if small else Walk(connection, scope).run_ids(orders, None, family.tops)
        )
        places: dict[str, int] = {}
        for place, run_id in enumerate(walk):
            if run_id in wanted:
                places[run_id] = place
                if len(places) == len(wanted):
                    break
        return places

    question = ("places", scope, tree, tuple(orders), frozenset(wanted))
    return remembered(connection, question, find, lambda found: ID_BYTES * len(found) if max(found.values()) > FEW else 0)


def _first(places: dict[str, int], below: dict[str, int], start: int) -> tuple[int, int]:
    """Which run on top begins a window at row ``start``, and how many rows of its own to leave out."""
    extra = 0
    for run_id, place in sorted(places.items(), key=lambda pair: pair[1]):
        row = place + extra
        if row >= start:
            break
        if start <= row + below[run_id]:
            return place, start - row
        extra += below[run_id]
    return start - extra, 0


def _rows(run_ids: Sequence[str], depth: int, family: Family, opened: Set[str], pick: Pick) -> Iterator[tuple[str, int]]:
    for run_id in run_ids:
        yield run_id, depth
        below = family.children.get(run_id)
        if below and run_id in opened:
            yield from _rows(pick(set(below), 0, len(below)), depth + 1, family, opened, pick)
