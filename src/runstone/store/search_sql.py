"""Pieces of SQL text with their values, and the few forms in which search runs them.

Values are always bound, never written into the text. Pieces are in the package's SQL (:mod:`.dialects`), with ``?`` for a
value, and put into the database's own when they are sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import Connection

from .dialects import of

T = TypeVar("T")

#: Ids in one ``IN`` list.
BATCH = 1_000

#: Between ids in one text.
SEPARATOR = "\n"


class Sql(Struct, frozen=True):
    """Text with a ``?`` for each of ``values``."""

    text: str
    values: tuple[Any, ...] = ()

    def __add__(self, other: Sql) -> Sql:
        return Sql(self.text + other.text, self.values + other.values)


def joined(word: str, pieces: Iterable[Sql]) -> Sql:
    """The pieces with a word between them."""
    pieces = list(pieces)
    return Sql(word.join(piece.text for piece in pieces), tuple(value for piece in pieces for value in piece.values))


def listed(values: Sequence[Any]) -> Sql:
    """``(?, ?, …)``; lengths are rounded up, so that drivers see few different texts."""
    padded = max(1, 1 << (len(values) - 1).bit_length()) if values else 1
    filled = (*values, *([values[-1]] * (padded - len(values)) if values else [None]))
    return Sql(f"({', '.join('?' * padded)})", filled)


def one_of(column: str, values: Sequence[Any]) -> Sql:
    """``column = ?`` for one value, else ``column IN (…)``."""
    if len(values) == 1:
        return Sql(f"{column} = ?", (values[0],))
    return Sql(f"{column} IN ") + listed(values)


def rows(connection: Connection, sql: Sql) -> Sequence[Any]:
    """All rows, as the driver's own tuples."""
    dialect = of(connection)
    return dialect.rows(connection, dialect.sql(sql.text), sql.values)


def run(connection: Connection, sql: Sql) -> None:
    """A statement that gives nothing back."""
    dialect = of(connection)
    dialect.run(connection, dialect.sql(sql.text), sql.values)


def number(connection: Connection, sql: Sql) -> int:
    """The one number that the statement gives."""
    return int(_scalar(connection, sql) or 0)


def stream(connection: Connection, sql: Sql) -> Iterator[Any]:
    """Rows as they are wanted; the database goes hardly further than asked."""
    dialect = of(connection)
    return dialect.stream(connection, dialect.sql(sql.text), sql.values)


def ids(connection: Connection, posting: Sql) -> list[str]:
    """The first column of a SELECT named ``run_id``; handed over as one text, which is far faster than row by row."""
    found = ids_text(connection, posting)
    return found.split(SEPARATOR) if found else []


def ids_text(connection: Connection, posting: Sql) -> str:
    """The same as that text."""
    whole = Sql("SELECT group_concat(run_id, ?) FROM (", (SEPARATOR,)) + posting + Sql(") AS posting")
    return str(_scalar(connection, whole) or "")


def batches(values: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _scalar(connection: Connection, sql: Sql) -> Any:
    """The first column of the first row; ``None`` for no row."""
    found = rows(connection, sql)
    return found[0][0] if found else None
