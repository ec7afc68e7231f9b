"""A metric of the newest runs of many experiments at once, by one statement for a hundred of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from runstone.errors import InvalidValue
from runstone.query.columns import parse_column
from runstone.query.tree import Field

from .experiment_ids import number_of
from .search_source import knows_nan
from .search_sql import Sql, batches, joined, rows

#: Experiments of one statement: databases take some hundred SELECTs in one.
EXPERIMENTS = 100
#: Most runs of each that are looked at.
MOST_RUNS = 1_000

# Goes down the beginning of the index ``runs_by_start``, however many runs there are.
_NEWEST = (
    "SELECT * FROM (SELECT experiment_id, run_id, start_time, CAST(? AS TEXT) AS wanted FROM runs "
    "WHERE experiment_id = ? AND lifecycle_stage = 'active' ORDER BY start_time DESC, run_id LIMIT ?) AS newest"
)
_NAN = float("nan")


def recent_values(connection: Connection, columns: Mapping[str, str], runs: int) -> dict[str, Sequence[float | int]]:
    """See :meth:`runstone.contracts.Store.recent_values`."""
    if not 1 <= runs <= MOST_RUNS:
        raise InvalidValue(f"runs={runs!r} must be between 1 and {MOST_RUNS:,}.")
    fields = {experiment_id: _metric(column) for experiment_id, column in columns.items()}
    known = {one: number for one in fields if (number := number_of(one)) is not None}
    found: dict[int, list[float | int]] = {}
    for part in batches(list(known), EXPERIMENTS):
        _read(connection, {known[one]: fields[one] for one in part}, runs, found)
    return {one: found[number][::-1] for one, number in known.items() if number in found}


def _metric(column: str) -> Field:
    field = parse_column(column)
    if field.kind != "metrics":
        raise InvalidValue(f"{column!r} is no column of a metric; ask for metrics.KEY or metrics.KEY:STATISTIC.")
    return field


def _read(connection: Connection, fields: Mapping[int, Field], runs: int, found: dict[int, list[float | int]]) -> None:
    parts = sorted({field.part for field in fields.values()})
    branches = [Sql(_NEWEST, (field.key, number, runs)) for number, field in fields.items()]
    select = Sql(f"SELECT newest.experiment_id, {', '.join(f's.{part}' for part in parts)} FROM (")
    select += joined(" UNION ALL ", branches)
    select += Sql(
        ") AS newest JOIN series AS s ON s.run_id = newest.run_id AND s.key = newest.wanted "
        "ORDER BY newest.experiment_id, newest.start_time DESC, newest.run_id"
    )
    for number, *cells in rows(connection, select):
        field = fields[number]
        value = cells[parts.index(field.part)]
        if value is None and knows_nan(field):
            value = _NAN
        if value is not None:
            found.setdefault(number, []).append(value)
