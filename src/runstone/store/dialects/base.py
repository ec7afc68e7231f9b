"""What every database can do, each in its own way.

The SQL of this package is what SQLite and PostgreSQL have in common, written with ``?`` for a value. ``LIKE`` tells
cases apart and knows no escape character. :meth:`Dialect.sql` puts the rest into a database's own words.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias, cast

from sqlalchemy import Connection, Engine, Table, Text
from sqlalchemy.exc import DBAPIError

from runstone.errors import RunstoneError

#: How long one connection waits for another's lock, seconds.
LOCK_WAIT = 60.0
#: Execution option of the one connection that writes.
WRITER = "runstone_writer"
_DIALECT = "runstone_dialect"

#: What to do when a database takes no statement with so much in it.
TOO_MANY = "The question names more than the database takes in one; ask several of fewer ids, values, conditions or columns."

#: Text is compared byte by byte, whatever the language of the database.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")

#: Ends a SELECT that filters an ordered one: its rows stay in that order, by the first column. Databases that keep it
#: anyhow read it as a comment, since sorting would read all before the first is given.
SAME_ORDER = {False: "/*in order*/", True: "/*in descending order*/"}

#: What a transaction will write: the ids of its runs and journals, so that others may write elsewhere meanwhile; ``None``
#: for whatever it likes, so that it has to be alone.
Claims: TypeAlias = "Sequence[str] | None"


#: Said to who logs into the store; whoever asks a server may have no journal.
WAITS = "what was logged waits in the journal"


def trouble(kind: type[RunstoneError], place: object, text: str, advice: str = "", shown: str | None = None) -> RunstoneError:
    """The error for what a database said. Clients of a server are not told where its store is.

    Args:
        shown: what they are told of ``text``; ``None``: all of it.
    """
    error = kind(f"{place}: {text}.{advice and ' '}{advice}")
    outside = [text if shown is None else shown, advice.replace(WAITS, "then send this again").removesuffix(".")]
    error.outside = f"The server's store: {'. '.join(filter(None, outside))}."
    return error


class Dialect(ABC):
    """One database. Safe to share between threads."""

    name: str
    #: The sign for a parameter.
    parameter: str
    #: The database in messages; never with a password.
    place: str
    #: What the driver raises, beside SQLAlchemy's errors.
    failures: tuple[type[Exception], ...]

    @abstractmethod
    def engine(self) -> Engine:
        """Connections whose transactions begin as this database needs it; :func:`of` finds the dialect again."""

    @abstractmethod
    def sql(self, text: str) -> str:
        """The package's SQL, with ``?`` for a value, in this database's words."""

    @abstractmethod
    def stream(self, connection: Connection, text: str, values: tuple[Any, ...]) -> Iterator[Any]:
        """Rows of a SELECT as they are wanted; the database goes hardly further than asked."""

    def rows(self, connection: Connection, text: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """All rows of a statement, ``text`` in this database's words, as the driver's own tuples: for thousands of them
        SQLAlchemy's rows take longer than the query."""
        result = connection.exec_driver_sql(text, values)
        cursor = result.cursor
        assert cursor is not None
        try:
            return list(cursor.fetchall())
        finally:
            result.close()

    def run(self, connection: Connection, text: str, values: tuple[Any, ...] = ()) -> int:
        """A statement that gives no rows; how many it changed."""
        return connection.exec_driver_sql(text, values).rowcount

    @abstractmethod
    def stopper(self, connection: Connection) -> Callable[[], None]:
        """Ends the statement that is under way on the connection, if there is one: it raises there. For other threads."""

    @abstractmethod
    def claim(self, connection: Connection, claims: Claims) -> None:
        """First in a transaction that writes: wait until nobody else can change what is claimed."""

    #: Reads the clock's row, and holds it until the transaction ends: numbers become visible in their order.
    clock: str

    def insert_many(self, connection: Connection, table: Table, flat: Sequence[Any]) -> bool:
        """Insert rows (that are not there yet) of all columns, one after the other in ``flat``, if there is a faster way than
        INSERT for so many; whether it was done."""
        return False

    def texts(self, found: dict[str, str]) -> dict[str, str]:
        """Keys and values that came inside of JSON, as they were stored."""
        return found

    @abstractmethod
    def prepare(self, connection: Connection) -> None:
        """Before the first table, outside of a transaction."""

    @abstractmethod
    def tables(self, connection: Connection) -> set[str]:
        """Names of all tables there are."""

    @abstractmethod
    def writable(self, connection: Connection) -> bool:
        """Whether this process may write."""

    @abstractmethod
    def size(self, connection: Connection) -> int:
        """Bytes on disk."""

    @abstractmethod
    def damage(self, connection: Connection) -> list[str]:
        """What a full check finds wrong; it reads all there is."""

    @abstractmethod
    def error(self, cause: BaseException) -> RunstoneError:
        """The error of ours that says what happened and what to do."""

    @abstractmethod
    def unfit(self, cause: BaseException) -> bool:
        """Whether it is about a value that the database cannot take, as opposed to a database that cannot work."""

    def again(self, cause: BaseException) -> bool:
        """Whether a transaction that ended so was undone, and may well succeed if it is done again at once."""
        return False


def marked(dialect: Dialect) -> dict[str, Any]:
    """Execution options of an engine by which :func:`of` finds its dialect."""
    return {_DIALECT: dialect}


def of(connection: Connection) -> Dialect:
    """The dialect of a connection that its :meth:`Dialect.engine` made."""
    return cast("Dialect", connection.get_execution_options()[_DIALECT])


def lost(cause: BaseException) -> bool:
    """Whether the connection is gone, so that another one may do better."""
    return isinstance(cause, DBAPIError) and cause.connection_invalidated
