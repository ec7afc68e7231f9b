"""MLflow's endpoints of the real app, over the real store, without an MLflow client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from runstone import connect
from runstone.contracts import Store
from runstone.server.app import create_app


class Mlflow:
    """Calls below ``/api/2.0/mlflow`` that must succeed (:meth:`post`, :meth:`get` …) or be refused (:meth:`refused`)."""

    def __init__(self, client: TestClient, root: str = "/api/2.0/mlflow") -> None:
        self.client, self.root = client, root

    def post(self, path: str, /, **body: Any) -> Any:
        return self.answer("POST", path, json=body)

    def get(self, path: str, /, **query: Any) -> Any:
        return self.answer("GET", path, params=query)

    def answer(self, method: str, path: str, **how: Any) -> Any:
        found = self.client.request(method, f"{self.root}/{path}", **how)
        assert found.status_code == 200, found.text
        assert found.headers["content-type"] == "application/json"
        return found.json()

    def refused(self, method: str, path: str, status: int = 400, code: str = "INVALID_PARAMETER_VALUE", **how: Any) -> str:
        """The message of the refusal."""
        found = self.client.request(method, f"{self.root}/{path}", **how)
        assert (found.status_code, found.json()["error_code"]) == (status, code), found.text
        message: str = found.json()["message"]
        return message

    def experiment(self, name: str = "iris", **more: Any) -> str:
        made: str = self.post("experiments/create", name=name, **more)["experiment_id"]
        return made

    def run(self, experiment_id: str = "0", **more: Any) -> str:
        made: str = self.post("runs/create", experiment_id=experiment_id, start_time=1000, **more)["run"]["info"]["run_id"]
        return made

    def get_run(self, run_id: str) -> Any:
        return self.get("runs/get", run_id=run_id)["run"]

    def history(self, run_id: str, key: str, **more: Any) -> list[tuple[int, int, Any]]:
        found = self.get("metrics/get-history", run_id=run_id, metric_key=key, **more)["metrics"]
        return [(point["step"], point["timestamp"], point["value"]) for point in found]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = connect.open_store(connect.canonical(str(tmp_path / "store")))
    yield opened
    connect.close_all()


@pytest.fixture
def serve(store: Store, tmp_path: Path) -> Iterator[Callable[..., TestClient]]:
    """Makes an app over the store, and its client."""
    opened: list[TestClient] = []

    def make(**options: Any) -> TestClient:
        options.setdefault("artifact_destination", (tmp_path / "store/artifacts").as_uri())
        app = create_app(store, connect.open_artifacts, sweep_seconds=3600, **options)
        client = TestClient(app, base_url="http://127.0.0.1:5000", raise_server_exceptions=False)
        opened.append(client.__enter__())
        return client

    yield make
    for client in opened:
        client.__exit__(None, None, None)


@pytest.fixture
def mlflow(serve: Callable[..., TestClient]) -> Mlflow:
    return Mlflow(serve())
