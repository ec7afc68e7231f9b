"""One real server for this worker; each store of a test lies behind a path of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runstone.testing.served import ServedStores


@pytest.fixture(scope="session")
def served() -> Iterator[ServedStores]:
    with ServedStores() as running:
        yield running
