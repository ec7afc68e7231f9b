"""All runs of a table at once, page or no page: groups with their statistics, values of a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from runstone._lazy import later
from runstone.contracts import RunColumn, RunQuery
from runstone.errors import InvalidValue
from runstone.query import grouping
from runstone.query.columns import parse_column
from runstone.query.tree import Field
from runstone.server import table_schema as t
from runstone.server.numbers import cell, number
from runstone.server.objectives import meanings_of, objective_of

from .experiments import VIEWS
from .tables import experiments_named

if TYPE_CHECKING:
    import numpy as np

    from runstone.entities import Experiment
    from runstone.server.backend import Backend
else:
    np = later("numpy")

#: Params that runs are grouped by unasked.
MOST_BY = 30


def groups(backend: Backend, body: t.GroupsRequest) -> t.GroupsAnswer:
    """All runs that match, grouped, with count, mean, deviation and best of each column."""
    experiments = experiments_named(backend, body.experiment_ids)
    by = body.by or _by_itself(backend, experiments)
    columns = list(dict.fromkeys(body.columns))
    sort, descending = body.order_by.removeprefix("-"), body.order_by.startswith("-")
    if sort and sort not in ("runs", *by, *columns):
        raise InvalidValue(
            f"order_by={body.order_by!r} is none of: runs, {', '.join([*by, *columns])}; - before it turns it round."
        )
    read = backend.store.columns(_query(experiments, body), [*by, *columns])
    run_ids, coded = read.run_ids, [_coded(one) for one in read.columns]
    shared, places = grouping.group(coded[: len(by)], len(run_ids))
    objective, said = objective_of(backend.store, experiments), meanings_of(experiments)
    fields = [parse_column(column) for column in columns]
    smaller = [grouping.smaller_is_better(field.key, said) for field in fields]
    spreads = [
        grouping.spread(one.numbers(), places, len(shared), less) for one, less in zip(coded[len(by) :], smaller, strict=True)
    ]
    runs = np.bincount(places, minlength=len(shared)).astype(np.float64)
    goal = objective and Field("metrics", objective.key, objective.statistic)
    if not sort and objective and goal in fields:
        sort, descending = columns[fields.index(goal)], objective.direction == "max"
    if sort in columns:
        order = grouping.sorted_groups(spreads[columns.index(sort)].mean, descending)
    elif sort in by:
        order = _by_value([value[by.index(sort)] for value in shared], descending)
    else:
        order = grouping.sorted_groups(runs, descending or not sort)
    kept: list[int] = order[body.offset : body.offset + body.limit].tolist()
    return t.GroupsAnswer(
        by=list(by),
        total=len(shared),
        matched=len(run_ids),
        offset=body.offset,
        values=[[cell(one) for one in shared[place]] for place in kept],
        runs=[int(runs[place]) for place in kept],
        columns=[_column(name, one, less, run_ids, kept) for name, one, less in zip(columns, spreads, smaller, strict=True)],
    )


def values(backend: Backend, body: t.ValuesRequest) -> t.ValuesAnswer:
    """The values that a column takes among the runs that match, the most frequent first, with counts."""
    experiments = experiments_named(backend, body.experiment_ids)
    found = backend.store.columns(_query(experiments, body), [body.column])
    common, distinct = grouping.common_values(_coded(found.columns[0]), body.contains, body.limit)
    return t.ValuesAnswer([t.ValueCount(value, runs) for value, runs in common], distinct)


def _query(experiments: Sequence[Experiment], body: t.GroupsRequest | t.ValuesRequest) -> RunQuery:
    view = VIEWS[body.view] if isinstance(body, t.GroupsRequest) else VIEWS["active"]
    return RunQuery(experiment_ids=tuple(one.experiment_id for one in experiments), filter=body.filter, view=view)


def _by_itself(backend: Backend, experiments: Sequence[Experiment]) -> list[str]:
    found = backend.store.keys("params", [one.experiment_id for one in experiments])
    return [f"params.{key}" for key in grouping.all_but_seed([(one.key, one.distinct) for one in found])][:MOST_BY]


def _coded(column: RunColumn) -> grouping.Coded:
    return grouping.Coded(column.values, np.frombuffer(column.codes, "<i4"))


def _by_value(values: Sequence[Any], descending: bool) -> Any:
    """Places in order of values, numbers as numbers, what is missing last."""

    def rank(place: int) -> tuple[bool, float, str]:
        text = str(values[place])
        try:
            return False, float(text), text
        except ValueError:
            return True, 0.0, text

    known = sorted((place for place, value in enumerate(values) if value is not None), key=rank, reverse=descending)
    return np.array(known + [place for place, value in enumerate(values) if value is None], np.int64)


def _column(name: str, one: grouping.Spread, less: bool, run_ids: Sequence[str], kept: list[int]) -> t.GroupedColumn:
    def told(numbers: Any, known: Any) -> list[Any]:
        return [number(float(numbers[place])) if known[place] else None for place in kept]

    rows = [int(one.best_row[place]) for place in kept]
    return t.GroupedColumn(
        name, "min" if less else "max", [int(one.n[place]) for place in kept], told(one.mean, one.n > 0),
        told(one.deviation, one.n > 1), told(one.best, one.n > 0), [run_ids[row] if row >= 0 else None for row in rows],
    )  # fmt: skip
