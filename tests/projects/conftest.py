"""Projects in folders and repositories of the test's own, run into a store of its own."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import runstone


@pytest.fixture(autouse=True)
def store(tmp_path: Path) -> Iterator[str]:
    uri = str(tmp_path / "store")
    runstone.set_tracking_uri(uri)
    yield uri
    runstone.set_tracking_uri("")


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """A folder with these files; names with ``__`` for ``.``: ``project(train__py=…, MLproject=…)``."""

    def make(**files: str) -> Path:
        folder = tmp_path / "project"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / name.replace("__", ".")).write_text(textwrap.dedent(text), "utf-8")
        return folder

    return make
