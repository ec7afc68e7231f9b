"""Searching experiments. There are few of them beside runs: those that match are all sorted, then cut into pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from runstone.contracts import ExperimentQuery
from runstone.entities import Experiment, PagedList, ViewType
from runstone.errors import InvalidValue
from runstone.query import paging
from runstone.query.order import experiment_order
from runstone.query.parser import parse_filter
from runstone.query.printer import order_text, to_text
from runstone.query.tree import normalized
from runstone.query.vocabulary import EXPERIMENTS as WORDS

from .search_atoms import probe
from .search_rank import compare, packed, ranked, sort, unpacked
from .search_source import EXPERIMENTS, STAGES
from .search_sql import Sql, one_of, rows


def search_experiments(
    connection: Connection, query: ExperimentQuery, load: Callable[[Sequence[int]], Sequence[Experiment]]
) -> PagedList[Experiment]:
    """One page; ``load`` reads experiments by their numbers, in order. Raises FilterError, InvalidValue."""
    if query.view not in STAGES:
        raise InvalidValue(f"view={query.view!r} is no view type; there are {', '.join(map(ViewType.to_string, STAGES))}.")
    if query.limit < 0:
        raise InvalidValue(f"limit={query.limit!r} must not be negative.")
    tree = parse_filter(query.filter, WORDS)
    orders = experiment_order(query.order_by)
    mark = paging.fingerprint("experiments", query.view, to_text(tree), order_text(orders))
    select = Sql("SELECT r.experiment_id FROM experiments AS r WHERE ") + one_of("r.lifecycle_stage", STAGES[query.view])
    if tree is not None:
        select += Sql(" AND ") + probe(normalized(tree), EXPERIMENTS)
    found = ranked(connection, [row[0] for row in rows(connection, select)], orders, EXPERIMENTS)
    sort(found, orders)
    if query.page_token:
        after = unpacked(paging.decode(query.page_token, mark).values, orders)
        found = [row for row in found if compare(row.rank, after, orders) > 0]
    page = found[: query.limit]
    token = paging.encode(paging.Place(mark, packed(page[-1].rank))) if page and len(found) > len(page) else None
    return PagedList(load([row.id for row in page]), token)
