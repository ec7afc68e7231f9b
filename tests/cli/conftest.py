"""Commands over a real store in a folder of the test's own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from runstone import connect
from runstone.cli.main import cli
from runstone.contracts import Batch, Store
from runstone.records import ExperimentCreated, Metrics, Params, RunChanged, RunStarted


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return str(tmp_path / "store")


@pytest.fixture(autouse=True)
def closed_after() -> Iterator[None]:
    """Stores are shared by a process; each test leaves none open."""
    yield
    connect.close_all()


@pytest.fixture
def store(uri: str) -> Store:
    return connect.open_store(connect.canonical(uri))


@pytest.fixture
def call(uri: str) -> Callable[..., Result]:
    """Run ``runstone WORDS`` on the store; the exit code must be ``code``."""

    def run(*words: str, code: int = 0, **more: Any) -> Result:
        result = CliRunner().invoke(cli, [*words], env={"RUNSTONE_TRACKING_URI": uri}, **more)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, (result.output, result.stderr)
        return result

    return run


@pytest.fixture
def read(call: Callable[..., Result]) -> Callable[..., Any]:
    """The JSON that a command prints."""
    return lambda *words: json.loads(call(*words, "--json").stdout)


@pytest.fixture
def experiment(store: Store) -> str:
    store.write(Batch([ExperimentCreated("iris", time=1)]))
    found = store.find_experiment("iris")
    assert found is not None
    return found.experiment_id


@pytest.fixture
def make_run(store: Store, experiment: str) -> Callable[..., str]:
    """Writes a run and returns its id. ``metrics``: key to values at steps 0, 1, 2 …"""

    def make(
        name: str = "run",
        metrics: Mapping[str, Sequence[float]] | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        start: int = 1_700_000_000_000,
        status: str = "FINISHED",
        run_id: str = "",
        artifact_uri: str = "",
    ) -> str:
        run_id = run_id or uuid.uuid4().hex
        records: list[Any] = [
            RunStarted(run_id, experiment, start, name, user_id="ada", tags=dict(tags or {}), artifact_uri=artifact_uri)
        ]
        for key, values in (metrics or {}).items():
            steps = np.arange(len(values), dtype="<i8")
            words = np.zeros(len(values), "<u4").tobytes(), steps.tobytes(), np.asarray(values, "<f8").tobytes()
            records.append(Metrics(run_id, [key], *words, (steps + start).tobytes()))
        records += [Params(run_id, dict(params))] if params else []
        records += [RunChanged(run_id, start + 65_000, status=status, end_time=start + 65_000)] if status != "RUNNING" else []
        store.write(Batch(records))
        return run_id

    return make
