"""Logged models as MLflow's clients make, describe and find them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def models(mlflow: Any) -> dict[str, str]:
    """Three models of one experiment; two with accuracies on two datasets."""
    made = mlflow.experiment("iris")
    found = {"experiment": made}
    for place, name in enumerate(("tree", "forest", "linear")):
        body = {"name": name, "model_type": "classifier", "params": [{"key": "depth", "value": str(place)}]}
        found[name] = mlflow.post("logged-models", experiment_id=made, **body)["model"]["info"]["model_id"]
    run = mlflow.run(made)
    for step, (name, dataset, value) in enumerate(
        (("tree", "train", 0.9), ("tree", "test", 0.5), ("forest", "train", 0.8), ("forest", "test", 0.7))
    ):
        point = {"key": "acc", "value": value, "timestamp": 10 + step, "step": 0, "dataset_digest": "d"}
        mlflow.post("runs/log-metric", run_id=run, model_id=found[name], dataset_name=dataset, **point)
    return found


def names(mlflow: Any, models: dict[str, str], **query: Any) -> list[str]:
    found = mlflow.post("logged-models/search", experiment_ids=[models["experiment"]], **query)["models"]
    return [one["info"]["name"] for one in found]


def test_from_pending_to_ready(mlflow: Any) -> None:
    made = mlflow.experiment("iris")
    run = mlflow.run(made)
    body = {"experiment_id": made, "name": "forest", "source_run_id": run, "tags": [{"key": "a", "value": "b"}]}
    info = mlflow.post("logged-models", **body)["model"]["info"]
    model_id = info["model_id"]
    assert model_id.startswith("m-")
    assert (info["status"], info["source_run_id"], info["tags"]) == ("LOGGED_MODEL_PENDING", run, [{"key": "a", "value": "b"}])
    assert info["artifact_uri"] == f"mlflow-artifacts:/{made}/models/{model_id}/artifacts"
    path = f"logged-models/{model_id}"
    mlflow.answer("PATCH", path, json={"model_id": model_id, "status": "LOGGED_MODEL_READY"})
    assert mlflow.get(path)["model"]["info"]["status"] == "LOGGED_MODEL_READY"
    mlflow.answer("PATCH", path, json={"status": 3})
    assert mlflow.get(path)["model"]["info"]["status"] == "LOGGED_MODEL_UPLOAD_FAILED"
    assert "status" in mlflow.refused("PATCH", path, json={"status": "GREAT"})


def test_a_model_without_a_name_gets_one(mlflow: Any) -> None:
    assert mlflow.post("logged-models", experiment_id="0")["model"]["info"]["name"].count("-") == 2
    for name in ("a/b", "a:b", "a.b", "50%"):
        mlflow.refused("POST", "logged-models", json={"experiment_id": "0", "name": name})
    mlflow.refused("POST", "logged-models", 404, "RESOURCE_DOES_NOT_EXIST", json={"experiment_id": "99", "name": "x"})


def test_tags_and_params(mlflow: Any, models: dict[str, str]) -> None:
    path = f"logged-models/{models['tree']}"
    mlflow.answer("PATCH", f"{path}/tags", json={"tags": [{"key": "t", "value": "1"}, {"key": "a/b", "value": "2"}]})
    mlflow.answer("DELETE", f"{path}/tags/a%2Fb", json={})
    mlflow.refused("DELETE", f"{path}/tags/a%2Fb", 404, "RESOURCE_DOES_NOT_EXIST", json={})
    mlflow.post(f"{path}/params", params=[{"key": "lr", "value": "0.1"}, {"key": "depth", "value": "0"}])
    assert "not allowed" in mlflow.refused("POST", f"{path}/params", json={"params": [{"key": "lr", "value": "0.2"}]})
    found = mlflow.get(path)["model"]
    assert found["info"]["tags"] == [{"key": "t", "value": "1"}]
    assert found["data"]["params"] == [{"key": "depth", "value": "0"}, {"key": "lr", "value": "0.1"}]


def test_points_belong_to_their_model(mlflow: Any, models: dict[str, str]) -> None:
    points = mlflow.get(f"logged-models/{models['tree']}")["model"]["data"]["metrics"]
    assert [(point["key"], point["value"], point["dataset_name"]) for point in points] == [
        ("acc", 0.9, "train"),
        ("acc", 0.5, "test"),
    ]
    assert {point["model_id"] for point in points} == {models["tree"]}


def test_search_by_attributes_params_and_points(mlflow: Any, models: dict[str, str]) -> None:
    assert names(mlflow, models, filter="name LIKE '%r%'", order_by=[{"field_name": "name"}]) == ["forest", "linear", "tree"]
    assert names(mlflow, models, filter="params.depth = '1' AND model_type = 'classifier'") == ["forest"]
    assert names(mlflow, models, filter="metrics.acc >= 0.9") == ["tree"]
    assert names(mlflow, models, filter="metrics.acc > 0.6", datasets=[{"dataset_name": "test"}]) == ["forest"]
    assert sorted(names(mlflow, models, datasets=[{"dataset_name": "train", "dataset_digest": "d"}])) == ["forest", "tree"]
    assert names(mlflow, models, datasets=[{"dataset_name": "train", "dataset_digest": "other"}]) == []
    on_train = {"field_name": "metrics.acc", "ascending": False, "dataset_name": "train"}
    assert names(mlflow, models, order_by=[on_train]) == ["tree", "forest", "linear"]
    assert names(mlflow, models, order_by=[{**on_train, "dataset_name": "test"}]) == ["forest", "tree", "linear"]
    assert names(mlflow, models, order_by=[{"field_name": "creation_time", "ascending": True}, {"field_name": "name"}])
    body = {"experiment_ids": [models["experiment"]]}
    mlflow.refused("POST", "logged-models/search", json={**body, "order_by": [{"field_name": "size"}]})
    mlflow.refused("POST", "logged-models/search", json={**body, "filter": "size > 3"})
    mlflow.refused("POST", "logged-models/search", json={"filter": "name = 'x'"})


def test_search_pages(mlflow: Any, models: dict[str, str]) -> None:
    query = {"experiment_ids": [models["experiment"]], "max_results": 2, "order_by": [{"field_name": "name"}]}
    first = mlflow.post("logged-models/search", **query)
    second = mlflow.post("logged-models/search", **query, page_token=first["next_page_token"])
    assert [one["info"]["name"] for one in (*first["models"], *second["models"])] == ["forest", "linear", "tree"]
    assert "next_page_token" not in second


def test_deleted_is_gone_unless_asked_for(mlflow: Any, models: dict[str, str]) -> None:
    path = f"logged-models/{models['tree']}"
    mlflow.answer("DELETE", path)
    mlflow.answer("DELETE", path)  # a client repeats a call whose answer it did not see
    mlflow.refused("DELETE", "logged-models/m-none", 404, "RESOURCE_DOES_NOT_EXIST")
    mlflow.refused("GET", path, 404, "RESOURCE_DOES_NOT_EXIST")
    assert mlflow.get(path, allow_deleted="true")["model"]["info"]["name"] == "tree"
    assert "tree" not in names(mlflow, models)
    mlflow.refused("PATCH", f"{path}/tags", 404, "RESOURCE_DOES_NOT_EXIST", json={"tags": [{"key": "t", "value": "1"}]})


def test_files_are_listed(mlflow: Any, models: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "store/artifacts" / models["experiment"] / "models" / models["tree"] / "artifacts"
    folder.mkdir(parents=True)
    (folder / "MLmodel").write_text("flavors: {}")
    path = f"logged-models/{models['tree']}/artifacts/directories"
    assert mlflow.get(path)["files"] == [{"path": "MLmodel", "is_dir": False, "file_size": 11}]
    mlflow.refused("GET", path, params={"artifact_directory_path": "../.."})


def test_datasets_of_experiments(mlflow: Any) -> None:
    made = mlflow.experiment("iris")
    run = mlflow.run(made)
    for name, context in (("iris", "training"), ("iris", "test"), ("wine", "")):
        tags = [{"key": "mlflow.data.context", "value": context}] if context else []
        dataset = {"name": name, "digest": "abc", "source_type": "local", "source": "{}"}
        mlflow.post("runs/log-inputs", run_id=run, datasets=[{"dataset": dataset, "tags": tags}])
    found = mlflow.post("experiments/search-datasets", experiment_ids=[made])["dataset_summaries"]
    assert found == [
        {"experiment_id": made, "name": "iris", "digest": "abc", "context": "test"},
        {"experiment_id": made, "name": "iris", "digest": "abc", "context": "training"},
        {"experiment_id": made, "name": "wine", "digest": "abc"},
    ]
    mlflow.refused("POST", "experiments/search-datasets", json={"experiment_ids": []})
    mlflow.refused("POST", "experiments/search-datasets", json={"experiment_ids": ["0"] * 21})
