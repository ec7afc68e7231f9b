"""Searching runs: which match, in what order, one page or one window of them.

Four plans, chosen by what the indexes say about how many runs meet each condition:

- *few*: some condition is met by few runs; list those, test the rest, sort;
- *walk*: a good part of all runs match and the beginning is wanted; go down the order's own index and test on the way,
  within a budget;
- *sieve*: one condition is met by some, others by many; list the one, and test the others on its runs, in order;
- *sets*: list what each condition is met by, and take the intersection; then go down the order's index past the others.

Functions take a connection inside a transaction, so that all statements see one state of the store.
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from contextlib import suppress
from itertools import islice

from msgspec import Struct, structs
from sqlalchemy import Connection

from runstone.contracts import RunColumns, RunQuery, RunTable
from runstone.entities import PagedList, Run, ViewType
from runstone.errors import InvalidValue
from runstone.query import paging
from runstone.query.columns import parse_column
from runstone.query.order import run_order
from runstone.query.parser import parse_filter
from runstone.query.printer import order_text, to_text
from runstone.query.tree import And, Node, Order, normalized

from . import search_sieve as sieve
from .contexts import add_contexts
from .experiment_ids import numbers_of
from .search_atoms import by_pattern, listable, posting
from .search_columns import columns_of, read_columns
from .search_experiments import search_experiments
from .search_hydrate import Locate, hydrate
from .search_match import FEW, estimates, found_by
from .search_rank import Ranked, compare, packed, ranked, sort, unpacked
from .search_source import STAGES, Scope
from .search_sql import Sql, number, rows
from .search_table import read_table
from .search_tree import tree_window
from .search_walk import OverBudget, Walk, everybody, population
from .search_window import far

#: One row tested on the way costs about as much as this many listed.
TEST_COST = 10
#: Most rows a walk may look at before another plan is taken, beside what was foreseen.
SPARE = 4_000
#: A window behind so many rows is cut from a list of all runs in order.
DEEP = 5_000
#: Most runs that one page may have.
LIMIT_CAP = 50_000

__all__ = ["columns", "count_runs", "find_runs", "search_experiments", "search_runs", "table"]


class Search(Struct, frozen=True):
    """A query, read and checked. ``tree`` is normalized; ``after`` is where the page before ended."""

    scope: Scope
    tree: Node | None
    orders: tuple[Order, ...]
    limit: int
    offset: int
    fingerprint: bytes
    after: list[Ranked] | None = None


def read(query: RunQuery) -> Search:
    """Raises FilterError, InvalidValue."""
    if query.view not in STAGES:
        raise InvalidValue(f"view={query.view!r} is no view type; there are {', '.join(map(ViewType.to_string, STAGES))}.")
    if not 0 <= query.limit <= LIMIT_CAP:
        raise InvalidValue(f"limit={query.limit!r} must be between 0 and {LIMIT_CAP:,}. Ask for further pages instead.")
    if query.offset < 0:
        raise InvalidValue(f"offset={query.offset!r} must not be negative.")
    if query.offset and query.page_token:
        raise InvalidValue("offset and page_token cannot be given together; use one of them.")
    tree = parse_filter(query.filter)
    orders = run_order(query.order_by)
    numbers = numbers_of(query.experiment_ids)
    mark = paging.fingerprint(numbers, query.view, to_text(tree), order_text(orders))
    after = unpacked(paging.decode(query.page_token, mark).values, orders) if query.page_token else None
    scope = Scope(numbers, STAGES[query.view])
    return Search(scope, normalized(tree) if tree is not None else None, orders, query.limit, query.offset, mark, after)


def search_runs(connection: Connection, query: RunQuery, locate: Locate) -> PagedList[Run]:
    """One page of whole runs; ``locate`` tells where artifacts are."""
    search = read(query)
    found = window(connection, search, search.limit + 1)
    page = found[: search.limit]
    token = None
    if len(found) > len(page) and page:
        last = ranked(connection, page[-1:], search.orders)[0]
        token = paging.encode(paging.Place(search.fingerprint, packed(last.rank)))
    runs = hydrate(connection, page, locate, "last")
    add_contexts(connection, runs)
    return PagedList(runs, token)


def table(connection: Connection, query: RunQuery, columns: Sequence[str] = ()) -> RunTable:
    """A window of the runs that match, with the columns asked for. Raises as :func:`read`, and FilterError for a column."""
    if query.page_token:
        raise InvalidValue("A table is read by offset and limit; page_token is for search_runs.")
    search = read(query)
    fields = [parse_column(name) for name in columns]
    total = count(connection, search.scope, None)
    if query.nested:
        return _nested(connection, query, search, columns, total)
    # reading every text to count, to choose a plan and to find a window would be three times the same
    if search.tree is None or (listable(search.tree) and not by_pattern(search.tree)):
        matched = total if search.tree is None else count(connection, search.scope, search.tree)
        run_ids = window(connection, search, search.limit)
    else:
        found = found_by(connection, search.scope, search.tree) if total else set()
        matched = len(found)
        run_ids = pick(connection, search, found, search.limit) if found else []
    return read_table(connection, run_ids, columns, fields, total, matched, search.offset)


def _nested(connection: Connection, query: RunQuery, search: Search, columns: Sequence[str], total: int) -> RunTable:
    def among(found: Set[str], offset: int, limit: int) -> list[str]:
        return pick(connection, structs.replace(search, offset=offset, limit=limit), found, limit) if found else []

    span = (search.offset, search.offset + search.limit)
    seen = tree_window(connection, search.scope, search.tree, search.orders, query.opened, span, among)
    fields = [parse_column(name) for name in columns]
    plain = read_table(connection, seen.run_ids, columns, fields, total, seen.matched, search.offset)
    return structs.replace(plain, rows=seen.rows, depth=seen.depth, children=seen.children)


def columns(connection: Connection, query: RunQuery, names: Sequence[str] = ()) -> RunColumns:
    """Columns of all runs that match. Raises as :func:`read`, and FilterError for a column."""
    search = read(query)
    fields = [parse_column(name) for name in names]
    if not search.scope.experiments or search.tree is None:
        return read_columns(connection, search.scope, None, fields)
    found = found_by(connection, search.scope, search.tree)
    if len(found) > FEW:
        return read_columns(connection, search.scope, found, fields)
    run_ids = pick(connection, Search(search.scope, None, search.orders, FEW, 0, b""), found, FEW)
    columns = columns_of(connection, run_ids, list(dict.fromkeys(fields)))
    return RunColumns(run_ids, [columns[field] for field in fields])


def count_runs(connection: Connection, query: RunQuery) -> int:
    """How many runs match."""
    search = read(query)
    return count(connection, search.scope, search.tree)


def count(connection: Connection, scope: Scope, tree: Node | None) -> int:
    """How many runs in scope match."""
    if not scope.experiments:
        return 0
    if tree is None:
        return everybody(connection, scope)
    select = posting(tree, scope) if listable(tree) else None
    if select is not None:
        return number(connection, Sql("SELECT COUNT(*) FROM (") + select + Sql(") AS found"))
    return len(found_by(connection, scope, tree))


def window(connection: Connection, search: Search, limit: int) -> list[str]:
    """The ids of the runs of a page or window, in order."""
    scope, tree = search.scope, search.tree
    if not scope.experiments or not limit:
        return []
    if tree is None:
        return _slice(connection, search, limit)
    total = population(connection, scope)
    foreseen = estimates(connection, scope, tree, total)
    if foreseen[0].runs > FEW:
        share = math.prod(min(1.0, estimate.runs / total) for estimate in foreseen)
        wanted = search.offset + limit
        steps = wanted / max(share, 1e-9)
        listing = sum(estimate.runs for estimate in foreseen)
        sifting = sieve.cost(foreseen, wanted, total, TEST_COST)
        if sifting < min(listing, steps * TEST_COST):
            first, *rest = foreseen
            inside = found_by(connection, scope, first.node)
            found = sieve.sieved(connection, scope, search.orders, search.after, inside, rest, wanted, total)
            return found[search.offset :]
        if steps * TEST_COST < listing:
            rarest_first = And(tuple(estimate.node for estimate in foreseen))
            walk = Walk(connection, scope, wanted, rarest_first, max(0, int(steps * 2) + SPARE))
            with suppress(OverBudget):
                return list(islice(walk.run_ids(search.orders, search.after), search.offset, wanted))
    return pick(connection, search, found_by(connection, scope, tree, foreseen), limit)


def pick(connection: Connection, search: Search, found: Set[str], limit: int) -> list[str]:
    """The window of the runs ``found``, in order."""
    if len(found) > FEW:
        return _slice(connection, search, limit, found)
    sorted_ = ranked(connection, sorted(found), search.orders)
    sort(sorted_, search.orders)
    if search.after is not None:
        after = search.after
        sorted_ = [row for row in sorted_ if compare(row.rank, after, search.orders) > 0]
    return [row.id for row in sorted_[search.offset : search.offset + limit]]


def find_runs(connection: Connection, prefix: str, limit: int = 10) -> Sequence[str]:
    """Ids of runs that begin with ``prefix``, in order."""
    beyond = prefix + "\U0010ffff"
    select = Sql("SELECT run_id FROM runs WHERE run_id >= ? AND run_id < ? ORDER BY run_id LIMIT ?", (prefix, beyond, limit))
    return [row[0] for row in rows(connection, select)]


def _slice(connection: Connection, search: Search, limit: int, inside: Set[str] | None = None) -> list[str]:
    end = search.offset + limit
    if search.after is None and search.offset:
        share = 1.0 if inside is None else max(1, len(inside)) / population(connection, search.scope)
        if end / share > DEEP:
            found = far(connection, search.scope, search.orders, inside, search.offset, end)
            if found is not None:
                return found
    return list(islice(Walk(connection, search.scope, end).run_ids(search.orders, search.after, inside), search.offset, end))
