"""How many runs of each place use a key, or have a status, when runs move or go: so that nobody has to count.

Keys that runs gain and lose one by one, and statuses of all that are written, are counted by
:class:`~runstone.store.work.Work`. Functions take the connection of the transaction that changes the rows, and are called
*before* it changes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from .search_sql import BATCH, Sql, joined, rows, run

#: The tables whose keys are counted, by kind.
COUNTED = {"metrics": "series", "params": "params", "tags": "tags"}
#: The kind whose keys are statuses of runs: each run has one.
STATUS = "status"

_PLACED = (
    "SELECT CASE WHEN lifecycle_stage = 'active' THEN experiment_id ELSE -1 - experiment_id END AS place, status FROM runs"
)


def move_runs(connection: Connection, places: Mapping[str, int]) -> None:
    """Set the place of runs (run id to place) on all their rows, and the counts with it."""
    together: dict[int, list[str]] = {}
    for run_id, place in places.items():
        together.setdefault(place, []).append(run_id)
    for kind, table in COUNTED.items():
        changes: Counter[tuple[int, str]] = Counter()
        for place, run_ids in together.items():
            for start in range(0, len(run_ids), BATCH):
                those = joined(", ", [Sql("?", (run_id,)) for run_id in run_ids[start : start + BATCH]])
                moving = Sql(f" FROM {table} WHERE place <> ? AND run_id IN (", (place,)) + those + Sql(")")
                for old, key, number in rows(
                    connection, Sql("SELECT place, key, COUNT(*)") + moving + Sql(" GROUP BY place, key")
                ):
                    changes[old, key] -= number
                    changes[place, key] += number
                moved = Sql(f"UPDATE {table} SET place = ? WHERE place <> ? AND run_id IN (", (place, place))
                run(connection, moved + those + Sql(")"))
        _add(connection, kind, changes)


def forget_runs(connection: Connection, run_ids: Iterable[str]) -> None:
    """Uncount all rows of runs about to be removed for ever."""
    for run_id in run_ids:
        counted = rows(connection, Sql(f"{_PLACED} WHERE run_id = ?", (run_id,)))
        _add(connection, STATUS, Counter({(place, status): -1 for place, status in counted}))
        for kind, table in COUNTED.items():
            found = rows(connection, Sql(f"SELECT place, key FROM {table} WHERE run_id = ?", (run_id,)))
            _add(connection, kind, Counter({(place, key): -1 for place, key in found}))


def recount(connection: Connection) -> None:
    """Count everything anew."""
    run(connection, Sql("DELETE FROM key_counts"))
    for kind, table in COUNTED.items():
        fill = (
            f"INSERT INTO key_counts (place, kind, key, runs) SELECT place, ?, key, COUNT(*) FROM {table} GROUP BY place, key"
        )
        run(connection, Sql(fill, (kind,)))
    fill = f"INSERT INTO key_counts SELECT place, ?, status, COUNT(*) FROM ({_PLACED}) AS placed GROUP BY place, status"
    run(connection, Sql(fill, (STATUS,)))


def _add(connection: Connection, kind: str, changes: Mapping[tuple[int, str], int]) -> None:
    changed = [(place, key, number) for (place, key), number in changes.items() if number]
    for start in range(0, len(changed), BATCH):
        part = changed[start : start + BATCH]
        values = joined(", ", [Sql("(?, ?, ?, ?)", (place, kind, key, number)) for place, key, number in part])
        more = Sql(" ON CONFLICT (place, kind, key) DO UPDATE SET runs = key_counts.runs + excluded.runs")
        run(connection, Sql("INSERT INTO key_counts (place, kind, key, runs) VALUES ") + values + more)
    for place in {place for place, _, number in changed if number < 0}:
        run(connection, Sql("DELETE FROM key_counts WHERE place = ? AND kind = ? AND runs <= 0", (place, kind)))
