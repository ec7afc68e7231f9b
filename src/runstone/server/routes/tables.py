"""Many runs at once: windows of a table, the keys that it could show, curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runstone.contracts import ExperimentQuery, RunQuery
from runstone.entities import Experiment
from runstone.errors import InvalidValue
from runstone.query.printer import quoted
from runstone.server import schema as s
from runstone.server.numbers import cell, number, numbers
from runstone.server.objectives import column_of, objective_of

from .experiments import VIEWS, every_experiment

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: Experiments up to so many are asked for one by one; more of them so many at once.
FEW, AT_ONCE = 2, 1000


def runs_table(backend: Backend, body: s.RunsTableRequest) -> s.RunsTable:
    """A window of the runs that match, column by column, and the best of them all."""
    experiments = experiments_named(backend, body.experiment_ids)
    query = RunQuery(
        experiment_ids=tuple(experiment.experiment_id for experiment in experiments),
        filter=body.filter,
        order_by=tuple(body.order_by),
        view=VIEWS[body.view],
        limit=body.limit,
        offset=body.offset,
        nested=body.nested,
        opened=tuple(body.opened),
    )
    found = backend.store.table(query, body.columns)
    return s.RunsTable(
        total=found.total,
        matched=found.matched,
        offset=found.offset,
        run_ids=list(found.run_ids),
        names=list(found.names),
        status=list(found.status),
        start=list(found.start),
        end=list(found.end),
        ordinal=list(found.ordinal),
        lifecycle=list(found.lifecycle),
        parents=list(found.parents),
        experiments=list(found.experiment_ids),
        users=list(found.users),
        columns=[
            s.Column(name, [cell(value) for value in values]) for name, values in zip(body.columns, found.values, strict=True)
        ],
        best=_best(backend, experiments, query) if found.matched else None,
        rows=found.rows,
        depth=list(found.depth),
        children=list(found.children),
    )


def list_keys(backend: Backend, query: s.KeysQuery) -> s.Keys:
    """Metric, param or tag keys in use, most used first."""
    wanted = [part for part in query.exp.split(",") if part]
    ids = [experiment.experiment_id for experiment in experiments_named(backend, wanted)]
    found = backend.store.keys(query.kind, ids, query.contains, query.limit)
    return s.Keys([s.Key(key.key, key.runs, key.distinct) for key in found])


def series(backend: Backend, body: s.SeriesRequest) -> s.SeriesAnswer:
    """Points of several series of several runs, thinned so that every extreme survives."""
    asked = len(body.run_ids) * len(body.keys)
    if asked > s.MAX_SERIES:
        raise InvalidValue(f"{asked:,} series in one question; at most {s.MAX_SERIES:,} (runs × keys) are answered at once.")
    if not asked:
        return s.SeriesAnswer([])
    found = backend.store.sample(body.run_ids, body.keys, body.points, body.start, body.end, body.near)
    return s.SeriesAnswer(
        [
            s.SeriesPoints(one.run_id, one.key, one.steps.tolist(), numbers(one.values), one.timestamps.tolist(), one.total)
            for one in found
        ]
    )


def experiments_named(backend: Backend, ids: list[str]) -> list[Experiment]:
    """Those named, each of which must exist; all active ones when none is named."""
    if not ids:
        return every_experiment(backend)
    wanted, found = list(dict.fromkeys(ids)), {}
    if len(wanted) > FEW:  # each by itself would be two statements
        numbers = [one for one in wanted if one.isdecimal() and len(one) < 20]
        for start in range(0, len(numbers), AT_ONCE):
            named = ", ".join(map(quoted, numbers[start : start + AT_ONCE]))
            query = ExperimentQuery(filter=f"experiment_id IN ({named})", view=VIEWS["all"], limit=AT_ONCE)
            found.update({one.experiment_id: one for one in backend.store.search_experiments(query)})
    return [found.get(one) or backend.store.get_experiment(one) for one in wanted]


def _best(backend: Backend, experiments: list[Experiment], query: RunQuery) -> s.Best | None:
    """The winner among all matches of the window's filter, or ``None`` when there is nothing to win at."""
    objective = objective_of(backend.store, experiments)
    if objective is None:
        return None
    column = column_of(objective)
    direction = "DESC" if objective.direction == "max" else "ASC"
    first = RunQuery(
        experiment_ids=query.experiment_ids, filter=query.filter, view=query.view, order_by=(f"{column} {direction}",), limit=1
    )
    top = backend.store.table(first, [column])
    value = top.values[0][0] if top.run_ids else None
    if not isinstance(value, (int, float)) or value != value:
        return None  # nobody has it, or all are NaN, and NaN never wins
    return s.Best(objective.key, objective.direction, top.run_ids[0], number(value), objective.statistic, objective.unit)
