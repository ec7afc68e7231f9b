"""A store full of made-up runs, fast: for benchmarks, and to look at a large table.

Rows are written past the store's own write path, so this is for a store that nobody uses meanwhile.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from runstone.store.tables import INDEXED_CHARACTERS

#: Of the param ``p2``: how often each value comes. The rest are ``other-0`` … ``other-99``.
SHARES = {"half": 0.5, "x": 0.05, "rare": 0.0001}

_START, _SPACING = 1_700_000_000_000, 60_000
_OPTIMIZERS = ("adam", "sgd", "adamw", "lamb")


class Size(Struct, frozen=True):
    runs: int
    metrics: int = 20
    params: int = 20
    tags: int = 5


class MadeRun(Struct, frozen=True):
    """One made-up run; ``metrics`` are (step, value) of the last point."""

    run_id: str
    number: int
    name: str
    status: str
    start: int
    end: int | None
    metrics: dict[str, tuple[int, float]]
    params: dict[str, str]
    tags: dict[str, str]


def made_runs(size: Size, seed: int = 0) -> Iterator[MadeRun]:
    """The same runs for the same size and seed. Metrics ``m0`` … are uniform in [0, 1), param ``p2`` is as in SHARES."""
    rng = random.Random(seed)
    for number in range(size.runs):
        params = {f"p{place}": _param(rng, place) for place in range(size.params)}
        tags = {f"t{place}": f"value-{rng.randrange(10)}" for place in range(size.tags)}
        metrics = {f"m{place}": (rng.randrange(1, 100), rng.random()) for place in range(size.metrics)}
        status = rng.choices(("FINISHED", "FAILED", "RUNNING"), (90, 8, 2))[0]
        start = _START + number * _SPACING
        end = None if status == "RUNNING" else start + rng.randrange(1_000, 3_600_000)
        yield MadeRun(f"{rng.getrandbits(128):032x}", number, f"run-{number}", status, start, end, metrics, params, tags)


def _param(rng: random.Random, place: int) -> str:
    if place == 0:
        return f"{10 ** rng.uniform(-5, -1):.3g}"
    if place == 1:
        return rng.choice(_OPTIMIZERS)
    if place == 2:
        at = rng.random()
        for value, share in SHARES.items():
            if at < share:
                return value
            at -= share
        return f"other-{rng.randrange(100)}"
    return f"v{rng.randrange(2 + place * place)}"


def seed(database: Path, size: Size, experiment: str = "seeded", random_seed: int = 0) -> str:
    """Add an experiment of that many runs to the store's SQLite file, which exists. Returns the experiment's id."""
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-400000")
        connection.execute("BEGIN IMMEDIATE")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
            "AND tbl_name IN ('runs', 'params', 'tags', 'series')"
        ).fetchall()
        for name, _ in indexes if size.runs > 1_000 else ():
            connection.execute(f'DROP INDEX "{name}"')
        experiment_id = _fill(connection, size, experiment, random_seed)
        for _, sql in indexes if size.runs > 1_000 else ():
            connection.execute(sql)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()
    return str(experiment_id)


def _fill(connection: sqlite3.Connection, size: Size, name: str, random_seed: int) -> int:
    experiment_id, changed = connection.execute("SELECT next_experiment, changed + 1 FROM clock").fetchone()
    connection.execute("UPDATE clock SET next_experiment = next_experiment + 1, changed = changed + 1")
    times = (_START, _START + size.runs * _SPACING)
    connection.execute(
        "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time, "
        "next_ordinal, changed) VALUES (?, ?, '', 'active', ?, ?, ?, ?)",
        (experiment_id, name, *times, size.runs, changed),
    )
    runs = sorted(made_runs(size, random_seed), key=lambda run: run.run_id)
    for first in range(0, len(runs), 2_000):
        part = runs[first : first + 2_000]
        _insert(connection, "runs", [_run_row(run, experiment_id, changed) for run in part])
        _insert(connection, "params", _texts(part, "params", experiment_id))
        _insert(connection, "tags", _texts(part, "tags", experiment_id))
        _insert(connection, "series", [_series_row(r, k, v, experiment_id) for r in part for k, v in r.metrics.items()])
    for kind, letter, count in (("metrics", "m", size.metrics), ("params", "p", size.params), ("tags", "t", size.tags)):
        _insert(connection, "key_counts", [(experiment_id, kind, f"{letter}{place}", size.runs) for place in range(count)])
    statuses = Counter(run.status for run in runs)
    _insert(connection, "key_counts", [(experiment_id, "status", status, number) for status, number in statuses.items()])
    return int(experiment_id)


def _texts(runs: list[MadeRun], kind: str, place: int) -> list[tuple[Any, ...]]:
    rows = ((run.run_id, key, value) for run in runs for key, value in getattr(run, kind).items())
    return [(run_id, key, value, value[:INDEXED_CHARACTERS], place) for run_id, key, value in rows]


def _insert(connection: sqlite3.Connection, table: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        connection.executemany(f"INSERT INTO {table} ({_COLUMNS[table]}) VALUES ({', '.join('?' * len(rows[0]))})", rows)


_COLUMNS = {
    "runs": "run_id, experiment_id, ordinal, name, user_id, status, start_time, end_time, "
    "lifecycle_stage, artifact_uri, changed",
    "params": "run_id, key, value, head, place",
    "tags": "run_id, key, value, head, place",
    "series": "run_id, key, count, nans, first, first_step, first_timestamp, last, last_step, last_timestamp, "
    "min, min_step, max, max_step, hot, tail, place, mean",
    "key_counts": "place, kind, key, runs",
}


def _run_row(run: MadeRun, experiment_id: int, changed: int) -> tuple[Any, ...]:
    return (run.run_id, experiment_id, run.number, run.name, "seed", run.status, run.start, run.end, "active", "", changed)


def _series_row(run: MadeRun, key: str, last: tuple[int, float], place: int) -> tuple[Any, ...]:
    step, value = last
    time = run.start + step
    return (run.run_id, key, 1, 0, value, step, time, value, step, time, value, step, value, step, 0, b"", place, value)
