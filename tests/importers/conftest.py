"""Real MLflow, newest and 2.22."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from real_mlflow import Mlflow

PEERS = {"new": os.environ.get("RUNSTONE_PEER_PYTHON", ""), "old": os.environ.get("RUNSTONE_OLD_PEER_PYTHON", "")}


def _mlflow(which: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    if not PEERS[which]:
        pytest.skip(f"no Python with the {which} mlflow (RUNSTONE_PEER_PYTHON, RUNSTONE_OLD_PEER_PYTHON; make test sets them)")
    found = Mlflow(PEERS[which], tmp_path_factory.mktemp(f"mlflow-{which}"))
    yield found
    found.close()


@pytest.fixture(scope="session")
def new_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    yield from _mlflow("new", tmp_path_factory)


@pytest.fixture(scope="session")
def old_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    yield from _mlflow("old", tmp_path_factory)
