"""``runstone server`` and its options about artifacts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import urllib3
from running_servers import Running

from runstone.testing.s3_server import S3Server

Serve = Callable[..., Running]
FILES = "/api/2.0/mlflow-artifacts/artifacts"


def ask(method: str, url: str, **more: Any) -> urllib3.BaseHTTPResponse:
    return urllib3.request(method, url, retries=False, **more)


def new_run(running: Running) -> dict[str, Any]:
    made = ask("POST", running.url + "/api/2.0/mlflow/experiments/create", json={"name": "e"}).json()
    run = ask("POST", running.url + "/api/2.0/mlflow/runs/create", json=made)
    found: dict[str, Any] = run.json()["run"]["info"]
    return found


def test_a_destination_is_a_folder_of_choice(serve: Serve, tmp_path: Path) -> None:
    running = serve("--artifacts-destination", str(tmp_path / "else where"))
    uri = new_run(running)["artifact_uri"]
    assert uri.startswith("mlflow-artifacts:/")
    path = uri.removeprefix("mlflow-artifacts:/")
    assert ask("PUT", f"{running.url}{FILES}/{path}/a.txt", body=b"x").status == 200
    assert (tmp_path / "else where" / path / "a.txt").read_bytes() == b"x"


@pytest.mark.parametrize(
    ("options", "root"),
    [
        (["--artifacts-destination", "{}"], "mlflow-artifacts:/0/"),
        (["--default-artifact-root", "mlflow-artifacts:/team"], "mlflow-artifacts:/team/0/"),
        (["--no-serve-artifacts", "--default-artifact-root", "{}"], "file://"),
        ([], "mlflow-artifacts:/0/"),
    ],
)
def test_the_default_experiment_is_where_the_first_start_said(
    serve: Serve, tmp_path: Path, options: list[str], root: str
) -> None:
    options = [one.format(tmp_path / "place") for one in options]
    for _ in range(2):
        running = serve(*options)
        run = ask("POST", running.url + "/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
        assert run["artifact_uri"].startswith(root)
        if root == "file://":
            assert run["artifact_uri"].startswith((tmp_path / "place" / "0").as_uri())
        running.process.terminate()
        running.process.wait(20)


def test_a_default_experiment_with_runs_stays_where_it_is(serve: Serve, tmp_path: Path) -> None:
    first = serve()
    made = ask("POST", first.url + "/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
    ask("PUT", first.url + FILES + made["artifact_uri"].removeprefix("mlflow-artifacts:") + "/a.txt", body=b"kept")
    first.process.terminate()
    first.process.wait(20)
    second = serve("--artifacts-destination", str(tmp_path / "later"))
    query = {"run_id": made["run_id"], "path": "a.txt"}
    assert ask("GET", second.url + "/get-artifact", fields=query).data == b"kept"


def test_nothing_is_served_when_told_so(serve: Serve, tmp_path: Path) -> None:
    running = serve("--no-serve-artifacts", "--default-artifact-root", str(tmp_path / "direct"))
    assert new_run(running)["artifact_uri"].startswith((tmp_path / "direct").as_uri())
    for method in ("GET", "PUT", "DELETE"):
        answer = ask(method, f"{running.url}{FILES}/x", body=b"" if method == "PUT" else None)
        assert (answer.status, answer.json()["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
    assert ask("GET", f"{running.url}/api/3.0/mlflow/server-info").json()["multipart_uploads_enabled"] is False


def test_only_artifacts(serve: Serve) -> None:
    running = serve("--artifacts-only")
    assert ask("PUT", f"{running.url}{FILES}/a", body=b"x").status == 200
    assert ask("GET", f"{running.url}{FILES}/a").data == b"x"
    assert ask("GET", f"{running.url}/health").status == 200
    assert ask("POST", f"{running.url}/api/2.0/mlflow/experiments/search", json={}).status == 404
    assert ask("GET", f"{running.url}/api/runstone/v1/experiments").status == 404
    assert ask("GET", f"{running.url}/").status == 404


def test_several_workers_share_an_object_store(serve: Serve, s3: S3Server) -> None:
    running = serve("--workers", "2", "--artifacts-destination", s3.place(), environment=s3.environment)
    for number in range(8):
        assert ask("PUT", f"{running.url}{FILES}/w/{number}", body=b"x").status == 200
    assert len(ask("GET", f"{running.url}{FILES}?path=w").json()["files"]) == 8


def test_below_a_prefix(serve: Serve) -> None:
    running = serve("--static-prefix", "/ml", environment={"RUNSTONE_MAX_UPLOAD_MB": "20"})
    body = b"x" * (17 << 20)  # more than a request without a file may have
    assert ask("PUT", f"{running.url}{FILES}/a", body=body).status == 200
    assert ask("HEAD", f"{running.url}{FILES}/a").headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--artifacts-destination", "dbfs:/x"], "s3://"),
        (["--artifacts-destination", "http://example.org/x"], "another server"),
        (["--artifacts-destination", "s3://"], "bucket"),
        (["--no-serve-artifacts", "--artifacts-destination", "/tmp/x"], "contradict"),
        (["--no-serve-artifacts", "--artifacts-only"], "nothing to serve"),
        (["--backend-store-uri", "http://127.0.0.1:5000"], "another server"),
        (["--expose-prometheus", __file__], "folder"),
    ],
)
def test_what_cannot_be_served_is_told_at_once(tmp_path: Path, options: list[str], said: str) -> None:
    command = [sys.executable, "-m", "runstone.cli.main", "server", "--port", "0", "--backend-store-uri", str(tmp_path / "s")]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_reads_no_other_server(over_folder: Running, tmp_path: Path) -> None:
    """Whoever writes such a location into the store: nothing is fetched for it."""
    from starlette.testclient import TestClient

    from runstone import connect
    from runstone.contracts import Batch
    from runstone.records import ExperimentCreated, RunStarted
    from runstone.server.app import create_app

    store = connect.open_store(tmp_path / "store")
    store.write(Batch([ExperimentCreated("e", time=1)]))
    found = store.find_experiment("e")
    assert found is not None
    for number, place in enumerate((f"{over_folder.url}{FILES}/x", "mlflow-artifacts://127.0.0.1:1/x", "mlflow-artifacts:/x")):
        store.write(Batch([RunStarted(f"{number:032x}", found.experiment_id, 1, "r", artifact_uri=place)]))
    asked: list[str] = []

    def opened(uri: str) -> Any:
        asked.append(uri)
        return connect.open_artifacts(uri)

    with TestClient(create_app(store, opened), base_url="http://127.0.0.1:5000") as client:
        for number in range(3):
            query = {"run_uuid": f"{number:032x}", "path": "a"}
            assert client.get("/get-artifact", params=query).status_code == 400
            assert client.post("/ajax-api/2.0/mlflow/upload-artifact", params=query, content=b"x").status_code == 400
            assert client.get(f"/api/runstone/v1/runs/{number:032x}/artifacts").status_code == 400
    assert asked == []
