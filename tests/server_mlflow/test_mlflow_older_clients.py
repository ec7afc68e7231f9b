"""Requests as MLflow's R and Java clients send them, and Python's of the first series, byte for byte where it matters.

R: ``run_uuid`` beside ``run_id``, every value of a body a text (large whole ones as ``1e+05``), ``/api/2.0/preview/mlflow`` in
its older versions. Java: protobuf's JSON with int64 as texts, fields of a GET in the query, a slash too many when the address
ends with one.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

R, JAVA = {"User-Agent": "mlflow-r-client/2.22.0"}, {"User-Agent": "mlflow-java-client/2.22.0"}


class Older:
    """Sends what it is given, and reads what must come back."""

    def __init__(self, client: Any, root: str, headers: dict[str, str]) -> None:
        self.client, self.root, self.headers = client, root, headers

    def get(self, path: str) -> Any:
        return self._read(self.client.get(f"{self.root}/{path}", headers=self.headers))

    def send(self, path: str, body: str, method: str = "POST") -> Any:
        headers = {**self.headers, "Content-Type": "application/json; charset=UTF-8"}
        return self._read(self.client.request(method, f"{self.root}/{path}", content=body.encode(), headers=headers))

    @staticmethod
    def _read(found: Any) -> Any:
        assert found.status_code == 200, found.text
        assert found.headers["content-type"] == "application/json"
        return found.json()


@pytest.mark.parametrize("root", ["/api/2.0/mlflow", "/api/2.0/preview/mlflow", "/ajax-api/2.0/preview/mlflow"])
def test_a_run_from_r(mlflow: Any, root: str) -> None:
    r = Older(mlflow.client, root, R)
    experiment = r.send("experiments/create", '{"name":"from R","artifact_location":null}')["experiment_id"]
    listed = r.get("experiments/list?view_type=ACTIVE_ONLY")["experiments"]
    assert [one["experiment_id"] for one in listed if one["name"] == "from R"] == [experiment]
    assert r.get(f"experiments/get?experiment_id={experiment}")["experiment"]["lifecycle_stage"] == "active"
    assert r.get("experiments/get-by-name?experiment_name=from%20R")["experiment"]["experiment_id"] == experiment
    tags = '"tags":[{"key":"mlflow.user","value":"ada"}]'
    text = f'{{"experiment_id":"{experiment}","user_id":"ada","start_time":"1606435200123",{tags}}}'
    made = r.send("runs/create", text)["run"]["info"]
    run = made["run_uuid"]  # R reads this one
    assert made["start_time"] == 1606435200123
    both = f'"run_uuid":"{run}","run_id":"{run}"'
    r.send("runs/log-metric", f'{{{both},"key":"loss","value":"0.25","timestamp":"1606435200123","step":"0"}}')
    r.send("runs/log-metric", f'{{{both},"key":"loss","value":"1e-05","timestamp":"1.6e+12","step":"1e+05"}}')
    r.send("runs/log-metric", f'{{{both},"key":"odd","value":"NaN","timestamp":"1","step":"1"}}')
    r.send("runs/log-metric", f'{{{both},"key":"odd","value":"-Infinity","timestamp":"1","step":"2"}}')
    r.send("runs/log-parameter", f'{{{both},"key":"alpha","value":"0.1"}}')
    r.send("runs/set-tag", f'{{{both},"key":"team","value":"a"}}')
    batch = '"metrics":[{"key":"acc","value":"0.5","step":"2e+05","timestamp":"1606435200124"}],"params":{},"tags":[]'
    r.send("runs/log-batch", f'{{"run_id":"{run}",{batch}}}')
    r.send("runs/delete-tag", f'{{"run_id":"{run}","key":"team"}}')
    history = r.get(f"metrics/get-history?run_uuid={run}&run_id={run}&metric_key=loss")["metrics"]
    assert [(one["step"], one["timestamp"], one["value"]) for one in history] == [
        (0, 1606435200123, 0.25),
        (100000, 1600000000000, 1e-05),
    ]
    ended = r.send("runs/update", f'{{{both},"status":"FINISHED","end_time":"1606435300000"}}')["run_info"]
    assert (ended["run_uuid"], ended["status"], ended["end_time"]) == (run, "FINISHED", 1606435300000)
    found = r.get(f"runs/get?run_uuid={run}&run_id={run}")["run"]
    assert {one["key"]: one["value"] for one in found["data"]["params"]} == {"alpha": "0.1"}
    assert {one["key"]: one["value"] for one in found["data"]["metrics"]} == {"loss": 1e-05, "odd": "-Infinity", "acc": 0.5}
    assert "team" not in {one["key"] for one in found["data"]["tags"]}
    text = f'{{"experiment_ids":["{experiment}"],"filter":null,"run_view_type":"ACTIVE_ONLY","order_by":[]}}'
    assert [one["info"]["run_id"] for one in r.send("runs/search", text)["runs"]] == [run]
    assert r.get(f"artifacts/list?run_uuid={run}&run_id={run}")["root_uri"] == found["info"]["artifact_uri"]
    r.send("runs/delete", f'{{"run_id":"{run}"}}')
    r.send("runs/restore", f'{{"run_id":"{run}"}}')
    r.send("experiments/update", f'{{"experiment_id":"{experiment}","new_name":"was from R"}}')
    r.send("experiments/delete", f'{{"experiment_id":"{experiment}"}}')
    deleted = r.get("experiments/list?view_type=DELETED_ONLY")["experiments"]
    assert [one["name"] for one in deleted] == ["was from R"]


def test_models_from_r(mlflow: Any) -> None:
    r = Older(mlflow.client, "/api/2.0/mlflow", R)
    run = mlflow.run()
    source = mlflow.get_run(run)["info"]["artifact_uri"] + "/model"
    r.send("registered-models/create", '{"name":"iris","tags":[{"key":"a","value":"b"}],"description":null}')
    text = f'{{"name":"iris","source":"{source}","run_id":"{run}","run_link":null,"tags":[],"description":"first"}}'
    version = r.send("model-versions/create", text)["model_version"]
    assert (version["version"], version["run_id"]) == ("1", run)
    moved = r.send(
        "model-versions/transition-stage",
        '{"name":"iris","version":"1","stage":"Production","archive_existing_versions":"FALSE"}',
    )["model_version"]
    assert moved["current_stage"] == "Production"
    latest = r.get("registered-models/get-latest-versions?name=iris&stages=Production&stages=Staging")["model_versions"]
    assert [one["version"] for one in latest] == ["1"]
    search = '{"filter":"name = \'iris\'","max_results":"100","order_by":[],"page_token":null}'
    found = r.send("registered-models/search", search)
    assert [one["name"] for one in found["registered_models"]] == ["iris"]
    assert r.send("model-versions/search", '{"filter":"name=\'iris\'"}')["model_versions"][0]["version"] == "1"
    assert r.get("registered-models/list?max_results=5")["registered_models"][0]["name"] == "iris"
    assert r.get("model-versions/get-download-uri?name=iris&version=1")["artifact_uri"] == source
    r.send("model-versions/update", '{"name":"iris","version":"1","description":"better"}', "PATCH")
    r.send("model-versions/delete", '{"name":"iris","version":"1"}', "DELETE")
    r.send("registered-models/delete", '{"name":"iris"}', "DELETE")


@pytest.mark.parametrize("root", ["/api/2.0/mlflow", "//api/2.0/mlflow"])
def test_a_run_from_java(mlflow: Any, root: str) -> None:
    java = Older(mlflow.client, "http://127.0.0.1:5000" + root, JAVA)
    experiment = java.send("experiments/create", '{\n  "name": "from Java"\n}')["experiment_id"]
    run = java.send(
        "runs/create", f'{{\n  "experiment_id": "{experiment}",\n  "user_id": "ada",\n  "start_time": "1606435200123"\n}}'
    )["run"]["info"]["run_id"]
    both = f'"run_uuid": "{run}",\n  "run_id": "{run}"'
    java.send("runs/log-metric", f'{{{both}, "key": "m", "value": 0.5, "timestamp": "1606435200123", "step": "7"}}')
    java.send("runs/log-metric", f'{{{both}, "key": "m", "value": "Infinity", "timestamp": "1606435200124", "step": "8"}}')
    java.send("runs/log-parameter", f'{{{both}, "key": "p", "value": "v"}}')
    java.send("experiments/set-experiment-tag", f'{{"experiment_id": "{experiment}", "key": "k", "value": "v"}}')
    java.send(
        "runs/log-batch", f'{{"run_id": "{run}", "metrics": [{{"key": "b", "value": 1.0, "timestamp": "5", "step": "0"}}]}}'
    )
    java.send("runs/update", f'{{{both}, "status": "KILLED", "end_time": "1606435300000"}}')
    search = (
        f'{{"experiment_ids": ["{experiment}"], "filter": "params.p = \'v\'", "run_view_type": "ALL", "max_results": 1000}}'
    )
    found = java.send("runs/search", search)["runs"]
    assert [(one["info"]["run_id"], one["info"]["status"]) for one in found] == [(run, "KILLED")]
    history = java.get(f"metrics/get-history?run_uuid={run}&run_id={run}&metric_key=m")["metrics"]
    assert [(one["step"], one["value"]) for one in history] == [(7, 0.5), (8, "Infinity")]
    assert java.get("experiments/list")["experiments"][0]["tags"] == [{"key": "k", "value": "v"}]
    assert java.get(f"runs/get?run_uuid={run}&run_id={run}")["run"]["info"]["run_uuid"] == run


def test_json_packed_twice(mlflow: Any) -> None:
    """As R's client did before 1.0."""
    older = Older(mlflow.client, "/ajax-api/2.0/preview/mlflow", R)
    made = older.send("experiments/create", json.dumps('{"name": "twice"}'))
    assert older.get(f"experiments/get?experiment_id={made['experiment_id']}")["experiment"]["name"] == "twice"
    mlflow.refused("POST", "experiments/create", code="MALFORMED_REQUEST", content=json.dumps("[]").encode())


def test_experiments_as_numbers_and_an_empty_list_as_an_object(mlflow: Any) -> None:
    run = mlflow.run()
    assert [one["info"]["run_id"] for one in mlflow.post("runs/search", experiment_ids=[0])["runs"]] == [run]
    assert mlflow.post("runs/create", experiment_id="0", tags={})["run"]["data"]["tags"]
    mlflow.refused("POST", "runs/create", json={"experiment_id": "0", "tags": {"a": "b"}})
