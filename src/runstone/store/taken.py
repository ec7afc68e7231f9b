"""Rows of points that leave their tables, because they become part of a chunk."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from .dialects import of
from .statements import find, remove

#: Series of a run whose hot rows are taken at once: each may have 6 KB.
TOGETHER = 64


def take_hot(connection: Connection, sign: str, run_id: str, keys: Sequence[str]) -> dict[str, list[bytes]]:
    """The data of the hot rows of these series: of many at once, since the series of a run fill together."""
    found: dict[str, list[bytes]] = {}
    rows = f'FROM points WHERE run_id = {sign} AND "key" IN'
    for key, _, data in sorted(find(connection, f'SELECT "key", sequence, data {rows}', keys, sign, (run_id,))):
        found.setdefault(key, []).append(data)
    remove(connection, f"DELETE {rows}", keys, sign, (run_id,))
    return found


def take_chunks(connection: Connection, sign: str, run_id: str, key: str, first: int) -> list[bytes]:
    """The data of a series' chunks from this one on."""
    rows = f'FROM chunks WHERE run_id = {sign} AND "key" = {sign} AND sequence >= {sign}'
    dialect, where = of(connection), (run_id, key, first)
    found = dialect.rows(connection, f"SELECT data {rows} ORDER BY sequence", where)
    dialect.run(connection, f"DELETE {rows}", where)
    return [row[0] for row in found]
