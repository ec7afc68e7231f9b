"""PostgreSQL through psycopg 3: opening, locking, bulk writing.

Readers see one moment (REPEATABLE READ) and never wait. Writers wait for each other only where they meet (:meth:`claim`):
at a run, at a journal, and for the last moment before the commit at the clock.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import count
from typing import Any

import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrBinaryDumper, StrDumper
from sqlalchemy import BigInteger, Connection, Double, Engine, LargeBinary, Table, Text, create_engine, event
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import QueuePool

from runstone.errors import InvalidValue, RunstoneError, StoreUnavailable
from runstone.store.postgresql_uri import without_password

from .base import LOCK_WAIT, SAME_ORDER, TOO_MANY, WRITER, Claims, Dialect, marked, trouble
from .postgresql_errors import error

#: The oldest version that is tested, as the server says it.
OLDEST = 130000
#: Values that a statement takes at most.
VALUES = 65_535
#: Connections that are kept, and that may be there at most; who wants one more waits.
KEPT, MOST = 5, 20
#: Keys of advisory locks: of the whole store, and the class of those of its runs and journals.
_STORE, _STRIPES = 0x52756E73, 0x52756E74
#: Runs and journals share so many locks: a transaction must not fill the server's table of locks.
STRIPES = 256
#: From so many rows on, COPY is faster than INSERT.
COPY_ROWS = 16
#: Rows of the first piece that a stream takes; each further one has four times as many, up to the last of these.
PIECE, LARGEST = 128, 8192

#: Statements are shaped for indexes. A planner that guesses would now and then read or hash a whole table instead, and
#: lose the order of a stream. Compiling takes longer than any of these statements; nobody may hold a lock and sleep.
_SESSION = """
SET jit = off; SET max_parallel_workers_per_gather = 0; SET cursor_tuple_fraction = 0.001;
SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
SET idle_in_transaction_session_timeout = '120s'; SET lock_timeout = '{wait}s';
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
"""

_CLAIM = """SELECT CASE WHEN one < 0 THEN pg_advisory_xact_lock_shared({store})::text
ELSE pg_advisory_xact_lock({stripes}, one)::text END FROM unnest(%s::int4[]) AS one"""

#: The package's words for what PostgreSQL calls otherwise.
_WORDS = {
    " LIKE ?": " LIKE %s ESCAPE ''",
    "INSTR(": "STRPOS(",
    "group_concat(": "string_agg(",
    "json_group_object(key, value)": "json_object_agg(key, value)::text",
    "json_group_array(key)": "json_agg(key)::text",
    " CROSS JOIN runs AS r ON ": " JOIN runs AS r ON ",
    SAME_ORDER[False]: " ORDER BY 1",
    SAME_ORDER[True]: " ORDER BY 1 DESC",
    "?": "%s",
}
#: Types of columns as PostgreSQL calls them.
_KINDS: dict[type[Any], str] = {BigInteger: "int8", Double: "float8", LargeBinary: "bytea", Text: "text"}
_ANY_WORD = re.compile("|".join(map(re.escape, sorted(_WORDS, key=len, reverse=True))))

_names = count()


class Postgresql(Dialect):
    """A database of a PostgreSQL server.

    Args:
        uri: a libpq URI.
        lock_wait: how long to wait for another's lock, seconds.
    """

    name = "postgresql"
    parameter = "%s"
    failures = (psycopg.Error,)
    clock = "SELECT changed, next_experiment FROM clock WHERE id = 0 FOR UPDATE"

    def __init__(self, uri: str, lock_wait: float = LOCK_WAIT) -> None:
        self._uri, self.lock_wait, self.place = uri, lock_wait, without_password(uri)

    # --- connections --------------------------------------------------------------------------------------------------

    def engine(self) -> Engine:
        """Transactions begin and end by our own words: the driver is in autocommit."""
        pool: dict[str, Any] = {"poolclass": QueuePool, "pool_size": KEPT, "max_overflow": MOST - KEPT, "pool_timeout": 60}
        engine = create_engine(
            "postgresql+psycopg://", creator=self._connect, execution_options=marked(self), use_native_hstore=False, **pool
        )
        event.listen(engine, "begin", _begin)
        return engine

    def _connect(self) -> psycopg.Connection[Any]:
        raw = psycopg.connect(
            self._uri, autocommit=True, connect_timeout=10, client_encoding="UTF8", application_name="runstone"
        )
        version, encoding = raw.info.server_version, raw.info.parameter_status("server_encoding")
        if version < OLDEST or encoding != "UTF8":
            raw.close()
            if version < OLDEST:
                what = f"PostgreSQL {version // 10000} is too old; {OLDEST // 10000} and newer work"
            else:
                what = f"its encoding is {encoding}; make a database with ENCODING 'UTF8'"
            raise StoreUnavailable(f"{self.place}: {what}.")
        raw.prepared_max = 500
        for kind, dumper in ((int, _Number), (str, _BinaryText), (str, _Text)):
            raw.adapters.register_dumper(kind, dumper)
        for name in ("text", "varchar"):
            raw.adapters.register_loader(name, _TextLoader)
        raw.adapters.register_loader("numeric", _WholeLoader)
        raw.execute(_SESSION.format(wait=max(self.lock_wait, 0.001)).encode())
        return raw

    # --- statements ---------------------------------------------------------------------------------------------------

    def sql(self, text: str) -> str:
        if len(text) > VALUES and text.count("?") > VALUES:  # the driver says so too, after seconds
            raise trouble(InvalidValue, self.place, f"more than {VALUES:,} values", TOO_MANY)
        return _translated(text)

    def stream(self, connection: Connection, text: str, values: tuple[Any, ...]) -> Iterator[Any]:
        """Through a cursor of the server, which ends with the transaction."""
        name, size = f"stream{next(_names)}", PIECE
        connection.exec_driver_sql(f"DECLARE {name} NO SCROLL CURSOR FOR {text}", values)
        while True:
            cursor = connection.exec_driver_sql(f"FETCH {size} FROM {name}").cursor
            assert cursor is not None
            found = cursor.fetchall()
            yield from found
            if len(found) < size:
                connection.exec_driver_sql(f"CLOSE {name}")
                return
            size = min(size * 4, LARGEST)

    def insert_many(self, connection: Connection, table: Table, flat: Sequence[Any]) -> bool:
        """By COPY, within the transaction; in its binary form, since text doubles every byte of a chunk."""
        width = len(table.columns)
        if len(flat) < COPY_ROWS * width:
            return False
        raw: Any = connection.connection.driver_connection
        text, kinds = _copying(table)
        with raw.cursor() as cursor, cursor.copy(text) as copy:
            copy.set_types(kinds)
            for start in range(0, len(flat), width):
                copy.write_row(flat[start : start + width])
        return True

    def texts(self, found: dict[str, str]) -> dict[str, str]:
        return {_plain(key): _plain(value) for key, value in found.items()}

    def stopper(self, connection: Connection) -> Callable[[], None]:
        raw: Any = connection.connection.driver_connection
        cancel = getattr(raw, "cancel_safe", raw.cancel)  # psycopg 3.2: encrypted as the connection is

        def stop() -> None:
            with suppress(psycopg.Error):  # then it goes on to its end
                cancel()

        return stop

    # --- locks --------------------------------------------------------------------------------------------------------

    def claim(self, connection: Connection, claims: Claims) -> None:
        """Whoever claims everything waits for all others; those who claim runs and journals wait for their like only.

        Locks are taken in one order: the store's, those of runs and journals by number, then rows of ``key_counts`` by
        key, and the clock's row last. So nobody waits in a circle.
        """
        if claims is None:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_STORE})")
            return
        stripes = sorted({zlib.crc32(one.encode(errors="replace")) % STRIPES for one in claims})
        connection.exec_driver_sql(_CLAIM.format(store=_STORE, stripes=_STRIPES), ([-1, *stripes],)).fetchall()

    def again(self, cause: BaseException) -> bool:
        """Deadlocks and the like: it was undone, and nothing of it is left."""
        state = getattr(getattr(cause, "orig", cause), "sqlstate", None)
        return state in ("40001", "40P01")

    # --- looking after it ---------------------------------------------------------------------------------------------

    def prepare(self, connection: Connection) -> None:
        """Nothing to do."""

    def tables(self, connection: Connection) -> set[str]:
        rows = connection.exec_driver_sql("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()")
        return {str(row[0]) for row in rows}

    def writable(self, connection: Connection) -> bool:
        select = (
            "SELECT has_table_privilege('runs', 'UPDATE') AND NOT pg_is_in_recovery() "
            "AND current_setting('default_transaction_read_only') = 'off'"
        )
        return bool(connection.exec_driver_sql(select).scalar())

    def size(self, connection: Connection) -> int:
        """Of the tables in this schema, with their indexes."""
        select = (
            "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_catalog.pg_class AS c "
            "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind = 'r'"
        )
        return int(connection.exec_driver_sql(select).scalar_one())

    def damage(self, connection: Connection) -> list[str]:
        """Reads every row; the server's own checksums (``initdb --data-checksums``) tell what the disk spoiled."""
        found = []
        for table in sorted(self.tables(connection)):
            try:
                with connection.begin_nested():
                    connection.exec_driver_sql(f'SELECT count(t.*) FROM "{table}" AS t')
            except DBAPIError as cause:
                if cause.connection_invalidated:
                    raise
                found.append(f"{self.place}, table {table}: {str(cause.orig).strip()}")
        return found

    # --- trouble ------------------------------------------------------------------------------------------------------

    def error(self, cause: BaseException) -> RunstoneError:
        return error(cause, self.place, self._uri, self.lock_wait)

    def unfit(self, cause: BaseException) -> bool:
        if isinstance(cause, DataError | IntegrityError | UnicodeError | OverflowError | TypeError | ValueError):
            return True
        # a key that is longer than an index can hold
        return isinstance(cause, OperationalError) and getattr(cause.orig, "sqlstate", "") == "54000"


def _begin(connection: Connection) -> None:
    writes: Any = connection.get_execution_options().get(WRITER)
    connection.exec_driver_sql("BEGIN ISOLATION LEVEL " + ("READ COMMITTED" if writes else "REPEATABLE READ READ ONLY"))


@lru_cache
def _copying(table: Table) -> tuple[str, list[str]]:
    """The statement that takes rows of all columns, and their types, which the binary form has to know."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    return f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)", [_KINDS[type(column.type)] for column in table.columns]


@lru_cache(4096)
def _translated(text: str) -> str:
    return _ANY_WORD.sub(lambda found: _WORDS[found[0]], text)


# --- values -----------------------------------------------------------------------------------------------------------


class _Number(Int8Dumper):
    """Every number as one of 64 bits: statements whose numbers have other sizes each time would never be kept compiled."""


class _Text(StrDumper):
    """PostgreSQL stores no NUL. It is written as two characters, in a way that keeps the order of texts."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(_without_nul(obj))


class _BinaryText(StrBinaryDumper):
    """The same for COPY in its binary form."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(_without_nul(obj))


class _TextLoader(Loader):
    def load(self, data: Buffer) -> str:
        return _plain(str(data, "utf-8"))


class _WholeLoader(Loader):
    """Sums of whole numbers come as ``numeric``; no column has that type."""

    def load(self, data: Buffer) -> int:
        return int(str(data, "ascii"))


def _without_nul(text: str) -> str:
    if "\x00" in text or "\x01" in text:
        return text.replace("\x01", "\x01\x02").replace("\x00", "\x01\x01")
    return text


def _plain(text: str) -> str:
    return text.replace("\x01\x01", "\x00").replace("\x01\x02", "\x01") if "\x01" in text else text
