"""Which tables a database has: none yet, ours, ours of another version, or somebody else's."""

from __future__ import annotations

import time
import uuid

from sqlalchemy import Connection, Engine
from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.exc import DBAPIError

import runstone.store as package
from runstone.errors import InvalidValue, StoreTooNew

from .dialects import WRITER, Dialect
from .tables import PARTIAL, metadata

#: Names of all migrations, oldest first (a test compares them with the folder).
REVISIONS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0015",
)
HEAD = REVISIONS[-1]
#: What says that a database is ours.
APPLICATION = "runstone"

#: The name of a database's language -> the statements that make all tables in it.
_made: dict[str, list[str]] = {}

_VERSION = "SELECT version_num, (SELECT value FROM meta WHERE key = 'application') FROM alembic_version"


def ensure(engine: Engine, dialect: Dialect) -> None:
    """Bring the tables to this version: make them, migrate them, or leave them.

    Raises: StoreTooNew; InvalidValue for a database of another program, which is left as it is.
    """
    with engine.connect() as connection:
        if revision(connection, dialect) == HEAD:
            return
    with engine.connect() as connection:
        connection = connection.execution_options(**{WRITER: True})
        dialect.prepare(connection)
        with connection.begin():
            dialect.claim(connection, None)
            found = revision(connection, dialect)
            if found is None:
                create(connection)
            elif found != HEAD:
                package.migrate.upgrade(connection)


def look(dialect: Dialect) -> str | None:
    """The migration a database is at, on a connection of its own; raises as :func:`ensure`, and StoreUnavailable."""
    failures: tuple[type[Exception], ...] = (DBAPIError, *dialect.failures)
    engine = dialect.engine()
    try:
        with engine.connect() as connection:
            return revision(connection, dialect)
    except failures as cause:
        raise dialect.error(cause) from cause
    finally:
        engine.dispose()


def revision(connection: Connection, dialect: Dialect) -> str | None:
    """The migration a database is at; ``None`` for one without tables. Raises as :func:`ensure`."""
    tables = dialect.tables(connection)
    if not tables:
        return None
    if not {"meta", "alembic_version"} <= tables:
        raise InvalidValue(_foreign(dialect, tables))
    found, application = connection.exec_driver_sql(_VERSION).one()
    if application != APPLICATION:
        raise InvalidValue(_foreign(dialect, tables))
    if found not in REVISIONS:
        raise StoreTooNew(
            f"{dialect.place} was written by a newer version of Runstone (schema {found}); this one knows schemas up to "
            f"{HEAD}. Upgrade with `pip install -U runstone`, or choose another tracking URI."
        )
    return str(found)


def _foreign(dialect: Dialect, tables: set[str]) -> str:
    owner = "MLflow" if {"experiments", "latest_metrics"} <= tables else "another program"
    return (
        f"{dialect.place} is a database of {owner} and is left as it is. Choose another tracking URI: "
        "a folder ('./runs'), an SQLite file of its own ('sqlite:///runstone.db'), or a PostgreSQL database of its own."
    )


def create(connection: Connection, seeded: bool = True) -> None:
    """All tables of this version at once, as if every migration had run, and their first rows."""
    for statement in _statements(connection):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{HEAD}')")
    if seeded:
        seed(connection)


def _statements(connection: Connection) -> list[str]:
    """What makes the tables and indexes in this database's language. To put it into words takes longer than to do it."""
    name = connection.dialect.name
    if name not in _made:
        said: list[str] = []
        for index, condition in PARTIAL.items():
            index.dialect_options[name]["where"] = condition
        metadata.create_all(
            MockConnection(connection.dialect, lambda ddl, *_, **__: said.append(str(ddl.compile(dialect=connection.dialect)))),
            checkfirst=False,
        )
        _made[name] = said
    return _made[name]


def seed(connection: Connection) -> None:
    """The rows every store has: whose it is, the clock, the experiment Default."""
    now = time.time_ns() // 1_000_000
    connection.exec_driver_sql(f"INSERT INTO meta VALUES ('application', '{APPLICATION}'), ('store_id', '{uuid.uuid4().hex}')")
    connection.exec_driver_sql("INSERT INTO clock VALUES (0, 1, 1)")
    connection.exec_driver_sql("INSERT INTO account_clock VALUES (0, 1, 1)")
    connection.exec_driver_sql(f"INSERT INTO experiments VALUES (0, 'Default', '0', 'active', {now}, {now}, NULL, 0, 1)")
