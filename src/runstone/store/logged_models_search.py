"""Searching logged models. There are few of them beside runs: those that match are all sorted, then cut into pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from runstone.contracts import LoggedModelQuery
from runstone.entities import PagedList
from runstone.entities.logged_models import LoggedModel
from runstone.errors import InvalidValue
from runstone.query import paging
from runstone.query.logged_models import LOGGED_MODELS, model_order
from runstone.query.parser import parse_filter
from runstone.query.printer import order_text, to_text
from runstone.query.tree import Comparison, Field, Node, Order, fields, normalized

from .logged_models_read import LoggedModelReader
from .places import Places
from .search_atoms import conjuncts, probe
from .search_rank import MISSING, NAN, Ranked, Row, compare, packed, sort, unpacked, values
from .search_source import Source
from .search_sql import Sql, batches, joined, listed, one_of, rows
from .work import experiment_number

_MODELS = Source(
    "logged_models",
    "model_id",
    {
        "name": "r.name",
        "model_id": "r.model_id",
        "model_type": "r.model_type",
        "status": "r.status",
        "source_run_id": "r.source_run",
        "experiment_id": "CAST(r.experiment_id AS TEXT)",
        "artifact_location": "r.artifact_location",
        "creation_timestamp": "r.creation_time",
        "last_updated_timestamp": "r.last_update_time",
    },
    {
        "params": "logged_model_params",
        "tags": "logged_model_tags",
        "metrics": '(SELECT model_id, "key", value AS "last" FROM metric_links WHERE model_id IS NOT NULL)',
    },
)
#: (name, digest) of a dataset; an empty digest means every one.
Datasets = Sequence[tuple[str, str]]


def search_models(connection: Connection, places: Places, query: LoggedModelQuery) -> PagedList[LoggedModel]:
    """One page. Raises FilterError, InvalidValue."""
    if query.limit < 1:
        raise InvalidValue(f"Invalid value {query.limit} for parameter 'max_results' supplied: it must be a positive number.")
    tree = parse_filter(query.filter, LOGGED_MODELS)
    orders = model_order([(one.field, one.ascending) for one in query.order_by])
    datasets = [((one.dataset_name, one.dataset_digest),) if one.dataset_name else () for one in query.order_by]
    numbers = [experiment_number(one) for one in query.experiment_ids]
    if not numbers:
        return PagedList()
    asked = [[part for part in one] for one in (*query.datasets, *datasets)]
    mark = paging.fingerprint("logged models", numbers, to_text(tree), order_text(orders), asked)
    ids = [row[0] for row in rows(connection, _matching(tree, numbers, query.datasets))]
    columns = [
        _values(connection, ids, order, datasets[place] if place < len(datasets) else ()) for place, order in enumerate(orders)
    ]
    found = [Row(one, [known.get(one, MISSING) for known in columns]) for one in ids]
    sort(found, orders)
    if query.page_token:
        after = unpacked(paging.decode(query.page_token, mark).values, orders)
        found = [row for row in found if compare(row.rank, after, orders) > 0]
    page = found[: query.limit]
    token = paging.encode(paging.Place(mark, packed(page[-1].rank))) if page and len(found) > len(page) else None
    return PagedList(LoggedModelReader(connection, places).models([row.id for row in page]), token)


def _matching(tree: Node | None, numbers: Sequence[int], datasets: Datasets) -> Sql:
    tests = [one_of("r.experiment_id", numbers), Sql("r.lifecycle_stage = 'active'")]
    conditions = conjuncts(None if tree is None else normalized(tree))
    measured = False
    for one in conditions:
        if any(field.kind == "metrics" and field.part != "last" for field in fields(one)):
            raise InvalidValue("Of a logged model's metrics only the points themselves can be searched: metrics.<key>.")
        if isinstance(one, Comparison) and one.field.kind == "metrics" and one.value == one.value:
            measured = True
            operator = "<>" if one.operator == "!=" else one.operator
            tests.append(
                _measured([Sql('t."key" = ?', (one.field.key,)), Sql(f"t.value {operator} ?", (one.value,))], datasets)
            )
        else:
            tests.append(probe(one, _MODELS))
    if datasets and not measured:
        tests.append(_measured([], datasets))
    return Sql("SELECT r.model_id FROM logged_models AS r WHERE ") + joined(" AND ", tests)


def _measured(tests: Sequence[Sql], datasets: Datasets) -> Sql:
    """That the model has such a point, on one of the datasets if there are any."""
    all_tests = [Sql("t.model_id = r.model_id"), *tests]
    if datasets:
        all_tests.append(Sql("(") + joined(" OR ", [_on(dataset) for dataset in datasets]) + Sql(")"))
    return Sql("EXISTS (SELECT 1 FROM metric_links AS t WHERE ") + joined(" AND ", all_tests) + Sql(")")


def _on(dataset: tuple[str, str]) -> Sql:
    name, digest = dataset
    test = Sql("t.dataset_name = ?", (name,))
    return Sql("(") + test + Sql(" AND t.dataset_digest = ?)", (digest,)) if digest else test


def _values(connection: Connection, ids: Sequence[str], order: Order, datasets: Datasets) -> dict[Any, Ranked]:
    if order.field.kind != "metrics":
        return values(connection, ids, order.field, _MODELS)
    return _last_points(connection, ids, order.field, datasets)


def _last_points(connection: Connection, ids: Sequence[str], field: Field, datasets: Datasets) -> dict[Any, Ranked]:
    """The model's last point, by time, then step."""
    latest: dict[str, tuple[int, int]] = {}
    found: dict[Any, Ranked] = {}
    for part in batches(ids):
        select = Sql('SELECT t.model_id, t.value, t."timestamp", t.step FROM metric_links AS t WHERE t."key" = ?', (field.key,))
        select += Sql(" AND t.model_id IN ") + listed(part)
        if datasets:
            select += Sql(" AND ") + _on(datasets[0])
        for model_id, value, time, step in rows(connection, select):
            if model_id not in latest or (time, step) >= latest[model_id]:
                latest[model_id] = (time, step)
                found[model_id] = NAN if value is None else (0, value)
    return found
