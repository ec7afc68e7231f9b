"""A real app over a real store, with things worth stealing beside it; what each attack needs is made over HTTP."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from runstone import connect
from runstone.server.app import create_app
from runstone.server.auth.auth import Auth
from runstone.server.auth.credentials import hash_password
from runstone.server.auth.policy import Policy
from runstone.server.auth.signing import Signing
from runstone.store.sql import SqlStore

MLFLOW = "/api/2.0/mlflow"
FILES = "/api/2.0/mlflow-artifacts/artifacts"
OWN = "/api/runstone/v1"
ORIGIN = "http://127.0.0.1:5000"
SECRET = "TOP-SECRET-OF-THE-SERVER"
PAGE = b"<script>alert(document.cookie)</script>"


class Victim:
    """The server: ``outside`` holds the secret, ``root`` the artifacts of the run ``run_id``; version 1 of the model ``m`` and
    a logged model have a file ``MLmodel``."""

    def __init__(self, client: TestClient, store: SqlStore, folder: Path) -> None:
        self.client, self.store, self.outside = client, store, folder
        (folder / "secret").write_text(SECRET)
        self.experiment_id = self.post("experiments/create", name="attacked")["experiment_id"]
        info = self.post("runs/create", experiment_id=self.experiment_id)["run"]["info"]
        self.run_id, self.artifact_uri = info["run_id"], info["artifact_uri"]
        self.place = f"{FILES}/{self.artifact_uri.removeprefix('mlflow-artifacts:/')}"
        for name in ("model/MLmodel", "page.html"):
            assert client.put(f"{self.place}/{name}", content=PAGE).status_code == 200
        self.root = connect.open_artifacts(store.get_run(self.run_id).info.artifact_uri or "").local()
        self.post("registered-models/create", name="m")
        self.post("model-versions/create", name="m", source=f"runs:/{self.run_id}/model", run_id=self.run_id)
        model = self.post("logged-models", experiment_id=self.experiment_id, name="logged")["model"]["info"]
        self.model_id = model["model_id"]
        at = model["artifact_uri"].removeprefix("mlflow-artifacts:/")
        assert client.put(f"{FILES}/{at}/MLmodel", content=PAGE).status_code == 200
        self.model_root = connect.open_artifacts(store.get_logged_model(self.model_id).artifact_location).local()

    def post(self, path: str, /, **body: Any) -> Any:
        answer = self.client.post(f"{MLFLOW}/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def readers(self) -> Iterator[tuple[str, dict[str, str], str]]:
        """Every route that hands out a file by a path in its query: address, fixed parameters, name of the one for the path."""
        yield "/get-artifact", {"run_id": self.run_id}, "path"
        yield "/get-artifact", {"run_uuid": self.run_id}, "path"
        yield "/model-versions/get-artifact", {"name": "m", "version": "1"}, "path"
        yield f"/ajax-api/2.0/mlflow/logged-models/{self.model_id}/artifacts/files", {}, "artifact_file_path"
        yield f"{OWN}/runs/{self.run_id}/artifacts/file", {}, "path"

    def listers(self) -> Iterator[tuple[str, dict[str, str], str]]:
        """Every route that lists a folder."""
        for root in ("/api", "/ajax-api"):
            yield f"{root}/2.0/mlflow/artifacts/list", {"run_id": self.run_id}, "path"
            yield f"{root}/2.0/mlflow-artifacts/artifacts", {}, "path"
            yield f"{root}/2.0/mlflow/logged-models/{self.model_id}/artifacts/directories", {}, "artifact_directory_path"
        yield f"{OWN}/runs/{self.run_id}/artifacts", {}, "path"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = connect.open_store(connect.canonical(str(tmp_path / "store")))
    assert isinstance(opened, SqlStore)
    yield opened
    connect.close_all()


@pytest.fixture
def client(store: SqlStore, tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(
        store, connect.open_artifacts, artifact_destination=(tmp_path / "store/artifacts").as_uri(), sweep_seconds=3600
    )
    with TestClient(app, base_url=ORIGIN, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def victim(client: TestClient, store: SqlStore, tmp_path: Path) -> Victim:
    return Victim(client, store, tmp_path)


@pytest.fixture
def locked(store: SqlStore, tmp_path: Path) -> Iterator[TestClient]:
    """With accounts: ``root``, an administrator, whose password is ``a long enough password``."""
    store.accounts.add_user("root", hash_password("a long enough password"), True)
    policy = Policy(store.accounts, "READ")
    destination = (tmp_path / "store/artifacts").as_uri()
    auth = Auth(policy, Signing(policy, 0.0), False, None)
    app = create_app(store, connect.open_artifacts, auth=auth, artifact_destination=destination, sweep_seconds=3600)
    with TestClient(app, base_url=ORIGIN, raise_server_exceptions=False, follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def as_root() -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(b"root:a long enough password").decode()}
