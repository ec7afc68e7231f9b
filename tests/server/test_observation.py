"""Request ids, access lines, counts for Prometheus, and whether the server is ready."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from runstone import connect
from runstone.errors import StoreUnavailable
from runstone.server.app import create_app
from runstone.server.observe import Counters

Client = Callable[..., TestClient]


@pytest.fixture
def client(store: Any) -> Client:
    def make(**options: Any) -> TestClient:
        app = create_app(store, connect.open_artifacts, sweep_seconds=3600, **options)
        return TestClient(app, base_url="http://127.0.0.1:5000", raise_server_exceptions=False)

    return make


def test_every_answer_has_an_id_and_keeps_the_callers(client: Client) -> None:
    api = client()
    ids = {api.get("/health").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3
    assert api.get("/health", headers={"X-Request-Id": "job-7.3"}).headers["x-request-id"] == "job-7.3"
    for bad in ("a b", "x" * 129, 'a"b'):
        assert api.get("/health", headers={"X-Request-Id": bad}).headers["x-request-id"] != bad
    assert api.get("/api/2.0/mlflow/nothing").headers["x-request-id"]
    assert api.get("/health", headers={"Host": "evil.example"}).headers["x-request-id"]


def test_a_fault_names_its_request(client: Client, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(type(store), "get_run", broken)
    found = client().get("/api/2.0/mlflow/runs/get?run_id=x", headers={"X-Request-Id": "mine"})
    assert (found.status_code, found.headers["x-request-id"]) == (500, "mine")
    assert "mine" in found.json()["message"]


def test_a_line_says_who_what_and_how_long_without_secrets(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "runstone.access"):
        client().get("/api/2.0/mlflow/experiments/get?experiment_id=0&token=secret", headers={"X-Request-Id": "r1"})
        client().get("/a%0Ab")
    lines = [record.getMessage() for record in caplog.records if record.name == "runstone.access"]
    assert '"GET /api/2.0/mlflow/experiments/get" 200 ' in lines[0]
    assert lines[0].endswith(" r1")
    assert "secret" not in lines[0]
    assert "\n" not in lines[1]


def test_counts_are_shown_only_when_asked_for(client: Client) -> None:
    assert "runstone_http" not in client().get("/metrics").text
    api = client(counters=Counters())
    for _ in range(3):
        api.get("/api/2.0/mlflow/experiments/get?experiment_id=0")
    api.get("/api/2.0/mlflow/experiments/get?experiment_id=99")
    api.get("/api/runstone/v1/experiments/0")
    found = api.get("/metrics")
    assert found.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = found.text.splitlines()
    assert 'runstone_http_requests_total{method="GET",route="/mlflow/experiments/get",status="200"} 3' in lines
    assert 'runstone_http_requests_total{method="GET",route="/mlflow/experiments/get",status="404"} 1' in lines
    assert 'runstone_http_requests_total{method="GET",route="/experiments/{experiment_id}",status="200"} 1' in lines
    assert 'runstone_http_request_duration_seconds_count{route="/mlflow/experiments/get"} 4' in lines
    assert 'runstone_http_request_duration_seconds_bucket{route="/mlflow/experiments/get",le="+Inf"} 4' in lines


def test_unknown_paths_do_not_make_counts_grow(client: Client) -> None:
    api = client(counters=Counters())
    before = len(api.get("/metrics").text.splitlines())
    for i in range(50):
        api.get(f"/api/2.0/mlflow/scan/{i}")
    assert len(api.get("/metrics").text.splitlines()) < before + 25


def test_workers_add_up_their_counts(tmp_path: Path) -> None:
    mine, other = Counters(tmp_path), Counters(tmp_path)
    other.count("GET", "/x", 200, 0.5)
    (tmp_path / "1.json").write_bytes(next(tmp_path.glob("*.json")).read_bytes())
    (tmp_path / "2.json").write_text("half a fi")
    mine.count("GET", "/x", 200, 0.002)
    assert 'runstone_http_requests_total{method="GET",route="/x",status="200"} 2' in mine.text()
    assert 'le="0.0025"} 1' in mine.text()


def test_no_sum_falls_whichever_worker_tells_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = [Counters(tmp_path, lambda: {"runstone_things_total": 1}) for _ in range(2)]
    told = []
    for turn in range(6):
        monkeypatch.setattr(os, "getpid", lambda turn=turn: 100 + turn % 2)
        for _ in range(3):  # more than are noted within a second
            workers[turn % 2].count("GET", "/x", 200, 0.5)
        found = workers[turn % 2].text()
        told.append(int(found.partition('route="/x",status="200"} ')[2].partition("\n")[0]))
    assert told == [3, 6, 9, 12, 15, 18]
    assert "runstone_things_total 2" in found


def test_ready_asks_the_store(client: Client, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client().get("/ready").text == "OK"

    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(type(store), "changes", away)
    assert client().get("/ready").status_code == 503
    assert client().get("/health").status_code == 200
