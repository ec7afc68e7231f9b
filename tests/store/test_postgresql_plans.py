"""On PostgreSQL too: no statement on a hot road reads a whole table, and tables are the same by every way there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from alembic import command
from make_golden import fill
from sqlalchemy import event
from test_query_plans import READS, a_day_of_logging

from runstone import connect
from runstone.contracts import RunQuery
from runstone.store import migrate
from runstone.store.dialects import WRITER
from runstone.store.dialects.postgresql import Postgresql
from runstone.testing.postgres_server import PostgresServer

#: What is going on now: one row, or one for each process that works.
SMALL = {"clock", "leases"}
SEARCHES = (
    {},
    {"filter": "metrics.loss > 0 and params.lr = '0.1'", "order_by": ("metrics.loss DESC",)},
    {"filter": "tags.note LIKE 'k%' and status = 'RUNNING'", "order_by": ("params.lr",)},
)


@pytest.fixture
def noted(new_postgres: Callable[[], str]) -> tuple[Any, dict[str, Any]]:
    """A filled store, and what it asks its database."""
    store: Any = connect.open_store(new_postgres())
    fill(store)
    sent: dict[str, Any] = {}
    event.listen(store._engine, "before_cursor_execute", lambda _c, _k, text, values, *_: sent.update({text: values}))
    return store, sent


def scans(store: Any, sent: dict[str, Any]) -> list[str]:
    """Tables that are read through, with the statement."""
    found = []
    with store._engine.connect() as connection:
        for text, values in list(sent.items()):
            plain = text.partition(" CURSOR FOR ")[2] or text
            if plain.split()[0] not in {"SELECT", "INSERT", "UPDATE", "DELETE"} or "FROM pg_" in plain:
                continue
            for (line,) in connection.exec_driver_sql(f"EXPLAIN {plain}", values).fetchall():
                _, seq, table = line.partition("Seq Scan on ")
                if seq and table.split()[0] not in SMALL:
                    found.append(f"{line.strip()}: {plain[:200]}")
    return found


def test_writing_reads_no_whole_table(noted: Any) -> None:
    store, sent = noted
    a_day_of_logging(store)
    assert len(sent) > 20
    assert scans(store, sent) == []


def test_reading_reads_no_whole_table(noted: Any) -> None:
    store, sent = noted
    for read in READS.values():
        read(store)
    for query in SEARCHES:
        store.search_runs(RunQuery(experiment_ids=("1",), **query))
        store.count_runs(RunQuery(experiment_ids=("1",), **query))
    assert len(sent) > 20
    assert scans(store, sent) == []


def shape(server: PostgresServer, database: str) -> list[Any]:
    columns = server.run(
        "SELECT table_name, column_name, data_type, is_nullable, collation_name, attstorage FROM information_schema.columns "
        "JOIN pg_attribute ON attrelid = table_name::regclass AND attname = column_name "
        "WHERE table_schema = 'public' ORDER BY 1, 2",
        database,
    )
    return columns + server.run(
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2", database
    )


def test_a_new_store_is_as_if_every_migration_had_run_and_they_can_be_undone(postgres: PostgresServer) -> None:
    fresh, migrated = postgres.new_database(), postgres.new_database()
    connect.open_store(fresh).get_experiment("0")
    engine = Postgresql(migrated).engine()

    def step(to: str, how: Callable[..., Any]) -> list[Any]:
        with engine.connect() as connection, connection.execution_options(**{WRITER: True}).begin():
            how(migrate.config(connection), to)
        return shape(postgres, migrated.rpartition("/")[2])

    wanted = shape(postgres, fresh.rpartition("/")[2])
    stored = {row[:2]: row[-1] for row in wanted}
    # what is compressed already is kept as it is: trying again took PostgreSQL more time than all else
    assert [stored[place] for place in (("chunks", "data"), ("chunks", "outline"), ("documents", "data"))] == ["e"] * 3
    assert step("head", command.upgrade) == wanted
    before = {row[:2]: row[-1] for row in step("0010", command.downgrade)}
    assert {place: kind for place, kind in before.items() if kind == "e"} == {}
    assert len(step("0001", command.downgrade)) < len(wanted)
    assert step("head", command.upgrade) == wanted
    engine.dispose()
    assert connect.schema_of(fresh)[0] == connect.schema_of(fresh)[1]
