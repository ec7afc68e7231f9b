"""The registry over SQLite does what every registry must do, and never more than a model's worth of rows at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from runstone import connect
from runstone.contracts import Batch, RegistryQuery, Store
from runstone.records import ModelVersionChanged, ModelVersionCreated, RegisteredModelChanged, RegisteredModelCreated
from runstone.store.dialects import Sqlite
from runstone.store.sql import SqlStore
from runstone.testing.registry_suite import RegistrySuite


def opened(folder: Path) -> SqlStore:
    folder.mkdir()
    return SqlStore(Sqlite(folder / connect.DATABASE), str(folder), (folder / "artifacts").as_uri())


class TestRegistryOnSqlite(RegistrySuite):
    def make(self, folder: Path) -> Store:
        return opened(folder)


class TestRegistryOnPostgresql(RegistrySuite):
    @pytest.fixture(autouse=True)
    def database(self, new_postgres: Callable[[], str]) -> None:
        self.new = new_postgres

    def make(self, folder: Path) -> Store:
        return connect.open_store(self.new())


@pytest.fixture
def sent(tmp_path: Path) -> Any:
    """A registry of some models, and the statements sent to it."""
    store = opened(tmp_path / "s")
    for number in range(3):
        store.write(Batch([RegisteredModelCreated(f"k{number}", f"m{number}", 1, tags={"t": "1"})]))
        made = [ModelVersionCreated(f"v{number}.{one}", f"m{number}", 2, "s3://b/m", "r1") for one in range(3)]
        store.write(Batch(made))
    statements: dict[str, Any] = {}
    event.listen(store._engine, "before_cursor_execute", lambda c, cursor, text, values, *_: statements.update({text: values}))
    yield store, statements, tmp_path / "s" / connect.DATABASE
    store.close()


def test_no_question_about_one_model_reads_a_whole_table(sent: Any) -> None:
    store, statements, file = sent
    store.write(
        Batch(
            [
                ModelVersionCreated("new", "m1", 3, "models:/m2/1", tags={"a": "1"}),
                RegisteredModelChanged("m1", 4, tags={"t": None}, aliases={"champion": 1, "other": None}, description="x"),
                ModelVersionChanged("m1", 1, 5, stage="Production", archive_existing=True, tags={"a": None}),
                ModelVersionChanged("m1", 2, 5, deleted=True),
                RegisteredModelChanged("m0", 4, deleted=True),
                RegisteredModelChanged("m1", 4, new_name="n1"),
            ]
        )
    )
    store.get_registered_model("n1")
    store.get_version_by_alias("n1", "champion")
    store.get_version_by_alias("n1", "latest")
    store.latest_versions("n1", ["Production"])
    store.find_version("new")
    store.version_location("n1", 1)
    store.search_model_versions(RegistryQuery(filter="name = 'n1' AND tags.a = '1'"))
    store.search_model_versions(RegistryQuery(filter="run_id = 'r1'"))
    store.search_registered_models(RegistryQuery(filter="name = 'n1'"))
    plain = sqlite3.connect(file)
    scans = [
        f"{row[3]}: {text}"
        for text, values in statements.items()
        if text.split()[0] in {"SELECT", "INSERT", "UPDATE", "DELETE"}
        for row in plain.execute(f"EXPLAIN QUERY PLAN {text}", values)
        if row[3].startswith("SCAN") and row[3].split()[1] not in {"clock", "g"} and "CONSTANT" not in row[3]
    ]
    plain.close()
    assert scans == []


def test_reading_many_models_takes_few_statements(sent: Any) -> None:
    store, statements, _ = sent
    count = []
    for limit in (1, 3):
        statements.clear()
        assert len(store.search_registered_models(RegistryQuery(limit=limit))) == limit
        count.append(len([text for text in statements if text.startswith("SELECT")]))
    assert count[0] == count[1] <= 10
