"""Copy a whole store into an empty database, of the same kind or another: every table there is, all of it or nothing.

The source is read in one transaction, so at one moment; nothing is written there. What arrived is read again before it counts:
each table must have as many rows, with the same digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Double, Table
from sqlalchemy.exc import DBAPIError

from runstone.errors import InvalidValue, RunstoneError, StoreCorrupt, WrongState

from .dialects import WRITER, Dialect
from .places import Places
from .schema import HEAD, create, revision
from .statements import Rows, names
from .tables import metadata

#: Values that are inserted at once.
_PART = 20_000
#: Columns that hold a place below the artifact root, unless they hold a URI; empty ones mean nothing.
_PLACES = {"experiments": "artifact_location", "runs": "artifact_uri", "logged_models": "artifact_location"}
_PLACES |= {"traces": "artifact_location"}
#: Tables that a store has rows in from the start.
_SEEDED = ("meta", "clock", "account_clock", "experiments")

#: Told the table, and how many of its rows are done.
Progress = Callable[[str, int], None]


class Copied(Struct, frozen=True):
    """One table: how many rows, and a digest of their values that goes by no order."""

    table: str
    rows: int
    digest: str


def copy(source: Dialect, target: Dialect, artifact_root: str, progress: Progress = lambda table, rows: None) -> list[Copied]:
    """Every table of ``source`` into ``target``, in one transaction there.

    Args:
        artifact_root: URI below which the source's artifacts are. They stay there, so places below it are written out.
        progress: see :data:`Progress`.

    Raises:
        WrongState: the source has another schema than this version, or the target is not empty.
        InvalidValue: one of them is another program's; or a value cannot be stored in the target.
        StoreUnavailable, StoreCorrupt
    """
    readers, writers = source.engine(), target.engine()
    failures: tuple[type[Exception], ...] = (DBAPIError, *source.failures, *target.failures)
    try:
        with readers.connect() as reading, reading.begin():
            _require_current(reading, source)
            with writers.connect() as writing:
                writing = writing.execution_options(**{WRITER: True})
                target.prepare(writing)
                with writing.begin():
                    target.claim(writing, None)
                    _make_empty(writing, target)
                    return _copied(reading, writing, source, target, Places(artifact_root), progress)
    except RunstoneError:
        raise
    except failures as cause:
        if target.unfit(cause):
            raise InvalidValue(f"{target.place} cannot take a value of {source.place}: {cause}") from cause
        raise target.error(cause) from cause
    finally:
        readers.dispose()
        writers.dispose()


def _require_current(connection: Connection, source: Dialect) -> None:
    found = revision(connection, source)
    if found is None:
        raise WrongState(f"{source.place} has no tables: there is nothing to copy.")
    if found != HEAD:
        raise WrongState(
            f"{source.place} has schema {found}, this version works with {HEAD}. `runstone db upgrade` migrates it; a copy "
            "changes nothing there."
        )


def _make_empty(connection: Connection, target: Dialect) -> None:
    """Tables without any row. Raises WrongState where somebody has written already."""
    found = revision(connection, target)
    if found is None:
        create(connection, seeded=False)
        return
    filled = [] if found != HEAD else [table.name for table in metadata.sorted_tables if _has_more(connection, table)]
    if found != HEAD or filled:
        what = f"table {filled[0]} has rows" if filled else f"its schema is {found}"
        raise WrongState(f"{target.place} is not empty ({what}). A store is copied into an empty place only; name another one.")
    for name in _SEEDED:
        connection.exec_driver_sql(f"DELETE FROM {name}")


def _has_more(connection: Connection, table: Table) -> bool:
    """Whether a table has more than what every new store has in it."""
    most = {"meta": 2}.get(table.name, 1 if table.name in _SEEDED else 0)
    count = connection.exec_driver_sql(f"SELECT count(*) FROM (SELECT 1 FROM {table.name} LIMIT {most + 1}) AS t").scalar_one()
    return int(count) > most


def _copied(
    reading: Connection, writing: Connection, source: Dialect, target: Dialect, places: Places, progress: Progress
) -> list[Copied]:
    found = []
    for table in metadata.sorted_tables:
        sent, into = _Sum(table), Rows(table)
        flat: list[Any] = []
        for row in _rows(reading, source, table, places):
            sent.add(row)
            flat += row
            if len(flat) >= _PART:
                into.insert(writing, flat, target.parameter)
                flat = []
                progress(table.name, sent.rows)
        into.insert(writing, flat, target.parameter)
        arrived = _Sum(table)
        for row in _rows(writing, target, table, None):
            arrived.add(row)
        if (arrived.rows, arrived.digest) != (sent.rows, sent.digest):
            raise StoreCorrupt(
                f"Table {table.name} arrived with {arrived.rows} rows and digest {arrived.digest}; it has {sent.rows} and "
                f"{sent.digest} in {source.place}. Nothing was kept of the copy."
            )
        progress(table.name, sent.rows)
        found.append(Copied(str(table.name), sent.rows, sent.digest))
    return found


def _rows(connection: Connection, dialect: Dialect, table: Table, places: Places | None) -> Iterator[Sequence[Any]]:
    """All rows, by primary key; with ``places`` those below the artifact root are written out."""
    key = ", ".join(f'"{column.name}"' for column in table.primary_key)
    column = _PLACES.get(table.name) if places is not None else None
    at = [one.name for one in table.columns].index(column) if column else -1
    for row in dialect.stream(connection, f"SELECT {names(table)} FROM {table.name} ORDER BY {key}", ()):
        if places is None or at < 0 or not row[at]:
            yield tuple(row)
        else:
            yield (*row[:at], places.experiment(row[at]), *row[at + 1 :])


class _Sum:
    """Count and digest of rows: the sum of each row's own digest, so that no order is asked of a database."""

    def __init__(self, table: Table) -> None:
        self._doubles = [number for number, column in enumerate(table.columns) if isinstance(column.type, Double)]
        self.rows, self._sum = 0, 0

    def add(self, row: Sequence[Any]) -> None:
        values = [bytes(one) if isinstance(one, memoryview) else one for one in row]
        for number in self._doubles:  # a database may give a whole number back as one
            if values[number] is not None:
                values[number] = float(values[number])
        found = hashlib.blake2b(msgspec.msgpack.encode(values), digest_size=16).digest()
        self._sum = (self._sum + int.from_bytes(found, "little")) & ((1 << 128) - 1)
        self.rows += 1

    @property
    def digest(self) -> str:
        return f"{self._sum:032x}"
