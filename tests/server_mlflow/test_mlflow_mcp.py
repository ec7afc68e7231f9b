"""Whatever a caller writes into an MCP server is refused or harmless: it can still be read, and is never a 5xx."""

from __future__ import annotations

from typing import Any

import pytest
from test_mlflow_nonsense import NONSENSE

ROOT, NAME = "/api/3.0/mlflow/mcp-servers", "com.example%2Fweather"
VERSION = {"name": "com.example/weather", "version": "1.0.0"}


@pytest.fixture
def server(mlflow: Any) -> Any:
    """The client, where there is a server with a version, an alias and an access endpoint."""
    for path, body in (
        ("versions", {"server_json": VERSION, "status": "active"}),
        ("aliases", {"alias": "prod", "version": "1.0.0"}),
        ("endpoints", {"url": "https://h/x", "server_alias": "prod"}),
    ):
        assert mlflow.client.post(f"{ROOT}/{NAME}/{path}", json=body).status_code == 200
    return mlflow.client


def test_nonsense_is_refused_or_can_be_read(server: Any) -> None:
    (endpoint,) = server.get(f"{ROOT}/{NAME}").json()["access_endpoints"]
    for number, odd in enumerate(NONSENSE):
        asked = [("PATCH", "", {field: odd}) for field in ("display_name", "description", "icons", "latest_version")]
        asked += [("PATCH", "/versions/1.0.0", {field: odd}) for field in ("status", "tools", "connect_options")]
        asked += [("PATCH", "/versions/1.0.0", {"tools": [{"name": "t", "icons": odd}]})]
        asked += [("PATCH", "", {"icons": [{"src": "https://h/i.png", "theme": odd, "mimeType": odd}]})]
        asked += [("PATCH", "", {"icons": [{"src": "https://h/i.png", "theme": odd}]})]
        asked += [("PATCH", "/versions/1.0.0", {"connect_options": {"a": {"hidden": odd}}})]
        fields = ("url", "transport_type", "server_version", "server_alias")
        asked += [("PATCH", f"/endpoints/{endpoint['id']}", {field: odd}) for field in fields]
        asked += [("POST", "/tags", {"key": odd, "value": "v"}), ("POST", "/tags", {"key": "k", "value": odd})]
        asked += [("POST", "/aliases", {"alias": odd, "version": "1.0.0"})]
        own = {**VERSION, "version": f"2.0.{number}"}
        asked += [
            ("POST", "/versions", {"server_json": {**own, field: odd}, "status": "active"})
            for field in ("icons", "description", "name", "version", "_meta")
        ]
        asked += [("POST", "/versions", {"server_json": odd}), ("POST", "/versions", {"server_json": {"server": odd}})]
        for method, path, body in asked:
            found = server.request(method, f"{ROOT}/{NAME}{path}", json=body)
            assert found.status_code < 500, (method, path, body, found.text)
            assert found.status_code == 200 or set(found.json()) >= {"error_code", "message"}
            if found.status_code == 200:
                told = server.get(f"{ROOT}/{NAME}")
                assert told.status_code == 200, (method, path, body, told.text)
                assert isinstance(told.json()["description"], str | None)


def test_what_is_left_out_stays_and_null_removes(server: Any) -> None:
    def change(**body: Any) -> Any:
        return server.patch(f"{ROOT}/{NAME}", json=body).json()

    assert change(display_name="Weather", description="words")["description"] == "words"
    assert change(description="other")["display_name"] == "Weather"
    assert change(display_name=None)["display_name"] is None
    tools = [{"name": "look"}]
    path = f"{ROOT}/{NAME}/versions/1.0.0"
    assert server.patch(path, json={"tools": tools}).json()["tools"] == tools
    assert server.patch(path, json={"connect_options": {"a": {"hidden": True}}}).json()["tools"] == tools
    assert server.patch(path, json={"tools": None}).json()["tools"] == []
    refused = server.patch(path, json={"status": None})
    assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_a_server_as_mcps_own_registry_hands_it_out(server: Any) -> None:
    envelope = {"server": {**VERSION, "version": "1.1.0"}, "_meta": {"x": 1}}
    made = server.post(f"{ROOT}/{NAME}/versions", json={"server_json": envelope}).json()
    assert (made["version"], made["server_json"]) == ("1.1.0", envelope["server"])
