"""Habits of MLflow's wire: roots, spellings, missing and unknown fields, bodies that are no JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient


@pytest.mark.parametrize("prefix", ["", "/ml"])
@pytest.mark.parametrize("root", ["/api", "/ajax-api"])
def test_both_roots_answer_below_the_prefix(serve: Callable[..., TestClient], prefix: str, root: str) -> None:
    client = serve(prefix=prefix)
    found = client.get(f"{prefix}{root}/2.0/mlflow/experiments/get?experiment_id=0")
    assert found.json()["experiment"]["name"] == "Default"
    assert client.get(f"{prefix}{root}/3.0/mlflow/server-info").json()["store_type"] == "SqlStore"
    assert client.get(f"{prefix}/health").text == "OK"
    assert client.get(f"{prefix}/version").text.count(".") == 2


def test_unknown_paths_and_wrong_methods_are_json(mlflow: Any) -> None:
    mlflow.refused("GET", "nothing/here", 404, "ENDPOINT_NOT_FOUND")
    assert "POST" in mlflow.refused("GET", "runs/create", 405, "BAD_REQUEST")
    assert mlflow.client.post("/api/3.0/mlflow/runs/create", json={}).status_code == 404


def test_a_get_may_have_a_body(mlflow: Any) -> None:
    found = mlflow.answer("GET", "experiments/get", content=b'{"experiment_id": "0"}')
    assert found["experiment"]["name"] == "Default"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_fields_and_nulls_are_ignored(mlflow: Any, method: str) -> None:
    body = {"filter": None, "max_results": "5", "order_by": None, "from_the_future": {"a": [1]}}
    assert mlflow.answer(method, "experiments/search", content=json.dumps(body))["experiments"]


def test_numbers_come_as_texts_too(mlflow: Any) -> None:
    run = mlflow.run()
    mlflow.post("runs/log-metric", run_id=run, key="m", value="1.5", timestamp="12", step="3")
    mlflow.post("runs/log-metric", run_id=run, key="m", value=2, timestamp=13.0, step=4.0)
    assert mlflow.history(run, "m") == [(3, 12, 1.5), (4, 13, 2.0)]
    point = mlflow.get("metrics/get-history", run_id=run, metric_key="m")["metrics"][0]
    assert isinstance(point["step"], int)
    assert isinstance(point["timestamp"], int)


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"3", b"\xff\xfe", b'{"a":' * 100_000, b'"x"', b"null", b'{"filter": "\\ud800"}']
)
def test_what_is_no_json_object_is_refused(mlflow: Any, body: bytes) -> None:
    found = mlflow.client.post("/api/2.0/mlflow/experiments/search", content=body)
    assert (found.status_code, found.json()["error_code"]) == (400, "MALFORMED_REQUEST")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("experiments/create", {}, "name"),
        ("experiments/create", {"name": ""}, "name"),
        ("experiments/create", {"name": None}, "name"),
        ("experiments/delete", {}, "experiment_id"),
        ("runs/log-metric", {"run_id": "r", "value": 1, "timestamp": 1}, "key"),
        ("runs/log-metric", {"run_id": "r", "key": "k", "timestamp": 1}, "value"),
        ("runs/log-metric", {"run_id": "r", "key": "k", "value": 1}, "timestamp"),
        ("runs/log-metric", {"key": "k", "value": 1, "timestamp": 1}, "run_id"),
        ("runs/log-batch", {"metrics": []}, "run_id"),
        ("runs/log-batch", {"run_id": "r", "metrics": [{"key": "k", "timestamp": 1}]}, "metrics[0].value"),
        ("runs/log-batch", {"run_id": "r", "metrics": [{"key": "k", "value": None, "timestamp": 1}]}, "metrics[0].value"),
        ("runs/log-batch", {"run_id": "r", "params": [{"value": "v"}]}, "params[0].key"),
        ("runs/log-batch", {"run_id": "r", "tags": [{"key": "", "value": "v"}]}, "tags[0].key"),
        ("runs/outputs", {"run_id": "r"}, "models"),
        ("runs/delete", {}, "run_id"),
    ],
)
def test_a_missing_field_is_named(mlflow: Any, path: str, body: dict[str, Any], field: str) -> None:
    message = mlflow.refused("POST", path, json=body)
    assert message.startswith(f"Missing value for required parameter '{field}'")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("experiments/create", {"name": 3.5}, "name"),
        ("experiments/create", {"name": ["x"]}, "name"),
        ("runs/create", {"start_time": "soon"}, "start_time"),
        ("runs/create", {"tags": "x"}, "tags"),
        ("runs/search", {"max_results": {}}, "max_results"),
        ("runs/search", {"experiment_ids": "0"}, "experiment_ids"),
        ("runs/log-metric", {"run_id": "r", "key": "k", "value": True, "timestamp": 1}, "value"),
        ("runs/log-metric", {"run_id": "r", "key": "k", "value": "much", "timestamp": 1}, "value"),
        ("runs/log-metric", {"run_id": "r", "key": "k", "value": 1, "timestamp": -1}, "timestamp"),
        ("runs/log-metric", {"run_id": "r", "key": "k", "value": 1, "timestamp": 10**30}, "timestamp"),
        ("runs/log-batch", {"run_id": "r", "metrics": [{"key": "k", "value": 1, "timestamp": "x"}]}, "metrics[0].timestamp"),
        ("runs/update", {"run_id": "r", "status": "SLEEPING"}, "status"),
    ],
)
def test_a_wrong_type_is_named(mlflow: Any, path: str, body: dict[str, Any], field: str) -> None:
    message = mlflow.refused("POST", path, json=body)
    assert message.startswith("Invalid value")
    assert f"'{field}'" in message


@pytest.mark.parametrize("ids", [[""], ["0", ""], ["x"], ["1.5"], [" "]])
def test_an_experiment_that_is_no_number_is_named(mlflow: Any, ids: list[str]) -> None:
    assert f"{ids[-1]!r}" in mlflow.refused("POST", "runs/search", json={"experiment_ids": ids})


def test_a_fault_of_ours_is_500_and_tells_nothing(mlflow: Any, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(type(store), "get_run", broken)
    message = mlflow.refused("GET", "runs/get", 500, "INTERNAL_ERROR", params={"run_id": "x"})
    assert "secret" not in message


def test_large_answers_are_packed(mlflow: Any) -> None:
    for i in range(20):
        mlflow.experiment(f"experiment {i}")
    found = mlflow.client.get("/api/2.0/mlflow/experiments/search", headers={"Accept-Encoding": "gzip"})
    assert found.headers["content-encoding"] == "gzip"
    assert len(found.json()["experiments"]) == 21
