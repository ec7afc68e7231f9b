"""The numbers and texts of a page's runs: of runs that did not change since the last page from memory, of the others in one
statement for each table."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import Connection, Engine

from runstone.entities import RunData
from runstone.entities.runs import Point

from .dialects import of
from .run_memory import RunMemory
from .search_sql import Sql, batches, listed, rows

Texts: TypeAlias = dict[str, str]

#: A third of the columns of a series, and so of the time: what a search shows of it.
_LAST = "SELECT run_id, key, last, last_timestamp, last_step FROM series WHERE run_id IN "
_NAN = float("nan")
_DECODER = msgspec.json.Decoder(Texts)

#: Pages of more runs are read to go through all of them, once.
PAGE = 1_000
#: Bytes kept for one database, and of one of its runs: far more texts than a person reads would push out all others.
KEPT_BYTES, RUN_BYTES = 32 * 1024 * 1024, 64 * 1024
#: Of a point and of a text without its characters, about.
_POINT_BYTES, _TEXT_BYTES = 250, 120


class _Data(NamedTuple):
    """Shared between threads and answers: nobody may change it."""

    points: Sequence[Point]
    params: Texts
    tags: Texts

    def told(self) -> RunData:
        return RunData.of_points(self.points, self.params.copy(), self.tags.copy())

    @property
    def weight(self) -> int:
        """Bytes, about."""
        texts = (*self.params.values(), *self.tags.values())
        return _POINT_BYTES * len(self.points) + _TEXT_BYTES * len(texts) + sum(map(len, texts))


_lock = threading.Lock()
_kept: WeakKeyDictionary[Engine, RunMemory[_Data]] = WeakKeyDictionary()


def data_of(connection: Connection, changed: Mapping[str, int]) -> dict[str, RunData]:
    """Last points, params and tags of runs. ``changed``: the run's number of the store's clock, read before in the same
    transaction; where others write meanwhile, what is read here may be newer than its number, never older."""
    with _lock:
        memory = _kept.setdefault(connection.engine, RunMemory(KEPT_BYTES))
        known = {run_id: memory.recall(run_id, number) for run_id, number in changed.items()}
    found = {run_id: data for run_id, data in known.items() if data is not None}
    fresh = _read(connection, [run_id for run_id in changed if run_id not in found])
    if len(changed) <= PAGE:
        with _lock:
            for run_id, data in fresh.items():
                if (weight := data.weight) <= RUN_BYTES:
                    memory.keep(run_id, changed[run_id], data, weight)
    return {run_id: data.told() for run_id, data in (found | fresh).items()}


def texts_of(connection: Connection, table: str, run_ids: Sequence[str]) -> dict[str, Texts]:
    """The ``params`` or ``tags`` of runs; those that have none are left out."""
    found: dict[str, Texts] = {}
    start = Sql(f"SELECT run_id, json_group_object(key, value) FROM {table} WHERE run_id IN ")
    plain = of(connection).texts
    for part in batches(run_ids):
        for run_id, values in rows(connection, start + listed(part) + Sql(" GROUP BY run_id")):
            found[run_id] = plain(_DECODER.decode(values))
    return found


def _read(connection: Connection, run_ids: Sequence[str]) -> dict[str, _Data]:
    if not run_ids:
        return {}
    points = _last_points(connection, run_ids)
    params, tags = texts_of(connection, "params", run_ids), texts_of(connection, "tags", run_ids)
    return {run_id: _Data(points[run_id], params.get(run_id, {}), tags.get(run_id, {})) for run_id in run_ids}


def _last_points(connection: Connection, run_ids: Sequence[str]) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = {run_id: [] for run_id in run_ids}
    for part in batches(run_ids):
        for row in rows(connection, Sql(_LAST) + listed(part)):
            if row[2] is None:
                row = (*row[:2], _NAN, *row[3:])
            found[row[0]].append(row)
    return found
