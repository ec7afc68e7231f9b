"""How many runs of each place use a key, kept while writing so that nobody has to count.

Functions take the connection of the transaction that changes the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, delete, func, literal, select, text, update

from . import tables

#: The tables whose keys are counted, by kind.
COUNTED = {"metrics": tables.series, "params": tables.params, "tags": tables.tags}

_ADD = text(
    "INSERT INTO key_counts (place, kind, key, runs) VALUES (:place, :kind, :key, :runs) "
    "ON CONFLICT (place, kind, key) DO UPDATE SET runs = key_counts.runs + excluded.runs"
)


def add(connection: Connection, kind: str, rows: Iterable[tuple[int, str]], sign: int = 1) -> None:
    """Count rows that were just inserted (``sign`` 1) or are about to be removed (-1): (place, key) of each."""
    counted = Counter(rows)
    if not counted:
        return
    connection.execute(
        _ADD, [{"place": place, "kind": kind, "key": key, "runs": sign * n} for (place, key), n in counted.items()]
    )
    if sign < 0:
        for place in {place for place, _ in counted}:
            table = tables.key_counts
            connection.execute(delete(table).where(table.c.place == place, table.c.kind == kind, table.c.runs <= 0))


def move_runs(connection: Connection, places: Mapping[str, int]) -> None:
    """Set the place of runs (run id to place) on all their rows, and the counts with it."""
    for run_id, place in places.items():
        for kind, table in COUNTED.items():
            old = connection.execute(select(table.c.place, table.c.key).where(table.c.run_id == run_id)).all()
            moved = [(was, key) for was, key in old if was != place]
            if not moved:
                continue
            add(connection, kind, moved, -1)
            connection.execute(update(table).where(table.c.run_id == run_id).values(place=place))
            add(connection, kind, [(place, key) for _, key in moved])


def forget_runs(connection: Connection, run_ids: Sequence[str]) -> None:
    """Uncount runs whose rows are about to be removed for ever."""
    for run_id in run_ids:
        for kind, table in COUNTED.items():
            rows = connection.execute(select(table.c.place, table.c.key).where(table.c.run_id == run_id)).all()
            add(connection, kind, [(place, key) for place, key in rows], -1)


def recount(connection: Connection) -> None:
    """Count everything anew."""
    table = tables.key_counts
    connection.execute(delete(table))
    for kind, source in COUNTED.items():
        rows = select(source.c.place, literal(kind), source.c.key, func.count()).group_by(source.c.place, source.c.key)
        connection.execute(table.insert().from_select(["place", "kind", "key", "runs"], rows))
