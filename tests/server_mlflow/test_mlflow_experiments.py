"""Experiments as MLflow's clients make, find and change them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient


def test_create_and_find_by_id_and_by_name(mlflow: Any) -> None:
    made = mlflow.experiment("iris", tags=[{"key": "team", "value": "a"}])
    found = mlflow.get("experiments/get", experiment_id=made)["experiment"]
    assert (found["name"], found["lifecycle_stage"], found["tags"]) == ("iris", "active", [{"key": "team", "value": "a"}])
    assert found["artifact_location"] == f"mlflow-artifacts:/{made}"
    assert found["creation_time"] == found["last_update_time"] > 0
    assert mlflow.get("experiments/get-by-name", experiment_name="iris")["experiment"] == found


def test_a_name_is_taken_once(mlflow: Any) -> None:
    made = mlflow.experiment("iris")
    message = mlflow.refused("POST", "experiments/create", code="RESOURCE_ALREADY_EXISTS", json={"name": "iris"})
    assert "already exists" in message
    mlflow.post("experiments/delete", experiment_id=made)
    message = mlflow.refused("POST", "experiments/create", code="RESOURCE_ALREADY_EXISTS", json={"name": "iris"})
    assert "deleted" in message


def test_what_is_not_there_is_404(mlflow: Any) -> None:
    for path, query in (
        ("experiments/get", {"experiment_id": "99"}),
        ("experiments/get-by-name", {"experiment_name": "nobody"}),
    ):
        mlflow.refused("GET", path, 404, "RESOURCE_DOES_NOT_EXIST", params=query)
    assert "no number" in mlflow.refused("GET", "experiments/get", params={"experiment_id": "no number"})


def test_rename_tag_untag(mlflow: Any) -> None:
    made = mlflow.experiment("iris")
    mlflow.post("experiments/update", experiment_id=made, new_name="iris 2")
    mlflow.post("experiments/set-experiment-tag", experiment_id=made, key="mlflow.note.content", value="**bold**")
    mlflow.post("experiments/set-experiment-tag", experiment_id=made, key="gone", value="1")
    mlflow.post("experiments/delete-experiment-tag", experiment_id=made, key="gone")
    found = mlflow.get("experiments/get", experiment_id=made)["experiment"]
    assert (found["name"], found["tags"]) == ("iris 2", [{"key": "mlflow.note.content", "value": "**bold**"}])
    body = {"experiment_id": made, "key": "gone"}
    mlflow.refused("POST", "experiments/delete-experiment-tag", 404, "RESOURCE_DOES_NOT_EXIST", json=body)


def test_deleted_is_read_only_until_restored(mlflow: Any) -> None:
    made = mlflow.experiment("iris")
    run = mlflow.run(made)
    mlflow.post("experiments/delete", experiment_id=made)
    assert mlflow.get("experiments/get", experiment_id=made)["experiment"]["lifecycle_stage"] == "deleted"
    assert mlflow.get_run(run)["info"]["lifecycle_stage"] == "deleted"
    mlflow.refused("POST", "experiments/update", json={"experiment_id": made, "new_name": "x"})
    mlflow.refused("POST", "experiments/set-experiment-tag", json={"experiment_id": made, "key": "a", "value": "b"})
    mlflow.refused("POST", "runs/create", json={"experiment_id": made})
    mlflow.refused("POST", "experiments/delete", 404, "RESOURCE_DOES_NOT_EXIST", json={"experiment_id": made})
    mlflow.post("experiments/restore", experiment_id=made)
    assert mlflow.get_run(run)["info"]["lifecycle_stage"] == "active"
    mlflow.refused("POST", "experiments/delete", json={"experiment_id": "0"})


def test_search_filters_orders_and_pages(mlflow: Any) -> None:
    for name in ("a1", "b2", "a3"):
        mlflow.experiment(name, tags=[{"key": "k", "value": name}])
    found = mlflow.post("experiments/search", filter="name LIKE 'a%'", order_by=["name DESC"], max_results=10)
    assert [one["name"] for one in found["experiments"]] == ["a3", "a1"]
    found = mlflow.post("experiments/search", filter="tags.k = 'b2'")
    assert [one["name"] for one in found["experiments"]] == ["b2"]
    names, token = [], ""
    while True:
        page = mlflow.get("experiments/search", max_results="2", order_by=["name ASC"], page_token=token)
        names += [one["name"] for one in page["experiments"]]
        token = page.get("next_page_token", "")
        if not token:
            break
    assert names == ["Default", "a1", "a3", "b2"]


@pytest.mark.parametrize("view", ["DELETED_ONLY", 2, "2"])
def test_views_by_name_and_number(mlflow: Any, view: Any) -> None:
    made = mlflow.experiment("iris")
    mlflow.post("experiments/delete", experiment_id=made)
    found = mlflow.post("experiments/search", view_type=view)["experiments"]
    assert [one["name"] for one in found] == ["iris"]
    assert "ACTIVE_ONLY" in mlflow.refused("POST", "experiments/search", json={"view_type": "SOME"})


def test_a_bad_filter_says_where(mlflow: Any) -> None:
    assert "^" in mlflow.refused("POST", "experiments/search", json={"filter": "name ~ 3"})
    mlflow.refused("POST", "experiments/search", json={"max_results": 0})
    mlflow.refused("POST", "experiments/search", json={"max_results": 50_001})
    mlflow.refused("POST", "experiments/search", json={"page_token": "AAAA"})


@pytest.mark.parametrize("location", ["mlflow-artifacts:/team/iris", "mlflow-artifacts:/a%20b"])
def test_a_location_below_the_served_root_is_taken(mlflow: Any, location: str) -> None:
    made = mlflow.experiment("iris", artifact_location=location)
    assert mlflow.get("experiments/get", experiment_id=made)["experiment"]["artifact_location"] == location
    run = mlflow.get_run(mlflow.run(made))["info"]
    assert run["artifact_uri"] == f"{location}/{run['run_id']}/artifacts"


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc",
        "/etc",
        "./here",
        "relative",
        "s3://somebody/else",
        "http://127.0.0.1:1/x",
        "mlflow-artifacts:/a/../../b",
        "mlflow-artifacts:/%2e%2e/%2e%2e/etc",
        "mlflow-artifacts:/%252e%252e/etc",
        "mlflow-artifacts:/a?b=c",
        "mlflow-artifacts:/a#b",
        "mlflow-artifacts:/a\\..\\b",
        "mlflow-artifacts:/a\x00b",
        "dbfs:/x",
        "http://[",
    ],
)
def test_any_other_location_is_refused(mlflow: Any, location: str) -> None:
    assert "artifact location" in mlflow.refused(
        "POST", "experiments/create", json={"name": "x", "artifact_location": location}
    )


def test_a_path_inside_the_root_is_shown_as_the_proxys(mlflow: Any, tmp_path: Any) -> None:
    made = mlflow.experiment("iris", artifact_location=str(tmp_path / "store/artifacts/mine"))
    assert mlflow.get("experiments/get", experiment_id=made)["experiment"]["artifact_location"] == "mlflow-artifacts:/mine"
    mlflow.refused("POST", "experiments/create", json={"name": "y", "artifact_location": f"{tmp_path}/store/artifacts-not"})


def test_without_served_artifacts_places_are_shown_as_they_are(serve: Callable[..., TestClient], tmp_path: Any) -> None:
    client = serve(artifact_destination="", artifact_root="s3://bucket/ml")
    made = client.post("/api/2.0/mlflow/experiments/create", json={"name": "x"}).json()["experiment_id"]
    found = client.get("/api/2.0/mlflow/experiments/get", params={"experiment_id": made}).json()["experiment"]
    assert found["artifact_location"].startswith("s3://bucket/ml/")
    body = {"name": "y", "artifact_location": "mlflow-artifacts:/y"}
    assert "--no-serve-artifacts" in client.post("/api/2.0/mlflow/experiments/create", json=body).json()["message"]
    body = {"name": "y", "artifact_location": "s3://bucket/ml/y"}
    assert client.post("/api/2.0/mlflow/experiments/create", json=body).status_code == 200
