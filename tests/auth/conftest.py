"""A site of each test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from auth_site import Site

from runstone import connect
from runstone.store.sql import SqlStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = connect.open_store(connect.canonical(str(tmp_path / "store")))
    assert isinstance(opened, SqlStore)
    yield opened
    connect.close_all()


@pytest.fixture
def make_site(store: SqlStore, tmp_path: Path) -> Iterator[Callable[..., Site]]:
    made: list[Site] = []

    def make(default: str = "NO_PERMISSIONS", **options: Any) -> Site:
        site = Site(store, tmp_path, default, **options)
        made.append(site)
        if not store.accounts.users():
            site.add("root", is_admin=True)
            for name in ("ada", "bob"):
                site.add(name)
        return site

    yield make
    for one in made:
        one.close()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """Nobody may do anything that was not granted."""
    return make_site()
