"""Experiments over HTTP."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from starlette.testclient import TestClient

from runstone.contracts import Batch
from runstone.records import ExperimentCreated, RunChanged, RunStarted
from runstone.testing.store_suite import metrics

API = "/api/runstone/v1"


def names(api: TestClient, **query: str) -> list[str]:
    return [one["name"] for one in api.get(f"{API}/experiments", params=query).json()["experiments"]]


def test_a_made_experiment_is_listed_with_nothing_in_it(api: TestClient) -> None:
    made = api.post(f"{API}/experiments", json={"name": "näme / ☃", "tags": {"k": "v"}}).json()
    assert made["tags"] == {"k": "v"}
    assert (made["runs"], made["running"], made["last_activity"], made["objective"]) == (0, 0, None, None)
    listed = {one["experiment_id"]: one for one in api.get(f"{API}/experiments").json()["experiments"]}
    assert listed[made["experiment_id"]] == made
    assert api.get(f"{API}/experiments/{made['experiment_id']}").json() == made


def test_a_name_that_is_taken_is_refused(api: TestClient, experiment: str) -> None:
    answer = api.post(f"{API}/experiments", json={"name": "iris"})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "RESOURCE_ALREADY_EXISTS")
    assert "iris" in answer.json()["message"]
    answer = api.patch(f"{API}/experiments/{experiment}", json={"name": "Default"})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "RESOURCE_ALREADY_EXISTS")
    assert api.patch(f"{API}/experiments/{experiment}", json={"name": "iris"}).status_code == 200


def test_runs_are_counted_and_the_objective_is_guessed_or_said(api: TestClient, experiment: str, make_run) -> None:  # type: ignore[no-untyped-def]
    make_run(metrics={"train_loss": [0.5], "test_accuracy": [0.9]}, start=10_000)
    make_run(status="RUNNING", start=20_000)
    row = api.get(f"{API}/experiments/{experiment}").json()
    assert (row["runs"], row["running"], row["last_activity"]) == (2, 1, 20_000)
    assert row["objective"] == {
        "key": "test_accuracy", "direction": "max", "guessed": True, "statistic": "last", "unit": "",
    }  # fmt: skip
    tags = {"runstone.objective": "train_loss", "runstone.objective.direction": "min"}
    row = api.patch(f"{API}/experiments/{experiment}", json={"tags": tags}).json()
    assert row["objective"] == {"key": "train_loss", "direction": "min", "guessed": False, "statistic": "last", "unit": ""}


def test_the_list_takes_as_many_statements_for_many_experiments_as_for_one(
    api: TestClient, store: Any, experiment: str, make_run: Any
) -> None:
    make_run(metrics={"loss": [0.5]}, start=20_000)
    longest = make_run(start=10_000, status="RUNNING")
    store.write(Batch([RunChanged(longest, 30_000, status="FINISHED")]))
    sent: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda _c, _k, statement, *_: sent.append(statement))

    def asked() -> int:
        sent.clear()
        rows = {row["experiment_id"]: row for row in api.get(f"{API}/experiments").json()["experiments"]}
        assert [rows[experiment][name] for name in ("runs", "running", "last_activity")] == [2, 0, 30_000]
        chores = ("leases", "webhook")  # what the server looks after by itself, at any moment
        return len([one for one in sent if one.startswith("SELECT") and not any(table in one for table in chores)])

    few = asked()
    store.write(Batch([ExperimentCreated(f"n{number}", str(100 + number)) for number in range(60)]))
    started = [RunStarted(f"r{number}", str(100 + number), number, "r") for number in range(60)]
    store.write(Batch([*started, *(metrics(f"r{number}", accuracy=[(0, 1.0, 1)]) for number in range(60))]))
    assert asked() == few <= 8


def test_a_metric_of_the_newest_runs(api: TestClient, experiment: str, make_run) -> None:  # type: ignore[no-untyped-def]
    for start, loss in enumerate((0.5, float("inf"), 0.25)):
        make_run(metrics={"loss": [loss, loss + 1]}, start=start)
    body = {"columns": {experiment: "metrics.loss:min", "0": "metrics.loss", "4711": "metrics.loss"}}
    assert api.post(f"{API}/experiments/recent", json=body).json() == {"values": {experiment: [0.5, "Infinity", 0.25]}}
    assert api.post(f"{API}/experiments/recent", json={**body, "runs": 1}).json() == {"values": {experiment: [0.25]}}
    answer = api.post(f"{API}/experiments/recent", json={"columns": {experiment: "params.lr"}})
    assert (answer.status_code, "metrics.KEY" in answer.json()["message"]) == (400, True)


def test_experiments_are_found_by_their_tags(api: TestClient, experiment: str) -> None:
    assert names(api, q="TEAM=a") == names(api, q="eam=") == ["iris"]
    api.patch(f"{API}/experiments/{experiment}", json={"tags": {"runstone.view.1-aaaaaaaaaa": '{"name": "hidden"}'}})
    assert names(api, q="hidden") == []


def test_edit_trash_and_back(api: TestClient, experiment: str) -> None:
    path = f"{API}/experiments/{experiment}"
    row = api.patch(path, json={"name": "flowers", "tags": {"team": None, "new": "1"}}).json()
    assert (row["name"], row["tags"]) == ("flowers", {"new": "1"})
    assert api.patch(path, json={"deleted": True}).json()["lifecycle_stage"] == "deleted"
    assert "flowers" not in names(api)
    assert names(api, view="deleted") == ["flowers"]
    assert "flowers" in names(api, view="all")
    assert api.patch(path, json={"deleted": False}).json()["lifecycle_stage"] == "active"
    assert names(api, q="LOW") == ["flowers"]
    assert names(api, q="nothing like it") == []


def test_an_unknown_experiment_is_not_found(api: TestClient) -> None:
    for answer in (
        api.get(f"{API}/experiments/4711"),
        api.patch(f"{API}/experiments/4711", json={"name": "x"}),
        api.get(f"{API}/experiments/not-a-number"),
        api.post(f"{API}/runs/table", json={"experiment_ids": ["4711"]}),
        api.get(f"{API}/keys", params={"kind": "metrics", "exp": "4711"}),
    ):
        assert (answer.status_code, answer.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST"), answer.text
