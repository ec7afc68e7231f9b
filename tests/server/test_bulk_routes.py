"""One change of many runs: moved with all that is theirs, tagged, stopped, deleted; what was left, and what undoes it."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from runstone import connect
from runstone.contracts import Batch, LoggedModelQuery, RunQuery, Store
from runstone.records import ExperimentChanged, ExperimentCreated, LoggedModelCreated, RunChanged

API = "/api/runstone/v1"


@pytest.fixture
def other(store: Store) -> str:
    store.write(Batch([ExperimentCreated("other", time=1)]))
    found = store.find_experiment("other")
    assert found is not None
    return found.experiment_id


def edit(api: TestClient, ids: list[str], **what: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    answer = api.post(f"{API}/runs/edit", json={"run_ids": ids, **what})
    assert answer.status_code == 200, answer.text
    return answer.json()["before"], answer.json()["left"]


def runs_of(store: Store, experiment: str) -> set[str]:
    return set(store.table(RunQuery(experiment_ids=(experiment,))).run_ids)


def test_runs_move_with_nested_runs_keys_models_and_files(
    api: TestClient, store: Store, experiment: str, other: str, make_run: Any, tmp_path: Any
) -> None:
    run = make_run("parent", {"loss": [1.0]}, {"lr": "1"})
    child = make_run("child", tags={"mlflow.parentRunId": run})
    grandchild = make_run("grandchild", tags={"mlflow.parentRunId": child})
    alone = make_run("alone")
    store.write(Batch([LoggedModelCreated("m-" + "1" * 32, experiment, "clf", 1, source_run=run, path="clf")]))
    place = store.get_run(run).info.artifact_uri or ""
    (tmp_path / "a.txt").write_text("here")
    connect.open_artifacts(place).put(tmp_path / "a.txt", "a.txt")
    before, left = edit(api, [run], experiment_id=other)
    assert left == []
    assert {one["run_id"]: one["experiment_id"] for one in before} == dict.fromkeys((run, child, grandchild), experiment)
    assert runs_of(store, other) == {run, child, grandchild}
    assert runs_of(store, experiment) == {alone}
    assert api.get(f"{API}/runs/{run}/artifacts/file", params={"path": "a.txt"}).text == "here"
    assert store.get_run(run).info.artifact_uri == place
    assert [one.key for one in store.keys("metrics", [other])] == ["loss"]
    assert store.keys("metrics", [experiment]) == []
    assert [one.name for one in store.search_logged_models(LoggedModelQuery(experiment_ids=(other,)))] == ["clf"]
    edit(api, [run, child, grandchild], experiment_id=experiment)  # back again, by what was answered
    assert runs_of(store, experiment) == {run, child, grandchild, alone}


def test_what_cannot_be_moved_is_left_and_says_why(
    api: TestClient, store: Store, experiment: str, other: str, make_run: Any
) -> None:
    good, trashed, there = make_run("good"), make_run("trashed"), make_run("there")
    store.write(Batch([RunChanged(trashed, 1, deleted=True), RunChanged(there, 1, experiment_id=other)]))
    before, left = edit(api, [good, trashed, there, "9" * 32, good], experiment_id=other)
    assert [one["run_id"] for one in before] == [good]
    why = {one["name"]: one["why"] for one in left}
    assert "restore it first" in why["trashed"]
    assert "there already" in why["there"]
    assert "not there any more" in why[""]
    store.write(Batch([ExperimentChanged(other, 1, deleted=True)]))
    answer = api.post(f"{API}/runs/edit", json={"run_ids": [good], "experiment_id": other})
    assert (answer.status_code, "in the trash" in answer.json()["message"]) == (400, True)
    assert api.post(f"{API}/runs/edit", json={"run_ids": [good], "experiment_id": "4711"}).status_code == 404
    assert api.post(f"{API}/runs/edit", json={"run_ids": []}).status_code == 400


def test_tags_trash_and_back_in_one_go(api: TestClient, store: Store, make_run: Any) -> None:
    first, second = make_run("first", tags={"team": "a"}), make_run("second")
    before, _ = edit(api, [first, second], tags={"team": "b", "new": "1"})
    assert {one["run_id"]: one["tags"] for one in before} == {
        first: {"team": "a", "new": None},
        second: {"team": None, "new": None},
    }
    assert store.get_run(second).data.tags["team"] == "b"
    before, _ = edit(api, [first, second], deleted=True)
    assert [one["deleted"] for one in before] == [False, False]
    assert edit(api, [first], deleted=True)[1][0]["why"] == "It is in the trash already."
    edit(api, [first], deleted=False, tags={"team": None})
    assert "team" not in store.get_run(first).data.tags
    assert store.get_run(second).info.lifecycle_stage == "deleted"


def test_only_who_is_watched_over_can_be_stopped(api: TestClient, store: Store, make_run: Any) -> None:
    watched = make_run("watched", tags={"mlflow.source.type": "PROJECT"}, status="RUNNING")
    own, over = make_run("own", status="RUNNING"), make_run("over")
    before, left = edit(api, [watched, own, over], stop=True)
    assert [one["run_id"] for one in before] == [watched]
    assert store.get_run(watched).data.tags["runstone.stop"] == "the UI"
    assert {one["name"]: one["why"].split(",")[0] for one in left} == {
        "own": "It was not started by `runstone run`",
        "over": "It is not running: it is FINISHED.",
    }
