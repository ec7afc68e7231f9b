"""Requests and comments over HTTP: under the paths of Databricks, under our own, and by our client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from registry_rest import Ask, serving
from starlette.testclient import TestClient

from runstone.client import MlflowClient
from runstone.contracts import Batch, Store
from runstone.entities.reviews import PROTECTED
from runstone.errors import AlreadyExists, NotFound, WrongState
from runstone.records import ModelVersionCreated, RegisteredModelCreated

OWN = "/api/runstone/v1/models/wine"


@pytest.fixture
def wine(store: Store) -> str:
    made = [ModelVersionCreated(f"v{n}", "wine", 2, f"s3://b/{n}") for n in range(2)]
    store.write(Batch([RegisteredModelCreated("k", "wine", 1), *made]))
    return "wine"


@pytest.fixture
def http(store: Store) -> Iterator[TestClient]:
    with serving(store) as client:
        yield client


def test_requests_of_stages_as_databricks_clients_send_them(ask: Ask, wine: str) -> None:
    of = {"name": wine, "version": "1"}
    made = ask("POST", "transition-requests/create", **of, stage="Staging", comment="try it")["request"]
    assert (made["to_stage"], made["comment"]) == ("Staging", "try it")
    assert made["available_actions"][0] == "APPROVE_TRANSITION_REQUEST"
    assert ask("GET", "transition-requests/list", **of)["requests"] == [made]
    done = ask("POST", "transition-requests/approve", **of, stage="Staging", archive_existing_versions=True, comment="yes")
    activity = done["activity"]
    assert [activity[key] for key in ("activity_type", "from_stage", "to_stage", "comment")] == [
        "APPROVED_REQUEST",
        "None",
        "Staging",
        "yes",
    ]
    assert ask("GET", "model-versions/get", **of)["model_version"]["current_stage"] == "Staging"
    assert ask("GET", "transition-requests/list", **of)["requests"] == []
    gone = ask("POST", "transition-requests/approve", **of, stage="Staging")
    assert (gone.status, gone["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    ask("POST", "transition-requests/create", **of, stage="Production")
    assert (
        ask("POST", "transition-requests/reject", **of, stage="production")["activity"]["activity_type"] == "REJECTED_REQUEST"
    )
    ask("POST", "transition-requests/create", **of, stage="Production")
    assert ask("DELETE", "transition-requests/delete", **of, stage="Production").status == 200
    assert ask("GET", "model-versions/get", **of)["model_version"]["current_stage"] == "Staging"


def test_comments_as_databricks_clients_send_them(ask: Ask, wine: str) -> None:
    made = ask("POST", "comments/create", name=wine, version="1", comment="so so")["comment"]
    assert (made["comment"], made["available_actions"]) == ("so so", ["EDIT_COMMENT", "DELETE_COMMENT"])
    assert ask("PATCH", "comments/update", id=made["id"], comment="good")["comment"]["comment"] == "good"
    assert ask("DELETE", "comments/delete", id=made["id"]).status == 200
    for method, path, fields in (
        ("PATCH", "comments/update", {"id": made["id"], "comment": "x"}),
        ("DELETE", "comments/delete", {"id": made["id"]}),
        ("POST", "comments/create", {"name": wine, "version": "7", "comment": "x"}),
    ):
        assert ask(method, path, **fields).status == 404


def test_our_own_routes(http: TestClient, wine: str) -> None:
    asked = http.post(f"{OWN}/versions/2/requests", json={"alias": "champion", "comment": "better"}).json()
    assert (asked["alias"], asked["before"], asked["may"]) == ("champion", "", ["approve", "reject", "withdraw"])
    place = f"{OWN}/requests/{asked['request_id']}"
    done = http.patch(place, json={"decision": "APPROVED", "comment": "yes"}).json()
    assert (done["state"], done["decision_comment"], done["may"]) == ("APPROVED", "yes", [])
    again: Any = http.patch(place, json={"decision": "REJECTED"})
    assert (again.status_code, again.json()["error_code"]) == (409, "RESOURCE_CONFLICT")
    assert http.get(OWN).json()["aliases"] == {"champion": 2}
    assert http.get(f"{OWN}/requests", params={"version": 2}).json() == {"requests": [done], "may_ask": True}
    assert http.get(f"{OWN}/requests", params={"state": "PENDING"}).json()["requests"] == []
    assert http.get(f"{OWN}/versions/2").json()["moves"][0]["reason"] == "yes"

    said = http.post(f"{OWN}/versions/1/comments", json={"comment": " hello "}).json()["comments"]
    assert [(one["comment"], one["may"]) for one in said] == [("hello", ["edit", "delete"])]
    place = f"{OWN}/versions/1/comments/{said[0]['comment_id']}"
    assert http.patch(place, json={"comment": "bye"}).json()["comments"][0]["comment"] == "bye"
    assert http.delete(place).status_code == 200
    assert http.get(f"{OWN}/versions/1/comments").json() == {"comments": [], "may_add": True}


def test_the_client_asks_and_decides(store: Store, wine: str) -> None:
    client = MlflowClient(store.uri)
    client.set_registered_model_tag(wine, PROTECTED, "Production")
    with pytest.raises(WrongState, match="runstone models request wine/1 --stage Production"):
        client.transition_model_version_stage(wine, 1, "Production")
    client.create_transition_request(wine, 1, "Production", "now")
    with pytest.raises(AlreadyExists):
        client.create_transition_request(wine, "1", "Production")
    client.create_transition_request(wine, 1, alias="champion")
    assert [one.target for one in client.list_transition_requests(wine, 1)] == ["@champion", "Production"]
    done = client.approve_transition_request(wine, 1, "Production", comment="yes")
    assert (done.state, client.get_model_version(wine, 1).current_stage) == ("APPROVED", "Production")
    assert client.reject_transition_request(wine, 1, alias="champion").state == "REJECTED"
    with pytest.raises(NotFound, match="Nothing was asked for"):
        client.delete_transition_request(wine, 1, alias="champion")
    said = client.create_comment(wine, 1, "first")
    assert client.update_comment(said.comment_id, "better") == client.list_comments(wine, 1)[0]
    client.delete_comment(said.comment_id)
    with pytest.raises(NotFound):
        client.delete_comment(said.comment_id)
