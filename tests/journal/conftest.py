"""A root for journals, a store that remembers everything, and a shipper between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runstone.journal.shipper import Shipper
from runstone.journal.writer import JournalWriter
from runstone.records import RunStarted
from runstone.testing.ledger import Ledger


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.db")


@pytest.fixture
def troubles() -> list[Exception]:
    """What the shipper complained of."""
    return []


@pytest.fixture
def shipper(ledger: Ledger, troubles: list[Exception]) -> Iterator[Shipper]:
    shipper = Shipper(lambda: ledger, on_trouble=troubles.append)
    yield shipper
    shipper.close(10)


@pytest.fixture
def open_run(root: Path) -> Iterator[Callable[..., JournalWriter]]:
    """Begin a run and open its journal."""
    opened: list[JournalWriter] = []

    def begin(run_id: str = "run") -> JournalWriter:
        writer = JournalWriter(root, run_id)
        opened.append(writer)
        writer.append(RunStarted(run_id, "0", 1, "name"))
        return writer

    yield begin
    for writer in opened:
        writer.close()
