"""Whole runs for given ids: one statement for each table, whatever the number of runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

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
    "min, min_step, max, max_step, mean FROM series WHERE run_id IN "
)
#: A third of the columns, and so of the time: what a search shows of a series.
_LAST = "SELECT run_id, key, last, last_timestamp, last_step FROM series WHERE run_id IN "
_NAN = float("nan")
Known = Literal["summaries", "last", "none"]
_COUNTS = msgspec.json.Decoder(dict[str, int])
_TEXTS = msgspec.json.Decoder(dict[str, str])


def hydrate(connection: Connection, run_ids: Sequence[str], locate: Locate, metrics: Known = "summaries") -> list[Run]:
    """The runs in the order of their ids, each with params, tags and metrics; ids of no run are left out.

    ``metrics``: the whole summary of each, only its last point, or none at all.
    """
    infos: dict[str, RunInfo] = {}
    for part in batches(run_ids):
        for row in rows(connection, Sql(_RUNS) + listed(part)):
            infos[row[0]] = _info(row, locate)
    found: dict[str, Any] = {} if metrics == "none" else _READ[metrics](connection, run_ids)
    params, tags = _texts(connection, "params", run_ids), _texts(connection, "tags", run_ids)
    made: Callable[..., RunData] = RunData.of_points if metrics == "last" else RunData
    return [
        Run(infos[run_id], made(found.get(run_id, {}), params.get(run_id, {}), tags.get(run_id, {})))
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
            found[row[0]][row[1]] = _summary(row)
    return found


def counts_of(connection: Connection, run_id: str) -> dict[str, int]:
    """Every series of a run, and how many points it has."""
    # as one text, since 100,000 rows would cost far more than what is in them
    start = "SELECT json_group_object(key, value) FROM (SELECT key, count AS value FROM series WHERE run_id = ?) AS one"
    found = _COUNTS.decode(rows(connection, Sql(start, (run_id,)))[0][0] or "{}")
    return dict(zip(of(connection).texts(dict.fromkeys(found, "")), found.values(), strict=True))


def summaries_of(connection: Connection, run_id: str, keys: Sequence[str]) -> dict[str, Summary]:
    """Of some metrics of one run; those that it does not have are left out."""
    found: dict[str, Summary] = {}
    for part in batches(keys):
        for row in rows(connection, Sql(f"{_SERIES} (?) AND key IN ", (run_id,)) + listed(part)):
            found[row[1]] = _summary(row)
    return found


def _summary(row: Any) -> Summary:
    if row[4] is None or row[7] is None:
        row = tuple(_NAN if place in (4, 7) and cell is None else cell for place, cell in enumerate(row))
    return Summary(*row[2:])


def _last_points(connection: Connection, run_ids: Sequence[str]) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = {run_id: [] for run_id in run_ids}
    for part in batches(run_ids):
        for row in rows(connection, Sql(_LAST) + listed(part)):
            if row[2] is None:
                row = (*row[:2], _NAN, *row[3:])
            found[row[0]].append(row)
    return found


_READ: dict[str, Callable[[Connection, Sequence[str]], dict[str, Any]]] = {"summaries": _summaries, "last": _last_points}
