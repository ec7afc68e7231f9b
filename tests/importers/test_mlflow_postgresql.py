"""MLflow's own tables in PostgreSQL, filled by real MLflow: read in as MLflow itself reads them back, and never written to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from real_mlflow import Mlflow
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from test_mlflow_read_in import Made, check

from runstone import connect
from runstone.cli.main import cli
from runstone.entities.items import ItemQuery
from runstone.importers.mlflow_postgresql import postgresql_engine
from runstone.testing.postgres_server import PostgresServer

SECRET = "reads-only"


class Source(Made):
    """MLflow's database. ``uri`` is MLflow's own way in, ``reader`` that of a role that may only SELECT."""

    reader = ""


@pytest.fixture(scope="module")
def filled(new_mlflow: Mlflow, postgres: PostgresServer) -> str:
    """The name of a database that mlflow filled, to be copied: its migrations take seconds."""
    uri = postgres.new_database()
    if not new_mlflow.call("has_driver", uri):
        pytest.skip("the peer has no psycopg2; make test installs it")
    new_mlflow.call("fill", uri.replace("postgresql:", "postgresql+psycopg2:"))
    return urlsplit(uri).path[1:]


@pytest.fixture
def source(
    filled: str, new_mlflow: Mlflow, postgres: PostgresServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Source]:
    # mlflow keeps connections, and what has any cannot be copied
    postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{filled}'")
    uri = postgres.new_database(options=f'TEMPLATE "{filled}"').replace("postgresql:", "postgresql+psycopg2:")
    name = urlsplit(uri).path[1:]
    for statement in (
        f"CREATE ROLE {name} LOGIN PASSWORD '{SECRET}'",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}",
    ):
        postgres.run(statement, name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(new_mlflow.folder)
    connect.close_all()
    made = Source(new_mlflow, uri, tmp_path)
    made.reader = postgres.uri(name, name, SECRET)
    yield made
    connect.close_all()


def everything_in(postgres: PostgresServer, uri: str) -> dict[str, list[str]]:
    name = urlsplit(uri).path[1:]
    select = "SELECT tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    tables = [row[0] for row in postgres.run(select, name)]
    return {table: sorted(map(str, postgres.run(f'SELECT * FROM "{table}"', name))) for table in tables}


def test_all_is_as_mlflow_says_with_a_role_that_may_only_select(
    source: Source, postgres: PostgresServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNSTONE_QUIET", "0")
    before = everything_in(postgres, source.uri)
    assert len(before["runs"]) > 5
    store = connect.open_store(source.reader)
    told = capsys.readouterr().err
    assert SECRET not in told
    assert f"New runs go to {source.folder}/data/runstone/" in told
    check(source, store)
    again = connect.read_in(source.reader)
    assert (again.carried, again.points, again.problems) == ({}, 0, [])
    assert everything_in(postgres, source.uri) == before
    source.mlflow.call("change", source.uri)
    assert connect.read_in(source.reader).carried["run"] == 5, "live, first, failed, thrown away, newcomer"
    check(source, store)


def test_new_runs_go_to_our_own_store_and_nothing_is_written_even_by_who_may(source: Source, postgres: PostgresServer) -> None:
    import runstone

    before = everything_in(postgres, source.uri)
    runstone.set_tracking_uri(source.uri)
    runstone.set_experiment("iris ü")
    with runstone.start_run() as run:
        runstone.log_metric("m", 1.0)
    assert runstone.get_run(run.info.run_id).data.metrics == {"m": 1.0}
    assert everything_in(postgres, source.uri) == before
    assert [*source.folder.glob("data/runstone/*.runstone/runstone.db")]
    engine = postgresql_engine(source.uri)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="read-only transaction"):
        connection.execute(text("DELETE FROM runs"))
    engine.dispose()


def test_it_is_imported_into_a_store_of_postgresql(source: Source, new_postgres: Any) -> None:
    target = new_postgres()
    done = CliRunner().invoke(cli, ["import", source.reader, "--into", target])
    assert done.exit_code == 0, done.output
    assert "7 runs" in done.output
    assert SECRET not in done.output
    check(source, connect.open_store(target))


def test_what_is_kept_beside_traces_is_read_from_columns_of_json(source: Source) -> None:
    source.mlflow.call("fill_beside", source.uri)
    store = connect.open_store(source.reader)
    (faq,) = [one for one in store.search_items(ItemQuery(kind="evaluation_dataset")) if '"faq"' in one.body]
    records = [json.loads(one.body) for one in store.search_items(ItemQuery(kind="dataset_record", parents=(faq.item_id,)))]
    assert [one.get("outputs") for one in sorted(records, key=lambda one: one["inputs"]["q"])] == [{}, ["because"]]
    assert {"answer": "ä"} in [one.get("expectations") for one in records]
    versions = [one.version for one in store.search_items(ItemQuery(kind="scorer")) if one.key == "tone"]
    assert sorted(versions) == [1, 4]
    (item,) = store.search_items(ItemQuery(kind="review_item"))
    assert json.loads(item.body)["status"] == "COMPLETE"
    again = connect.read_in(source.reader)
    assert (again.carried, again.problems) == ({}, [])
