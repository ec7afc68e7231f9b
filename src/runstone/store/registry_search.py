"""Searching the registry. There are few models beside runs: those that match are all sorted, then cut into pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import Connection

from runstone.contracts import RegistryQuery
from runstone.entities import PagedList
from runstone.entities.model_registry import ModelVersion, RegisteredModel
from runstone.errors import InvalidValue
from runstone.query import paging
from runstone.query.parser import parse_filter
from runstone.query.printer import order_text, to_text
from runstone.query.registry import (
    MODEL_VERSIONS,
    PROMPT_TAG,
    REGISTERED_MODELS,
    model_order,
    name_asked,
    prompts_wanted,
    version_order,
)
from runstone.query.tree import Node, Order, normalized

from .registry_read import RegistryReader
from .search_atoms import conjuncts, probe
from .search_rank import compare, packed, ranked, sort, unpacked
from .search_source import Source
from .search_sql import Sql, joined, rows

T = TypeVar("T")

_MODELS = Source(
    "registered_models",
    "model_key",
    {"name": "r.name", "creation_timestamp": "r.creation_time", "last_updated_timestamp": "r.last_update_time"},
    {"tags": "registered_model_tags"},
)
_VERSIONS = Source(
    "model_versions",
    "version_key",
    {
        "name": "(SELECT m.name FROM registered_models AS m WHERE m.model_key = r.model_key)",
        "version_number": "r.version",
        "run_id": "r.source_run",
        "source_path": "r.source",
        "current_stage": "r.stage",
        "model_id": "r.model_id",
        "user_id": "r.user_id",
        "status": "r.status",
        "creation_timestamp": "r.creation_time",
        "last_updated_timestamp": "r.last_update_time",
    },
    {"tags": "model_version_tags"},
)


def search_models(connection: Connection, query: RegistryQuery) -> PagedList[RegisteredModel]:
    """One page. Raises FilterError, InvalidValue."""
    tree = parse_filter(query.filter, REGISTERED_MODELS)
    return _search(connection, query, tree, model_order(query.order_by), _MODELS, RegistryReader(connection).models)


def search_versions(connection: Connection, query: RegistryQuery) -> PagedList[ModelVersion]:
    """One page. Raises FilterError, InvalidValue."""
    tree = parse_filter(query.filter, MODEL_VERSIONS)
    return _search(connection, query, tree, version_order(query.order_by), _VERSIONS, RegistryReader(connection).versions)


def _search(
    connection: Connection,
    query: RegistryQuery,
    tree: Node | None,
    orders: tuple[Order, ...],
    source: Source,
    load: Callable[[Sequence[str]], list[T]],
) -> PagedList[T]:
    if query.limit < 1:
        raise InvalidValue(f"Invalid value {query.limit} for parameter 'max_results' supplied: it must be a positive number.")
    mark = paging.fingerprint(source.table, to_text(tree), order_text(orders))
    found = ranked(connection, [row[0] for row in rows(connection, _matching(tree, source))], orders, source)
    sort(found, orders)
    if query.page_token:
        after = unpacked(paging.decode(query.page_token, mark).values, orders)
        found = [row for row in found if compare(row.rank, after, orders) > 0]
    page = found[: query.limit]
    token = paging.encode(paging.Place(mark, packed(page[-1].rank))) if page and len(found) > len(page) else None
    return PagedList(load([row.id for row in page]), token)


def _matching(tree: Node | None, source: Source) -> Sql:
    """A SELECT of the keys that match. A name that is asked for outright is found by its index."""
    prompts, rest = prompts_wanted(tree)
    tests = [_condition(one, source) for one in conjuncts(None if rest is None else normalized(rest))]
    if not prompts:
        tests.append(
            Sql(
                'NOT EXISTS (SELECT 1 FROM registered_model_tags AS p WHERE p.model_key = r.model_key AND p."key" = ? '
                "AND p.value = 'true')",
                (PROMPT_TAG,),
            )
        )
    select = Sql(f"SELECT r.{source.id} FROM {source.table} AS r WHERE ")
    return select + (joined(" AND ", tests) if tests else Sql("1 = 1"))


def _condition(node: Node, source: Source) -> Sql:
    name = name_asked(node)
    if name is None:
        return probe(node, source)
    return Sql("r.model_key = (SELECT m.model_key FROM registered_models AS m WHERE m.name = ?)", (name,))
