"""Whole runs for given ids: at most one statement for each table, whatever the number of runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import msgspec
from sqlalchemy import Connection

from runstone.entities import Run, RunData, RunInfo, Summary

from .dialects import of
from .search_data import data_of, texts_of
from .search_sql import Sql, batches, listed, rows

#: (experiment's location, run id, stored artifact URI) to the run's artifact URI.
Locate: TypeAlias = Callable[[str, str, str], str]

_RUNS = (
    "SELECT r.run_id, r.experiment_id, r.user_id, r.status, r.start_time, r.end_time, r.lifecycle_stage, r.artifact_uri, "
    "r.name, r.cause, r.parent_run_id, r.ordinal, r.deleted_time, e.artifact_location, r.changed "
    "FROM runs AS r JOIN experiments AS e ON e.experiment_id = r.experiment_id WHERE r.run_id IN "
)
_SERIES = (
    "SELECT run_id, key, count, nans, first, first_step, first_timestamp, last, last_step, last_timestamp, "
    "min, min_step, max, max_step, mean FROM series WHERE run_id IN "
)
_NAN = float("nan")
Known = Literal["summaries", "last", "none"]
_COUNTS = msgspec.json.Decoder(dict[str, int])


def hydrate(connection: Connection, run_ids: Sequence[str], locate: Locate, metrics: Known = "summaries") -> list[Run]:
    """The runs in the order of their ids, each with params, tags and metrics; ids of no run are left out.

    ``metrics``: the whole summary of each, only its last point, or none at all.
    """
    infos: dict[str, RunInfo] = {}
    changed: dict[str, int] = {}
    for part in batches(run_ids):
        for row in rows(connection, Sql(_RUNS) + listed(part)):
            infos[row[0]], changed[row[0]] = _info(row, locate), row[-1]
    data = data_of(connection, changed) if metrics == "last" else _whole(connection, list(changed), metrics)
    return [Run(infos[run_id], data[run_id]) for run_id in run_ids if run_id in infos]


def _whole(connection: Connection, run_ids: Sequence[str], metrics: Known) -> dict[str, RunData]:
    series = _summaries(connection, run_ids) if metrics == "summaries" else {}
    params, tags = texts_of(connection, "params", run_ids), texts_of(connection, "tags", run_ids)
    return {run_id: RunData(series.get(run_id), params.get(run_id), tags.get(run_id)) for run_id in run_ids}


def _info(row: Sequence[Any], locate: Locate) -> RunInfo:
    run_id, experiment_id, user, status, start, end, stage, uri, *rest, location, _ = row
    return RunInfo(run_id, str(experiment_id), user, status, start, end, stage, locate(location, run_id, uri), *rest)


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
