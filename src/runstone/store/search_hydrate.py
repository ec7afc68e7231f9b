"""Whole runs for given ids: one statement for each table, whatever the number of runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Connection

from runstone.entities import Run, RunData, RunInfo, Summary
from runstone.entities.runs import Point

from .dialects import of
from .search_sql import Sql, batches, listed, rows

#: (experiment's location, run id, stored artifact URI) to the run's artifact URI.
Locate: TypeAlias = Callable[[str, str, str], str]

_RUNS = (
    "SELECT r.run_id, r.experiment_id, r.user_id, r.status, r.start_time, r.end_time, r.lifecycle_stage, r.artifact_uri, "
    "r.name, r.cause, r.parent_run_id, r.ordinal, r.deleted_time, e.artifact_location "
    "FROM runs AS r JOIN experiments AS e ON e.experiment_id = r.experiment_id WHERE r.run_id IN "
)
_SERIES = (
    "SELECT run_id, key, count, nans, first, first_step, first_timestamp, last, last_step, last_timestamp, "
    "min, min_step, max, max_step FROM series WHERE run_id IN "
)
#: A third of the columns, and so of the time: what a search shows of a series.
_LAST = "SELECT run_id, key, last, last_timestamp, last_step FROM series WHERE run_id IN "
_NAN = float("nan")
_TEXTS = msgspec.json.Decoder(dict[str, str])


def hydrate(connection: Connection, run_ids: Sequence[str], locate: Locate, summaries: bool = True) -> list[Run]:
    """The runs in the order of their ids, each with params, tags and metrics; ids of no run are left out.

    Without ``summaries`` only the last point of each series is known.
    """
    infos: dict[str, RunInfo] = {}
    for part in batches(run_ids):
        for row in rows(connection, Sql(_RUNS) + listed(part)):
            infos[row[0]] = _info(row, locate)
    metrics: dict[str, Any] = _summaries(connection, run_ids) if summaries else _last_points(connection, run_ids)
    params, tags = _texts(connection, "params", run_ids), _texts(connection, "tags", run_ids)
    made: Callable[..., RunData] = RunData if summaries else RunData.of_points
    return [
        Run(infos[run_id], made(metrics[run_id], params.get(run_id, {}), tags.get(run_id, {})))
        for run_id in run_ids
        if run_id in infos
    ]


def _info(row: Sequence[Any], locate: Locate) -> RunInfo:
    run_id, experiment_id, user, status, start, end, stage, uri, *rest, location = row
    return RunInfo(run_id, str(experiment_id), user, status, start, end, stage, locate(location, run_id, uri), *rest)


def _texts(connection: Connection, table: str, run_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    start = Sql(f"SELECT run_id, json_group_object(key, value) FROM {table} WHERE run_id IN ")
    plain = of(connection).texts
    for part in batches(run_ids):
        for run_id, values in rows(connection, start + listed(part) + Sql(" GROUP BY run_id")):
            found[run_id] = plain(_TEXTS.decode(values))
    return found


def _summaries(connection: Connection, run_ids: Sequence[str]) -> dict[str, dict[str, Summary]]:
    found: dict[str, dict[str, Summary]] = {run_id: {} for run_id in run_ids}
    for part in batches(run_ids):
        for row in rows(connection, Sql(_SERIES) + listed(part)):
            if row[4] is None or row[7] is None:
                row = tuple(_NAN if place in (4, 7) and cell is None else cell for place, cell in enumerate(row))
            found[row[0]][row[1]] = Summary(*row[2:])
    return found


def _last_points(connection: Connection, run_ids: Sequence[str]) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = {run_id: [] for run_id in run_ids}
    for part in batches(run_ids):
        for row in rows(connection, Sql(_LAST) + listed(part)):
            if row[2] is None:
                row = (*row[:2], _NAN, *row[3:])
            found[row[0]].append(row)
    return found
