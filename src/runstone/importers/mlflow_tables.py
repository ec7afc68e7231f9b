"""MLflow's tables as rows. Each question is short, so that no reading holds up a process that is writing there."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, bindparam, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from runstone.errors import StoreUnavailable

from .reading import word

Row = Mapping[str, Any]

#: Values asked for at once.
MANY = 400


class Tables:
    """Questions to a database. Tables and columns that its version does not have count as empty.

    Args:
        uri: what it is called in messages.
        engine: connections that only read.
    """

    def __init__(self, uri: str, engine: Engine) -> None:
        self._uri, self._engine = uri, engine
        self.names: dict[str, set[str]] = {}

    def look(self) -> None:
        """Which tables and columns there are."""
        try:
            seen = inspect(self._engine)
            self.names = {name: {column["name"] for column in seen.get_columns(name)} for name in seen.get_table_names()}
        except SQLAlchemyError as cause:
            raise _unavailable(self._uri, cause) from cause

    def columns(self, table: str, wanted: Iterable[str]) -> str:
        return ", ".join(f'"{name}"' if name in self.names[table] else f"0 AS {name}" for name in wanted)

    def rows(self, table: str, column: str = "", values: Iterable[Any] | None = None) -> Iterator[Row]:
        """Rows of a table, all or those that have one of the values in a column; none of a table that is not there."""
        if table not in self.names or (column and column not in self.names[table]):
            return
        if not column or values is None:
            yield from self.ask(f'SELECT * FROM "{table}"', {})
            return
        for part in parts(list(values)):
            yield from self.ask(f'SELECT * FROM "{table}" WHERE "{column}" IN :values', {"values": part})

    def grouped(self, table: str, column: str, values: Iterable[Any] | None) -> dict[Any, list[Row]]:
        found: dict[Any, list[Row]] = defaultdict(list)
        for row in self.rows(table, column, values):
            found[row[column]].append(row)
        return found

    def texts(self, table: str, owner: str, key: str, value: str, values: Iterable[Any] | None) -> dict[Any, dict[str, str]]:
        found: dict[Any, dict[str, str]] = defaultdict(dict)
        for row in self.rows(table, owner, values):
            found[row[owner]][str(row[key])] = word(row[value])
        return found

    def counts(self, table: str, column: str, values: list[Any]) -> dict[Any, int]:
        if table not in self.names or not values:
            return {}
        select = f'SELECT "{column}" AS one, COUNT(*) AS n FROM "{table}" WHERE "{column}" IN :values GROUP BY "{column}"'
        return {row["one"]: int(row["n"]) for row in self.ask(select, {"values": values})}

    def ask(self, select: str, given: dict[str, Any]) -> list[Row]:
        statement = text(select)
        if "values" in given:
            statement = statement.bindparams(bindparam("values", expanding=True))
        try:
            with self._engine.connect() as connection:
                return [dict(row) for row in connection.execute(statement, given).mappings()]
        except DBAPIError as cause:
            raise _unavailable(self._uri, cause) from cause

    def close(self) -> None:
        self._engine.dispose()


def sqlite_engine(path: Path) -> Engine:
    """Connections that only read an SQLite file, and leave nothing beside it."""
    log = path.with_name(path.name + "-wal")
    with open(path, "rb") as file:
        logged = file.read(20)[18:19] == b"\2"
    # a file with a write-ahead log that nobody has open would get files beside it by being read
    aside = "&immutable=1" if logged and not (log.exists() and log.stat().st_size) else ""
    where = f"{path.as_uri()}?mode=ro{aside}"
    return create_engine("sqlite://", creator=lambda: sqlite3.connect(where, uri=True, timeout=60.0, check_same_thread=False))


def is_mlflow_sqlite(path: Path) -> bool:
    """Whether an SQLite file holds MLflow's tables."""
    try:
        if path.stat().st_size < 512:
            return False
        engine = sqlite_engine(path)
        try:
            with engine.connect() as connection:
                found = connection.execute(
                    text("SELECT name FROM pragma_table_info('runs') WHERE name = 'run_uuid'")
                ).fetchone()
                return found is not None
        finally:
            engine.dispose()
    except (OSError, SQLAlchemyError, sqlite3.Error):
        return False


def parts(items: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(items), MANY):
        yield list(items[start : start + MANY])


def _unavailable(uri: str, cause: Exception) -> StoreUnavailable:
    words = str(getattr(cause, "orig", None) or cause).splitlines()
    return StoreUnavailable(f"{uri} cannot be read: {words[0] if words else type(cause).__name__}.")
