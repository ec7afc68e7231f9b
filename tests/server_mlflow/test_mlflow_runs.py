"""Runs as MLflow's clients start, fill, search and end them."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from runstone.contracts import Batch
from runstone.records import RunChanged


def test_a_run_from_start_to_end(mlflow: Any) -> None:
    made = mlflow.experiment("iris")
    body = {"experiment_id": made, "user_id": "ada", "run_name": "first", "start_time": 1000}
    run = mlflow.post("runs/create", **body, tags=[{"key": "t", "value": "v"}])["run"]
    info = run["info"]
    assert (info["status"], info["run_name"], info["user_id"], info["start_time"]) == ("RUNNING", "first", "ada", 1000)
    assert info["run_id"] == info["run_uuid"]
    assert info["artifact_uri"] == f"mlflow-artifacts:/{made}/{info['run_id']}/artifacts"
    run_id = info["run_id"]
    ended = mlflow.post("runs/update", run_id=run_id, status="FINISHED", end_time=2000)["run_info"]
    assert (ended["status"], ended["end_time"]) == ("FINISHED", 2000)
    tags = {tag["key"]: tag["value"] for tag in mlflow.get_run(run_id)["data"]["tags"]}
    assert tags == {"t": "v", "mlflow.runName": "first"}
    again = mlflow.post("runs/update", run_id=run_id, status="RUNNING")["run_info"]
    assert again["status"] == "RUNNING"
    assert "end_time" not in again


def test_the_name_and_its_tag_are_one_thing(mlflow: Any) -> None:
    run = mlflow.run(tags=[{"key": "mlflow.runName", "value": "by tag"}])
    assert mlflow.get_run(run)["info"]["run_name"] == "by tag"
    mlflow.post("runs/update", run_id=run, run_name="by update")
    assert {"key": "mlflow.runName", "value": "by update"} in mlflow.get_run(run)["data"]["tags"]
    mlflow.post("runs/set-tag", run_id=run, key="mlflow.runName", value="again by tag")
    assert mlflow.get_run(run)["info"]["run_name"] == "again by tag"
    body = {"run_name": "a", "tags": [{"key": "mlflow.runName", "value": "b"}]}
    assert "different" in mlflow.refused("POST", "runs/create", json=body)


def test_a_run_without_a_name_gets_one(mlflow: Any) -> None:
    assert len(mlflow.get_run(mlflow.run())["info"]["run_name"].split("-")) == 3


@pytest.mark.parametrize("time", [2**63, -(2**63) - 1])
def test_times_that_no_store_can_keep_are_refused_by_their_name(mlflow: Any, time: int) -> None:
    assert "'start_time'" in mlflow.refused("POST", "runs/create", json={"experiment_id": "0", "start_time": time})
    assert "'end_time'" in mlflow.refused("POST", "runs/update", json={"run_id": mlflow.run(), "end_time": str(time)})


@pytest.mark.parametrize("half", ["dataset_name", "dataset_digest"])
def test_a_metric_names_a_dataset_whole_or_not_at_all(mlflow: Any, half: str) -> None:
    point = {"run_id": mlflow.run(), "key": "m", "value": 1, "timestamp": 1, half: "x"}
    assert half in mlflow.refused("POST", "runs/log-metric", json=point)


def test_params_never_change(mlflow: Any) -> None:
    run = mlflow.run()
    mlflow.post("runs/log-parameter", run_id=run, key="lr", value="0.1")
    mlflow.post("runs/log-parameter", run_id=run, key="lr", value="0.1")
    body = {"run_id": run, "key": "lr", "value": "0.2"}
    assert "Changing param values is not allowed" in mlflow.refused("POST", "runs/log-parameter", json=body)
    both = {"run_id": run, "params": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]}
    assert "Duplicate" in mlflow.refused("POST", "runs/log-batch", json=both)
    assert mlflow.get_run(run)["data"]["params"] == [{"key": "lr", "value": "0.1"}]


def test_a_batch_is_all_or_nothing(mlflow: Any) -> None:
    run = mlflow.run()
    mlflow.post("runs/log-parameter", run_id=run, key="lr", value="0.1")
    mlflow.refused(
        "POST",
        "runs/log-batch",
        json={
            "run_id": run,
            "metrics": [{"key": "m", "value": 1, "timestamp": 1, "step": 0}],
            "params": [{"key": "lr", "value": "changed"}],
            "tags": [{"key": "new", "value": "v"}],
        },
    )
    data = mlflow.get_run(run)["data"]
    assert not data["metrics"]
    assert "new" not in {tag["key"] for tag in data["tags"]}


@pytest.mark.parametrize(
    ("what", "count", "one"),
    [("metrics", 1001, {"value": 1, "timestamp": 1}), ("params", 101, {"value": "1"}), ("tags", 101, {"value": "1"})],
)
def test_a_batch_has_limits(mlflow: Any, what: str, count: int, one: dict[str, Any]) -> None:
    run = mlflow.run()
    items = [{"key": f"k{i}", **one} for i in range(count)]
    message = mlflow.refused("POST", "runs/log-batch", json={"run_id": run, what: items})
    assert message.startswith(f"A batch logging request can contain at most {count - 1} {what}")
    mlflow.post("runs/log-batch", run_id=run, **{what: items[1:]})


def test_an_empty_batch_still_needs_its_run(mlflow: Any) -> None:
    mlflow.post("runs/log-batch", run_id=mlflow.run())
    mlflow.refused("POST", "runs/log-batch", 404, "RESOURCE_DOES_NOT_EXIST", json={"run_id": "nobody"})


@pytest.mark.parametrize("key", ["x" * 251, "/a", "a/../b", "..", "a\nb", "a\x00"])
def test_keys_that_cannot_be_are_refused(mlflow: Any, key: str) -> None:
    run = mlflow.run()
    body = '{"run_id": "%s", "key": %s, "value": "1", "timestamp": 1}'
    for path in ("runs/log-metric", "runs/log-parameter", "runs/set-tag"):
        mlflow.refused("POST", path, content=body % (run, json.dumps(key)))


@pytest.mark.parametrize("key", ["loss", "ключ", "a/b c.d-e:f", "x" * 250, "50%", "a=b"])
def test_keys_of_any_language_are_taken(mlflow: Any, key: str) -> None:
    run = mlflow.run()
    mlflow.post("runs/log-metric", run_id=run, key=key, value=1.0, timestamp=1)
    mlflow.post("runs/log-parameter", run_id=run, key=key, value="v" * 10_000)
    data = mlflow.get_run(run)["data"]
    assert data["metrics"][0]["key"] == key
    assert data["params"] == [{"key": key, "value": "v" * 10_000}]


def test_deleted_runs_are_read_only(mlflow: Any) -> None:
    run = mlflow.run()
    mlflow.post("runs/delete", run_id=run)
    assert mlflow.get_run(run)["info"]["lifecycle_stage"] == "deleted"
    for path, body in (
        ("runs/log-metric", {"key": "m", "value": 1, "timestamp": 1}),
        ("runs/log-parameter", {"key": "p", "value": "1"}),
        ("runs/set-tag", {"key": "t", "value": "1"}),
        ("runs/update", {"status": "FINISHED"}),
        ("runs/log-batch", {"tags": [{"key": "t", "value": "1"}]}),
        ("runs/log-inputs", {"models": [{"model_id": "m-1"}]}),
    ):
        assert "active" in mlflow.refused("POST", path, json={"run_id": run, **body})
    mlflow.post("runs/restore", run_id=run)
    mlflow.post("runs/set-tag", run_id=run, key="t", value="1")


def test_tags_are_set_and_removed(mlflow: Any) -> None:
    run = mlflow.run(run_name="n")
    mlflow.post("runs/set-tag", run_id=run, key="t", value="1")
    mlflow.post("runs/set-tag", run_uuid=run, key="t", value="2")
    assert {"key": "t", "value": "2"} in mlflow.get_run(run)["data"]["tags"]
    mlflow.post("runs/delete-tag", run_id=run, key="t")
    mlflow.refused("POST", "runs/delete-tag", 404, "RESOURCE_DOES_NOT_EXIST", json={"run_id": run, "key": "t"})


def test_search_filters_orders_and_pages(mlflow: Any) -> None:
    made = mlflow.experiment("iris")
    runs = []
    for i in range(5):
        run = mlflow.run(made, run_name=f"r{i}")
        value = {3: math.nan}.get(i, float(i))
        points = [] if i == 4 else [{"key": "acc", "value": value if value == value else "NaN", "timestamp": 1, "step": 1}]
        mlflow.post("runs/log-batch", run_id=run, metrics=points, params=[{"key": "p", "value": str(i % 2)}])
        runs.append(run)
    asked = {"experiment_ids": [made], "order_by": ["metrics.acc DESC"]}
    found = mlflow.post("runs/search", **asked)["runs"]
    assert [one["info"]["run_name"] for one in found] == ["r2", "r1", "r0", "r3", "r4"]  # NaN, then missing, last
    assert found[3]["data"]["metrics"][0]["value"] == "NaN"
    found = mlflow.post("runs/search", experiment_ids=[made], filter="params.p = '1' and metrics.acc < 2")["runs"]
    assert [one["info"]["run_name"] for one in found] == ["r1"]
    first = mlflow.post("runs/search", **asked, max_results=3)
    second = mlflow.post("runs/search", **asked, max_results=3, page_token=first["next_page_token"])
    assert len(first["runs"]) == 3
    assert [one["info"]["run_name"] for one in second["runs"]] == ["r3", "r4"]
    assert "next_page_token" not in second
    mlflow.post("runs/delete", run_id=runs[0])
    deleted = mlflow.post("runs/search", experiment_ids=[made], run_view_type="DELETED_ONLY")["runs"]
    assert [one["info"]["run_id"] for one in deleted] == [runs[0]]
    assert mlflow.post("runs/search", experiment_ids=[])["runs"] == []
    mlflow.refused("POST", "runs/search", json={"experiment_ids": [made], "max_results": 50_001})
    mlflow.refused("POST", "runs/search", json={"experiment_ids": [made], "filter": "metrics.acc >"})


def test_inputs_and_outputs(mlflow: Any) -> None:
    run = mlflow.run()
    dataset = {"name": "iris", "digest": "abc", "source_type": "local", "source": "{}", "schema": "{}", "profile": "{}"}
    context = [{"key": "mlflow.data.context", "value": "training"}]
    mlflow.post("runs/log-inputs", run_id=run, datasets=[{"dataset": dataset, "tags": context}], models=[{"model_id": "m-1"}])
    mlflow.post("runs/log-inputs", run_id=run, datasets=[{"dataset": dataset, "tags": context}])
    mlflow.post("runs/outputs", run_id=run, models=[{"model_id": "m-2", "step": "7"}])
    found = mlflow.get_run(run)
    assert found["inputs"]["dataset_inputs"] == [{"dataset": dataset, "tags": context}]
    assert found["inputs"]["model_inputs"] == [{"model_id": "m-1"}]
    assert found["outputs"]["model_outputs"] == [{"model_id": "m-2", "step": 7}]
    long = {"run_id": run, "datasets": [{"dataset": {**dataset, "digest": "x" * 37}}]}
    assert "datasets[0].dataset.digest" in mlflow.refused("POST", "runs/log-inputs", json=long)


def test_a_model_of_mlflow_2_is_kept_in_its_tag(mlflow: Any) -> None:
    run = mlflow.run()
    model = {"artifact_path": "model", "flavors": {}, "utc_time_created": "now", "run_id": run}
    for path in ("one", "two"):
        mlflow.post("runs/log-model", run_id=run, model_json=json.dumps({**model, "artifact_path": path}))
    tags = {tag["key"]: tag["value"] for tag in mlflow.get_run(run)["data"]["tags"]}
    assert [one["artifact_path"] for one in json.loads(tags["mlflow.log-model.history"])] == ["one", "two"]
    mlflow.refused("POST", "runs/log-model", json={"run_id": run, "model_json": "{}"})
    mlflow.refused("POST", "runs/log-model", json={"run_id": run, "model_json": "no"})


def test_a_crashed_run_has_failed_for_mlflow(mlflow: Any, store: Any) -> None:
    run = mlflow.run()
    store.write(Batch([RunChanged(run, 5, status="CRASHED", cause="signal 9")]))
    assert mlflow.get_run(run)["info"]["status"] == "FAILED"


def test_artifacts_are_listed(mlflow: Any, tmp_path: Any) -> None:
    run = mlflow.run()
    folder = tmp_path / "store/artifacts/0" / run / "artifacts"
    (folder / "model").mkdir(parents=True)
    (folder / "model/MLmodel").write_text("x: 1")
    found = mlflow.get("artifacts/list", run_id=run)
    assert found["root_uri"] == f"mlflow-artifacts:/0/{run}/artifacts"
    assert found["files"] == [{"path": "model", "is_dir": True}]
    inside = mlflow.get("artifacts/list", run_id=run, path="model")["files"]
    assert inside == [{"path": "model/MLmodel", "is_dir": False, "file_size": 4}]
    for path in ("../../..", "/etc", "a/../../b"):
        mlflow.refused("GET", "artifacts/list", params={"run_id": run, "path": path})
