"""All runs that meet a filter, as a set: each condition's runs listed from its index, then set algebra.

Listing costs little per run that meets a condition, testing a run at hand costs some twenty times that: so conditions
are listed from the rarest on, and once few runs are left the rest is tested.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from typing import TypeGuard

from msgspec import Struct
from sqlalchemy import Connection

from runstone.query.tree import And, Node, Or, Presence

from .search_atoms import conjuncts, indexed, posting
from .search_memory import remembered, weight_of_ids
from .search_source import Scope
from .search_sql import Sql, ids, number
from .search_walk import passing, population

#: Matches are counted up to here to choose a plan.
COUNT_CAP = 10_000
#: So few runs are tested rather than listed.
FEW = 1_000


class Estimate(Struct, frozen=True):
    """How many runs meet a condition, exact below COUNT_CAP when ``known``."""

    node: Node
    runs: int
    known: bool


def everything(connection: Connection, scope: Scope) -> set[str]:
    """Every run in scope."""
    return set(ids(connection, Sql("SELECT r.run_id FROM runs AS r WHERE ") + scope.runs()))


def estimates(connection: Connection, scope: Scope, tree: Node, total: int) -> list[Estimate]:
    """Of each condition that must hold, the rarest first. Once one is found to be rare, no more is counted."""
    found = [_estimate(connection, scope, node, total, FEW + 1) for node in conjuncts(tree)]
    if not any(estimate.known for estimate in found):
        found = [_estimate(connection, scope, node, total, COUNT_CAP) for node in conjuncts(tree)]
    return sorted(found, key=lambda estimate: (estimate.runs, not estimate.known))


def _estimate(connection: Connection, scope: Scope, node: Node, total: int, cap: int) -> Estimate:
    if isinstance(node, Or):
        parts = [_estimate(connection, scope, item, total, FEW + 1) for item in node.items]
        rare = all(part.known for part in parts)
        return Estimate(node, sum(part.runs for part in parts) if rare else max(cap, total // 2), rare)
    if isinstance(node, And) or not indexed(node):
        return Estimate(node, max(cap, total // 3), False)
    select = posting(node, scope)
    assert select is not None
    counted = Sql("SELECT COUNT(*) FROM (") + select + Sql(" LIMIT ?) AS matches", (cap,))
    runs = number(connection, counted)
    return Estimate(node, runs if runs < cap else max(cap, total // 2), runs < cap)


#: As so many ids an answer weighs by itself.
_LEAST = 40


def found_by(connection: Connection, scope: Scope, tree: Node, foreseen: Sequence[Estimate] | None = None) -> Set[str]:
    """As :func:`matching`, remembered; nobody may change it. ``foreseen`` saves estimating again."""

    def find() -> Set[str]:
        if foreseen is None:
            return matching(connection, scope, tree)
        return _all_of(connection, scope, [estimate.node for estimate in foreseen])

    # few runs too: a page asks for its rows, the best of them and what they have in common
    return remembered(connection, ("found", scope, tree), find, lambda found: weight_of_ids(len(found) + _LEAST, 0))


def matching(connection: Connection, scope: Scope, tree: Node) -> set[str]:
    """The runs in scope that a normalized tree is true for."""
    if isinstance(tree, And):
        order = estimates(connection, scope, tree, population(connection, scope))
        return _all_of(connection, scope, [estimate.node for estimate in order])
    if isinstance(tree, Or):
        return set().union(*(matching(connection, scope, item) for item in tree.items))
    if _absence(tree):
        return everything(connection, scope) - matching(connection, scope, Presence(tree.field, True))
    return set(_listed(connection, scope, tree))


def _listed(connection: Connection, scope: Scope, node: Node) -> Collection[str]:
    select = None if isinstance(node, And | Or) else posting(node, scope)
    return matching(connection, scope, node) if select is None else ids(connection, select)


def _all_of(connection: Connection, scope: Scope, nodes: Sequence[Node]) -> set[str]:
    first = next((node for node in nodes if not _absence(node)), None)
    found = matching(connection, scope, first) if first is not None else everything(connection, scope)
    rest = [node for node in nodes if node is not first]
    for place, node in enumerate(rest):
        if len(found) <= FEW:
            return passing(connection, list(found), And(tuple(rest[place:])))
        if _absence(node):
            found.difference_update(_listed(connection, scope, Presence(node.field, True)))
        else:
            found.intersection_update(_listed(connection, scope, node))
    return found


def _absence(node: Node) -> TypeGuard[Presence]:
    return isinstance(node, Presence) and not node.present and node.field.kind != "attributes"
