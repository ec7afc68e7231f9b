"""The trash over HTTP: what is in it, and its end for ever."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from runstone import connect
from runstone.contracts import Batch, Store
from runstone.records import ExperimentChanged, ExperimentCreated, ModelVersionCreated, RegisteredModelCreated, RunChanged

API = "/api/runstone/v1"


def delete(store: Store, run: str, time: int) -> None:
    store.write(Batch([RunChanged(run, time, deleted=True)]))


def trash(api: TestClient, **query: Any) -> Any:
    answer = api.get(f"{API}/trash", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_it_names_what_was_deleted_last_first(api: TestClient, store: Store, experiment: str, make_run: Any) -> None:
    early, late, whole = make_run("early 100%"), make_run("late"), make_run("not deleted")
    delete(store, early, 1_000)
    delete(store, late, 2_000)
    store.write(Batch([ExperimentCreated("gone", experiment_id="7", time=1)]))
    store.write(Batch([RunChanged(whole, 1, experiment_id="7"), ExperimentChanged("7", 3_000, deleted=True)]))
    found = trash(api)
    assert [(one["name"], one["deleted"], one["experiment_name"]) for one in found["runs"]] == [
        ("late", 2_000, "iris"),
        ("early 100%", 1_000, "iris"),
    ]
    assert [(one["name"], one["runs"]) for one in found["experiments"]] == [("gone", 1)]
    assert (found["matched"], found["may_remove"]) == (2, True)
    assert [one["name"] for one in trash(api, q="EARLY")["runs"]] == ["early 100%"]
    assert trash(api, q="nothing like it")["matched"] == 0
    assert [one["name"] for one in trash(api, offset=1, limit=1)["runs"]] == ["early 100%"]


def test_what_is_removed_is_gone_with_its_files(
    api: TestClient, store: Store, experiment: str, make_run: Any, tmp_path: Any
) -> None:
    gone, whole, held = make_run("gone"), make_run("active"), make_run("held")
    (tmp_path / "a.txt").write_text("x")
    place = connect.open_artifacts(store.get_run(gone).info.artifact_uri or "")
    place.put(tmp_path / "a.txt", "a.txt")
    delete(store, gone, 1)
    delete(store, held, 1)
    made = ModelVersionCreated("k" * 32, "clf", 1, f"runs:/{held}/model", source_run=held)
    store.write(Batch([RegisteredModelCreated("m" * 32, "clf", 1), made]))
    assert {one["name"]: one["held"] for one in trash(api)["runs"]} == {"gone": "", "held": "clf/1"}
    refused = api.post(f"{API}/trash/remove", json={"run_ids": [gone, whole]})
    assert "not in the trash" in refused.json()["message"]
    assert place.list() != []  # all or nothing
    answer = api.post(f"{API}/trash/remove", json={"run_ids": [gone, held, "9" * 32]}).json()
    assert (answer["runs"], answer["experiments"]) == (1, 0)
    assert any("version clf/1" in word for word in answer["kept"])
    assert api.get(f"{API}/runs/{gone}").status_code == 404
    assert place.list() == []
    assert [one["name"] for one in trash(api)["runs"]] == ["held"]
    assert api.post(f"{API}/trash/remove", json={}).status_code == 400


def test_an_experiment_goes_with_all_its_runs(api: TestClient, store: Store, experiment: str, make_run: Any) -> None:
    run = make_run("inside")
    refused = api.post(f"{API}/trash/remove", json={"experiment_ids": [experiment]})
    assert "not in the trash" in refused.json()["message"]
    store.write(Batch([ExperimentChanged(experiment, 1, deleted=True)]))
    answer = api.post(f"{API}/trash/remove", json={"experiment_ids": [experiment], "run_ids": [run]}).json()
    assert (answer["runs"], answer["experiments"], answer["kept"]) == (1, 1, [])
    assert api.get(f"{API}/experiments/{experiment}").status_code == 404
