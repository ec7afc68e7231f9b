"""The store over SQLite and over PostgreSQL does what every store must do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runstone import connect
from runstone.contracts import Store
from runstone.store.dialects import Sqlite
from runstone.store.sql import SqlStore
from runstone.testing.store_suite import StoreSuite


class TestSqlite(StoreSuite):
    def make(self, folder: Path) -> Store:
        folder.mkdir()
        return SqlStore(Sqlite(folder / connect.DATABASE), str(folder), (folder / "artifacts").as_uri())


class TestPostgresql(StoreSuite):
    @pytest.fixture(autouse=True)
    def database(self, new_postgres: Callable[[], str]) -> None:
        self.new = new_postgres

    def make(self, folder: Path) -> Store:
        return connect.open_store(self.new())
