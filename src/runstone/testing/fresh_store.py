"""A store of its own for each test: what the suites of stores begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runstone.contracts import Batch, Receipt, Store
from runstone.records import Record


class FreshStore:
    """Each test gets a new store in ``store``, with what :meth:`fill` puts there."""

    def make(self, folder: Path) -> Store:
        """An empty store; ``folder`` is a temporary folder for its use alone."""
        raise NotImplementedError("say how to make a store")

    def fill(self, store: Store) -> None:
        """What each test finds there; nothing unless a suite says otherwise."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        made = self.make(tmp_path / "store")
        self.fill(made)
        yield made
        made.close()

    def write(self, store: Store, *records: Record, once: bool = False) -> Receipt:
        return store.write(Batch(records, once=once))
