"""The real app over the real store, in a folder of the test's own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from runstone import connect
from runstone.contracts import Batch, Store
from runstone.entities import ViewType
from runstone.records import ExperimentCreated, Metrics, Params, Record, RunChanged, RunStarted, Tags
from runstone.server.app import create_app

API = "/api/runstone/v1"
MakeRun = Callable[..., str]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = connect.open_store(connect.canonical(str(tmp_path / "store")))
    yield opened
    connect.close_all()


@pytest.fixture
def experiment(store: Store) -> str:
    store.write(Batch([ExperimentCreated("iris", tags={"team": "a"}, time=1)]))
    found = store.find_experiment("iris")
    assert found is not None
    return found.experiment_id


@pytest.fixture
def make_run(store: Store, experiment: str) -> MakeRun:
    """Writes a finished run and returns its id. ``metrics``: key to values, at steps 0, 1, 2 …"""

    def make(
        name: str = "run",
        metrics: Mapping[str, Sequence[float]] | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        start: int = 1_000,
        status: str = "FINISHED",
        more: Sequence[Callable[[str], Record]] = (),
    ) -> str:
        run_id = uuid.uuid4().hex
        records: list[Any] = [RunStarted(run_id, experiment, start, name, user_id="ada", tags=dict(tags or {}))]
        records += [points(run_id, key, values) for key, values in (metrics or {}).items()]
        records += [Params(run_id, dict(params))] if params else []
        records += [one(run_id) for one in more]
        if status != "RUNNING":
            records.append(RunChanged(run_id, start + 500, status=status, end_time=start + 500))
        store.write(Batch(records))
        return run_id

    return make


def points(run_id: str, key: str, values: Sequence[float]) -> Metrics:
    """One series at steps 0, 1, 2 …, a second apart."""
    count = len(values)
    return Metrics(
        run_id,
        [key],
        np.zeros(count, "<u4").tobytes(),
        np.arange(count, dtype="<i8").tobytes(),
        np.asarray(values, "<f8").tobytes(),
        (np.arange(count, dtype="<i8") * 1000 + 1_000).tobytes(),
    )


@pytest.fixture
def api(store: Store) -> Iterator[TestClient]:
    app = create_app(store, connect.open_artifacts, sweep_seconds=3600)
    with TestClient(app, base_url="http://127.0.0.1:5000", raise_server_exceptions=False) as client:
        yield client


__all__ = ["API", "MakeRun", "Tags", "ViewType", "points"]
