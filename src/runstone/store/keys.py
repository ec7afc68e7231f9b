"""Which keys experiments use, how often, and whether their values differ."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from runstone.contracts import KeyInfo
from runstone.errors import InvalidValue

from .experiment_ids import numbers_of
from .key_counts import COUNTED
from .search_sql import Sql, batches, joined, listed, one_of, rows
from .tables import INDEXED_CHARACTERS

#: The column of each table whose values are compared: last values of metrics, heads of texts.
_COMPARED = {"metrics": "last", "params": "head", "tags": "head"}


def keys(
    connection: Connection, kind: str, experiment_ids: Sequence[str], contains: str = "", limit: int = 1000
) -> list[KeyInfo]:
    """Keys of ``kind`` in active runs, most used first. Raises InvalidValue for another kind."""
    if kind not in COUNTED:
        raise InvalidValue(f"kind={kind!r} is no kind of key; there are {', '.join(COUNTED)}.")
    places = numbers_of(experiment_ids)
    if not places:
        return []
    tests = [one_of("place", places), Sql("kind = ?", (kind,))]
    if contains:
        tests.append(Sql("INSTR(LOWER(key), ?) > 0", (contains.lower(),)))
    counted = Sql("SELECT key, SUM(runs) AS used FROM key_counts WHERE ") + joined(" AND ", tests)
    if len(places) == 1:
        counted = Sql("SELECT key, runs AS used FROM key_counts WHERE ") + joined(" AND ", tests)
    order = Sql("" if len(places) == 1 else " GROUP BY key") + Sql(" ORDER BY used DESC, key LIMIT ?", (limit,))
    found = rows(connection, counted + order)
    distinct = _distinct(connection, kind, places, [key for key, _ in found])
    return [KeyInfo(key, int(used), distinct.get(key, 1)) for key, used in found]


def _distinct(connection: Connection, kind: str, places: Sequence[int], found: Sequence[str]) -> dict[str, int]:
    """1 or 2 (that many or more) values of each key: the index's first and last entry of each place tell."""
    table, column = COUNTED[kind], _COMPARED[kind]
    end = f"(SELECT t.{column} FROM {table} AS t WHERE t.place = k.place AND t.key = k.key ORDER BY t.{column} %s LIMIT 1)"
    spans: dict[str, set[object]] = {}
    for part in batches(found):
        select = Sql(f"SELECT k.key, {end % 'ASC'}, {end % 'DESC'} FROM key_counts AS k WHERE ") + one_of("k.place", places)
        for key, least, most in rows(connection, select + Sql(" AND k.kind = ? AND k.key IN ", (kind,)) + listed(part)):
            spans.setdefault(key, set()).update((least, most))
    for key, values in spans.items():
        if kind != "metrics" and len(values) == 1 and len(str(next(iter(values)))) >= INDEXED_CHARACTERS:
            values.update(_begun_alike(connection, table, places, key))
    return {key: min(2, len(values)) for key, values in spans.items()}


def _begun_alike(connection: Connection, table: str, places: Sequence[int], key: str) -> list[str]:
    """What follows the common beginning of long texts, in the first thousand runs; not the first of them."""
    some = Sql(f"SELECT t.value FROM {table} AS t WHERE ") + one_of("t.place", places)
    some += Sql(" AND t.key = ? LIMIT 1000", (key,))
    return [row[0] for row in rows(connection, Sql("SELECT DISTINCT value FROM (") + some + Sql(") AS beginnings LIMIT 2"))][1:]
