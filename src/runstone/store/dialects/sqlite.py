"""SQLite: opening, locking, naming what went wrong, looking after the file."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, ProgrammingError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from runstone.errors import DiskFull, InvalidValue, RunstoneError, StoreCorrupt, StoreReadOnly, StoreUnavailable

from .base import LOCK_WAIT, TOO_MANY, WAITS, WRITER, Claims, Dialect, marked, of, trouble
from .sqlite_damage import damage

#: Synced at every commit; the log is merged into the file every 16 MB, and does not stay larger than 64.
_PRAGMAS = """
PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8000;
PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864; PRAGMA case_sensitive_like=ON;
"""

_UNFIT = (DataError, IntegrityError, InterfaceError, ProgrammingError, OverflowError, UnicodeError, TypeError, ValueError)


class _Frozen(sqlite3.Connection):
    """Reads the file as it is at this moment, and sees no change."""


class Sqlite(Dialect):
    """A file beside its write-ahead log.

    Many processes may write: each waits for its turn at ``BEGIN IMMEDIATE``. Readers never wait. Every commit is synced
    (``synchronous=FULL``), since what is acknowledged leaves the journal.

    Args:
        path: the file.
        lock_wait: how long to wait for another's lock, seconds.
        network: it lies on a network's file system. The log needs memory that all who use it share, which machines do
            not; so there is none, and readers and writers wait for each other.
    """

    name = "sqlite"
    parameter = "?"
    failures = (sqlite3.Error,)
    clock = "SELECT changed, next_experiment FROM clock WHERE id = 0"

    def __init__(self, path: Path, lock_wait: float = LOCK_WAIT, network: bool = False) -> None:
        self.path, self.lock_wait, self.network = path, lock_wait, network
        self.place = str(path)

    def engine(self) -> Engine:
        """Connections that leave transactions to :func:`_begin`: the driver's own way of starting them is off."""
        pool: dict[str, Any] = {"poolclass": QueuePool, "pool_size": 8, "max_overflow": -1}
        engine = create_engine("sqlite://", creator=self._connect, execution_options=marked(self), **pool)
        event.listen(engine, "begin", _begin)
        event.listen(engine, "checkin", _only_once)
        return engine

    def _connect(self) -> sqlite3.Connection:
        # what may not be written may still be read, as long as nobody else is writing it
        if self.path.exists() and not os.access(self.path.parent, os.W_OK) and not self._log.exists():
            return self._opened(_Frozen)
        try:
            return self._opened(sqlite3.Connection)
        except sqlite3.OperationalError as cause:
            # a full disk has no room for the log's index either; what is in the log cannot be read then
            full = any(sign in str(cause) for sign in ("disk I/O error", "disk is full"))
            if not full or not self.path.exists() or (self._log.exists() and self._log.stat().st_size):
                raise
            return self._opened(_Frozen)

    def _opened(self, kind: type[sqlite3.Connection]) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path.as_uri() + ("?mode=ro&immutable=1" if kind is _Frozen else ""),
            uri=True,
            timeout=self.lock_wait,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
            factory=kind,
        )
        try:
            connection.executescript(_PRAGMAS)
        except BaseException:
            connection.close()
            raise
        return connection

    def sql(self, text: str) -> str:
        return text

    def stream(self, connection: Connection, text: str, values: tuple[Any, ...]) -> Iterator[Any]:
        result = connection.exec_driver_sql(text, values)
        cursor = result.cursor
        assert cursor is not None
        try:
            while (row := cursor.fetchone()) is not None:
                yield row
        finally:
            result.close()

    def rows(self, connection: Connection, text: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """Past SQLAlchemy, which takes ten times as long to hand on a short statement as SQLite takes to execute it."""
        if connection.dispatch.before_cursor_execute:  # somebody wants to see each statement
            return super().rows(connection, text, values)
        try:
            found: list[Any] = _driver(connection).execute(text, values).fetchall()
        except sqlite3.Error as cause:
            raise _wrapped(text, values, cause) from cause
        return found

    def run(self, connection: Connection, text: str, values: tuple[Any, ...] = ()) -> int:
        """Past SQLAlchemy, as :meth:`rows`."""
        if connection.dispatch.before_cursor_execute:
            return super().run(connection, text, values)
        try:
            return _driver(connection).execute(text, values).rowcount
        except sqlite3.Error as cause:
            raise _wrapped(text, values, cause) from cause

    def stopper(self, connection: Connection) -> Callable[[], None]:
        return _driver(connection).interrupt

    def claim(self, connection: Connection, claims: Claims) -> None:
        """Nothing to do: who writes is alone since ``BEGIN IMMEDIATE``."""

    def writable(self, connection: Connection) -> bool:
        """The file and its folder."""
        return os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK)

    @property
    def _log(self) -> Path:
        return self.path.with_name(self.path.name + "-wal")

    def prepare(self, connection: Connection) -> None:
        """Before the first table: how changes are logged. SQLite does not wait by itself when two processes do this at once."""
        mode = "DELETE" if self.network else "WAL"
        deadline = time.monotonic() + self.lock_wait
        raw = connection.connection.driver_connection
        assert raw is not None
        while True:
            try:
                raw.execute(f"PRAGMA journal_mode={mode}")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def tables(self, connection: Connection) -> set[str]:
        rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {str(row[0]) for row in rows}

    def size(self, connection: Connection) -> int:
        """The log included."""
        files = [self.path, *(self.path.with_name(self.path.name + end) for end in ("-wal", "-shm"))]
        return sum(file.stat().st_size for file in files if file.exists())

    def damage(self, connection: Connection) -> list[str]:
        return [f"{self.path}: {problem}" for problem in damage(_driver(connection))]

    def unfit(self, cause: BaseException) -> bool:
        return isinstance(cause, _UNFIT)

    def error(self, cause: BaseException) -> RunstoneError:
        if isinstance(cause, UnicodeDecodeError):
            return trouble(StoreCorrupt, self.path, f"a text in it is not UTF-8: {cause.reason}", _DAMAGED)
        text = str(cause.orig if isinstance(cause, DBAPIError) else cause)
        for sign, kind, advice in _TROUBLE:
            if sign in text:
                return trouble(kind, self.path, text, advice.format(wait=self.lock_wait))
        return trouble(StoreUnavailable, self.path, text)


_DAMAGED = "The file is damaged. Put a copy back, or save what can be read with `sqlite3 FILE .recover`."
_TROUBLE: tuple[tuple[str, type[RunstoneError], str], ...] = (
    (
        "locked",
        StoreUnavailable,
        "Another process has been writing for more than {wait:g} s; find it and end it, or try again.",
    ),
    ("disk is full", DiskFull, f"Free some space on its disk; {WAITS}."),
    ("disk I/O error", StoreUnavailable, "The disk refused to read or write (full, over quota, or failing)."),
    (
        "readonly",
        StoreReadOnly,
        "The file or its folder cannot be written; make both writable, or choose another tracking URI.",
    ),
    (
        "unable to open",
        StoreUnavailable,
        "The folder is missing or cannot be written; make it, or choose another tracking URI.",
    ),
    ("malformed", StoreCorrupt, _DAMAGED),
    ("Could not decode to UTF-8", StoreCorrupt, _DAMAGED),
    (
        "not a database",
        StoreCorrupt,
        "The file is no SQLite database, or damaged. Put a copy back, or choose another tracking URI.",
    ),
    ("file is encrypted", StoreCorrupt, "The file is no SQLite database, or damaged."),
    ("too many SQL variables", InvalidValue, TOO_MANY),
    ("Expression tree is too large", InvalidValue, TOO_MANY),
    ("tables in a join", InvalidValue, TOO_MANY),
)


def _only_once(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
    if isinstance(connection, _Frozen):
        record.invalidate()


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def _wrapped(text: str, values: tuple[Any, ...], cause: sqlite3.Error) -> Exception:
    """As SQLAlchemy would raise it."""
    return cast("Exception", DBAPIError.instance(text, values, cause, sqlite3.Error))


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    of(connection).run(connection, "BEGIN IMMEDIATE" if options.get(WRITER) else "BEGIN")
