"""The store over SQLite does what every store must do."""

from __future__ import annotations

from pathlib import Path

from runstone import connect
from runstone.contracts import Store
from runstone.store.dialects import Sqlite
from runstone.store.sql import SqlStore
from runstone.testing.store_suite import StoreSuite


class TestSqlite(StoreSuite):
    def make(self, folder: Path) -> Store:
        folder.mkdir()
        return SqlStore(Sqlite(folder / connect.DATABASE), str(folder), (folder / "artifacts").as_uri())
