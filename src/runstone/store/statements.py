"""SQL for any number of rows at once.

One statement of many rows instead of many statements of one: the driver gives up the interpreter lock at every step of
a statement, and beside a busy training loop each time costs a whole switch interval to get it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table

from .dialects import of

#: Parameters in one statement; more rows than fit are split. Compiling longer ones takes more than it saves.
_PARAMETERS = 2048


class Rows:
    """``INSERT`` of rows into a table.

    Args:
        table: whose columns, all of them, in their order, make a row.
        update: what happens to a row whose primary key is there: ``None`` is an error, ``()`` keeps the old row, and
            names of columns take the new values.
        add: instead, this column adds the new value to the one that is there.
    """

    def __init__(self, table: Table, update: Sequence[str] | None = None, add: str = "") -> None:
        self.table, self.names = table, tuple(column.name for column in table.columns)
        self._columns = tuple(map(_quoted, self.names))
        self.head = f"INSERT INTO {table.name} ({', '.join(self._columns)}) VALUES "
        self.tail = ""
        if update is not None or add:
            key = ", ".join(_quoted(column.name) for column in table.primary_key)
            sets = ", ".join(f"{_quoted(name)} = excluded.{_quoted(name)}" for name in update or ())
            if add:
                sets = f"{_quoted(add)} = {table.name}.{_quoted(add)} + excluded.{_quoted(add)}"
            self.tail = f" ON CONFLICT ({key}) DO " + (f"UPDATE SET {sets}" if sets else "NOTHING")
        self._texts: dict[tuple[int, str], str] = {}

    def insert(self, connection: Connection, flat: Sequence[Any], sign: str) -> int:
        """Insert rows that lie one after the other in ``flat``; how many rows were written."""
        if not flat:  # most tables, in most transactions
            return 0
        width, start, written = len(self.names), 0, 0
        dialect = of(connection)
        if not self.tail and dialect.insert_many(connection, self.table, flat):
            return len(flat) // width
        while start < len(flat):
            rows = _rounded(min(len(flat) - start, _PARAMETERS) // width)
            part = tuple(flat[start : start + rows * width])
            written += dialect.run(connection, self._text(rows, sign), part)
            start += len(part)
        return written

    def _text(self, rows: int, sign: str) -> str:
        text = self._texts.get((rows, sign))
        if text is None:
            row = f"({', '.join([sign] * len(self.names))})"
            text = self._texts[rows, sign] = self.head + ", ".join([row] * rows) + self.tail
        return text


def _rounded(rows: int) -> int:
    """The highest four bits of a number: few different statements, so that the driver keeps every one of them compiled, and
    few for each insert, since the interpreter changes hands at each."""
    less = max(0, rows.bit_length() - 4)
    return rows >> less << less


def names(table: Table) -> str:
    """All columns of a table, for a SELECT."""
    return ", ".join(_quoted(column.name) for column in table.columns)


def find(connection: Connection, select: str, values: Sequence[Any], sign: str, before: tuple[Any, ...] = ()) -> Iterator[Any]:
    """Rows of ``select … IN`` with any number of values; ``select`` ends before the list, ``before`` are its parameters."""
    dialect = of(connection)
    for text, given in _listed(select, values, sign, before):
        yield from dialect.rows(connection, text, given)


def remove(connection: Connection, delete: str, values: Sequence[Any], sign: str, before: tuple[Any, ...] = ()) -> None:
    """``DELETE … IN``, as :func:`find`."""
    dialect = of(connection)
    for text, given in _listed(delete, values, sign, before):
        dialect.run(connection, text, given)


def _listed(statement: str, values: Sequence[Any], sign: str, before: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for start in range(0, len(values), _PARAMETERS):
        part = values[start : start + _PARAMETERS]
        # few different lengths: the driver keeps statements it knows
        padded = 1 << (len(part) - 1).bit_length()
        yield f"{statement} ({', '.join([sign] * padded)})", (*before, *part, *[part[-1]] * (padded - len(part)))


def _quoted(name: str) -> str:
    return f'"{name}"'
