"""The real app over the real store, and a client that speaks MLflow's JSON to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from runstone import connect
from runstone.contracts import Batch, Store
from runstone.records import RunStarted
from runstone.server.app import create_app

RUN = "0123456789abcdef0123456789abcdef"
Ask = Callable[..., Any]


class Answer(dict[str, Any]):
    """A JSON object with the HTTP status it came with."""

    status = 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    yield connect.open_store(folder)
    connect.close_all()


@pytest.fixture
def run(store: Store) -> str:
    store.write(Batch([RunStarted(RUN, "0", 1000, "nice-name")]))
    return RUN


def serving(store: Store, destination: str = "") -> TestClient:
    """The app, which serves artifacts below ``destination``."""
    app = create_app(store, connect.open_artifacts, artifact_destination=destination, sweep_seconds=3600)
    return TestClient(app, base_url="http://127.0.0.1:5000", raise_server_exceptions=False)


@pytest.fixture
def ask(store: Store) -> Iterator[Ask]:
    """``ask("POST", "registered-models/create", name="m")``: GETs send a query, all else a JSON body, as MLflow does."""
    with serving(store) as client:

        def send(method: str, path: str, **fields: Any) -> Answer:
            url = f"/api/2.0/mlflow/{path}"
            if method == "GET":
                got = client.get(url, params=fields)
            else:
                got = client.request(method, url, content=json.dumps(fields), headers={"Content-Type": "application/json"})
            answer = Answer(got.json())
            answer.status = got.status_code
            return answer

        yield send
