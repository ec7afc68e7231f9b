"""A store behind a server does what every store must do."""

from __future__ import annotations

from pathlib import Path

import pytest

from runstone import connect
from runstone.contracts import Store
from runstone.remote.store import open_remote
from runstone.server.routes import remote
from runstone.store.dialects import Sqlite
from runstone.store.sql import SqlStore
from runstone.testing.items_suite import ItemsSuite
from runstone.testing.models_suite import ModelsSuite
from runstone.testing.registry_suite import RegistrySuite
from runstone.testing.served import ServedStores
from runstone.testing.store_suite import StoreSuite


class Remotely:
    """Stores behind the session's server."""

    @pytest.fixture(autouse=True)
    def running(self, served: ServedStores, monkeypatch: pytest.MonkeyPatch) -> None:
        """The suites name places and sources that no server lets a client name; what it refuses has tests of its own."""
        self.served = served
        monkeypatch.setattr(remote, "_place_checked", lambda backend, record: record)
        monkeypatch.setattr(remote, "shown_location", lambda backend, *version: backend.store.version_location(*version))

    def make(self, folder: Path) -> Store:
        folder.mkdir()
        root = (folder / "artifacts").as_uri()
        behind = SqlStore(Sqlite(folder / connect.DATABASE), str(folder), root)
        return open_remote(self.served.add(behind, artifact_destination=root))


class TestRemoteStore(Remotely, StoreSuite):
    pass


class TestRemoteRegistry(Remotely, RegistrySuite):
    pass


class TestRemoteModels(Remotely, ModelsSuite):
    pass


class TestRemoteItems(Remotely, ItemsSuite):
    """What every store does with items beside the traces."""
