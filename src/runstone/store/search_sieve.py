"""The plan for a condition that some runs meet, beside others that many meet: list the first, test the others on those.

A walk along the order's index that tests each row pays for every run on the way. Here the way itself is nearly free, since
a set tells what is not wanted; only what is left of it is tested.
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from itertools import islice

from sqlalchemy import Connection

from runstone.query.tree import And, Node, Order

from .search_match import Estimate
from .search_rank import Ranked
from .search_source import Scope
from .search_walk import Walk, passing

#: Passing by one row costs about as much as listing this many.
STEP_COST = 4
#: Runs that are tested together, at least.
LEAST = 64


def cost(foreseen: Sequence[Estimate], wanted: int, total: int, test_cost: int) -> float:
    """What it takes to find the first ``wanted`` of ``total`` runs, in runs listed; infinite where it cannot be told."""
    first, *rest = foreseen
    if not first.known:
        return math.inf
    tested = wanted / _share(rest, total) if rest else 0
    steps = wanted / _share(foreseen, total)
    return first.runs + min(steps, total) * STEP_COST + min(tested, first.runs) * test_cost


def sieved(
    connection: Connection,
    scope: Scope,
    orders: Sequence[Order],
    after: Sequence[Ranked] | None,
    inside: Set[str],
    rest: Sequence[Estimate],
    wanted: int,
    total: int,
) -> list[str]:
    """The first ``wanted`` runs in order, behind ``after``: of those ``inside`` that meet the rest."""
    share = _share(rest, total)
    steps = wanted / max(share * len(inside) / total, 1e-9)
    source = Walk(connection, scope, math.ceil(min(steps, 2_000))).run_ids(orders, after, inside)
    if not rest:
        return list(islice(source, wanted))
    test: Node = And(tuple(estimate.node for estimate in rest))
    found: list[str] = []
    while len(found) < wanted:
        size = max(LEAST, math.ceil(min((wanted - len(found)) * 1.2 / share, len(inside))))
        part = list(islice(source, size))
        passed = passing(connection, part, test) if part else set()
        found += [run_id for run_id in part if run_id in passed]
        if len(part) < size:
            break
    return found[:wanted]


def _share(foreseen: Sequence[Estimate], total: int) -> float:
    return max(math.prod(min(1.0, estimate.runs / total) for estimate in foreseen), 1e-9)
