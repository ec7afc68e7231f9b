"""What this server has not, and addresses that no program means: JSON at once, never a page, never what a client repeats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

#: Status codes that MLflow's clients try again for minutes.
REPEATED = {408, 429, 500, 502, 503, 504}


@pytest.mark.parametrize("root", ["/api/3.0/mlflow", "/ajax-api/3.0/mlflow"])
@pytest.mark.parametrize(
    ("method", "path", "code", "word"),
    [
        ("GET", "workspaces", "FEATURE_DISABLED", "--auth"),
        ("POST", "workspaces", "FEATURE_DISABLED", "one store"),
        ("DELETE", "workspaces/team", "FEATURE_DISABLED", "Workspaces"),
        ("GET", "gateway/endpoints/list", "NOT_IMPLEMENTED", "gateway"),
        ("POST", "gateway/secrets/create", "NOT_IMPLEMENTED", "secrets"),
        ("POST", "prompt-optimization/jobs", "NOT_IMPLEMENTED", "optimize_prompts"),
        ("GET", "prompt-optimization/jobs/1", "NOT_IMPLEMENTED", "jobs"),
    ],
)
def test_what_is_not_offered_says_so(mlflow: Any, root: str, method: str, path: str, code: str, word: str) -> None:
    found = mlflow.client.request(method, f"{root}/{path}", json={"name": "team"})
    assert (found.status_code, found.json()["error_code"]) == (501, code)
    assert word in found.json()["message"]
    assert found.status_code not in REPEATED


@pytest.mark.parametrize("prefix", ["", "/ml"])
@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", "/gateway/chat/mlflow/invocations", "NOT_IMPLEMENTED"),
        ("GET", "/gateway/openai/v1/models", "NOT_IMPLEMENTED"),
        ("POST", "/graphql", "ENDPOINT_NOT_FOUND"),
        ("GET", "/graphql", "ENDPOINT_NOT_FOUND"),
        ("GET", "/api", "ENDPOINT_NOT_FOUND"),
        ("GET", "/ajax-api", "ENDPOINT_NOT_FOUND"),
        ("GET", "//api/2.0/mlflow/nothing", "ENDPOINT_NOT_FOUND"),
        ("GET", "/api/2.0/mlflow/unified-traces", "ENDPOINT_NOT_FOUND"),
        ("GET", "/api/2.0/mlflow/get-online-trace-details", "ENDPOINT_NOT_FOUND"),
        ("POST", "/api/4.0/mlflow/traces/search", "ENDPOINT_NOT_FOUND"),
        ("GET", "/api/5.0/mlflow/tracing/locations", "ENDPOINT_NOT_FOUND"),
        ("GET", "/api/2.0/preview/mlflow/nothing", "ENDPOINT_NOT_FOUND"),
    ],
)
def test_unknown_addresses_of_programs_are_json(
    serve: Callable[..., TestClient], prefix: str, method: str, path: str, code: str
) -> None:
    found = serve(prefix=prefix).request(method, f"http://127.0.0.1:5000{prefix}{path}", json={} if method == "POST" else None)
    assert found.headers["content-type"] == "application/json"
    assert found.json()["error_code"] == code
    assert found.status_code == (501 if code == "NOT_IMPLEMENTED" else 404)


def test_a_workspace_is_not_ignored(mlflow: Any) -> None:
    """Else runs of a client that names one would land among everybody's."""
    for path in ("/api/2.0/mlflow/experiments/search", "/api/2.0/mlflow-artifacts/artifacts", "/api/2.0/preview/mlflow/x"):
        found = mlflow.client.get(path, headers={"X-MLFLOW-WORKSPACE": "team"})
        assert (found.status_code, found.json()["error_code"]) == (501, "FEATURE_DISABLED")
    assert mlflow.client.get("/api/2.0/mlflow/experiments/search", headers={"X-MLFLOW-WORKSPACE": " "}).status_code == 200
    info = mlflow.client.get("/api/3.0/mlflow/server-info", headers={"X-MLFLOW-WORKSPACE": "team"})
    assert info.json()["workspaces_enabled"] is False
