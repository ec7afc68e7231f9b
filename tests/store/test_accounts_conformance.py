"""Accounts over SQLite and over PostgreSQL are what every store with accounts must keep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runstone import connect
from runstone.contracts import Store
from runstone.store.dialects import Sqlite
from runstone.store.sql import SqlStore
from runstone.testing.accounts_suite import AccountsSuite


class TestAccountsOnSqlite(AccountsSuite):
    def make(self, folder: Path) -> Store:
        folder.mkdir()
        return SqlStore(Sqlite(folder / connect.DATABASE), str(folder), (folder / "artifacts").as_uri())


class TestAccountsOnPostgresql(AccountsSuite):
    @pytest.fixture(autouse=True)
    def database(self, new_postgres: Callable[[], str]) -> None:
        self.new = new_postgres

    def make(self, folder: Path) -> Store:
        return connect.open_store(self.new())
