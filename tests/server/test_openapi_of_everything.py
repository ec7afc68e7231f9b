"""The document that a server hands out has every row of every table, and ``/docs`` shows it without anybody's help."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

from starlette.testclient import TestClient

from runstone.server.endpoints import PLAIN, ROOT, TABLE
from runstone.server.mlflow.files_table import FILES
from runstone.server.mlflow.table import TABLE as MLFLOW
from runstone.server.openapi import whole


def operations(document: Any) -> list[tuple[str, str, Any]]:
    return [(path, method, one) for path, item in document["paths"].items() for method, one in item.items()]


def refers(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"].rpartition("/")[2]} if "$ref" in node else set()
        return own.union(*(refers(value) for value in node.values()))
    return set().union(*(refers(value) for value in node)) if isinstance(node, list) else set()


def test_every_row_of_every_table_is_in_it(api: TestClient) -> None:
    document = api.get(f"{ROOT}/openapi.json").json()
    there = {(method.upper(), path): one for path, method, one in operations(document)}
    plain = {("GET", path): "none" for path in PLAIN} | {("POST", "/v1/traces"): "write"}
    own = {(one.method, ROOT + one.path): one.permission for one in TABLE}
    theirs = {(one.method, f"/api/{one.version}.0{one.path}"): one.permission for one in MLFLOW}
    files = {(one.method, one.path): one.permission for one in FILES if "/ajax-api/2.0/mlflow-artifacts" not in one.path}
    expected = {(how, re.sub(r":\w+}", "}", path)): may for (how, path), may in {**plain, **own, **theirs, **files}.items()}
    assert {where: one["x-permission"] for where, one in there.items()} == expected


def test_names_are_unique_and_references_lead_somewhere() -> None:
    document = whole()
    names = [one["operationId"] for _, _, one in operations(document)]
    assert len(set(names)) == len(names)
    assert refers(document) == set(document["components"]["schemas"])
    assert all(one["summary"] for _, _, one in operations(document))


def test_requests_and_answers_of_mlflow_have_their_fields() -> None:
    document = whole()
    schemas = document["components"]["schemas"]
    batch = document["paths"]["/api/2.0/mlflow/runs/log-batch"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(schemas[batch["$ref"].rpartition("/")[2]]["properties"]) == {"run_id", "run_uuid", "metrics", "params", "tags"}
    get = document["paths"]["/api/2.0/mlflow/runs/get"]["get"]
    assert [one["name"] for one in get["parameters"]] == ["run_id", "run_uuid"]
    assert set(schemas["mlflow.Run"]["required"]) == {"info", "data", "inputs"}


def test_a_prefix_is_the_address_of_the_server() -> None:
    assert whole("/ml")["servers"] == [{"url": "/ml"}]
    assert whole()["servers"] == [{"url": "/"}]


def test_the_module_prints_everything_when_asked() -> None:
    command = [sys.executable, "-m", "runstone.server.openapi", "--all"]
    assert json.loads(subprocess.run(command, capture_output=True, check=True).stdout) == json.loads(json.dumps(whole()))


def test_docs_name_every_path_and_load_nothing(api: TestClient) -> None:
    answer = api.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for path, _, _ in operations(whole()):
        assert path in answer.text
    assert not re.search(r"<script|<link|src=|url\(", answer.text)
    assert re.findall(r'href="(?!#)([^"]*)"', answer.text) == [f"{ROOT}/openapi.json"]
    assert set(re.findall(r'href="#([^"]+)"', answer.text)) <= set(re.findall(r'id="([^"]+)"', answer.text))
