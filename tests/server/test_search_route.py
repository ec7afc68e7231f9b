"""What the palette asks: what is called so?"""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from runstone.contracts import Batch, Store
from runstone.records import ExperimentCreated, RegisteredModelCreated

API = "/api/runstone/v1"


def find(api: TestClient, q: str, **more: Any) -> Any:
    answer = api.get(f"{API}/search", params={"q": q, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_each_kind_is_found_by_part_of_its_name(api: TestClient, store: Store, make_run: Any) -> None:
    run_id = make_run("Wide-Forest", metrics={"forest/loss": [1.0]}, params={"forest_depth": "5"})
    store.write(Batch([ExperimentCreated("old forests"), RegisteredModelCreated("m", "forest-model", 1)]))
    found = find(api, "FOREST")
    assert [(one["run_id"], one["name"], one["experiment_name"], one["because"]) for one in found["runs"]] == [
        (run_id, "Wide-Forest", "iris", "")
    ]
    assert [one["name"] for one in found["experiments"]] == ["old forests"]
    assert found["models"] == [{"name": "forest-model", "latest": None}]
    assert (found["metrics"], found["params"]) == (["forest/loss"], ["forest_depth"])
    assert find(api, "'%\\") == {"runs": [], "experiments": [], "models": [], "metrics": [], "params": []}


def test_runs_are_found_by_id_and_by_tag(api: TestClient, make_run: Any) -> None:
    one = make_run("a", tags={"team": "vision", "od`d key": "x"}, start=1_000)
    two = make_run("b", tags={"team": "speech", "mlflow.user": "vision"}, start=2_000)
    runs = lambda q, **more: [(run["run_id"], run["because"]) for run in find(api, q, **more)["runs"]]  # noqa: E731
    assert runs(one[:8]) == [(one, "id")]
    assert runs("visio") == [(one, "team=vision")]
    assert runs("team=spee") == [(two, "team=speech")]
    assert runs("od`d = x") == []
    assert runs("nothing=here") == []
    make_run("c", tags={"team": "vision-2"})
    assert {run for run, _ in runs("team=v")} > {one}
    assert len(runs("team=v", limit=1)) == 1


def test_a_run_in_the_trash_and_a_text_too_long_are_not_found(api: TestClient, make_run: Any) -> None:
    run_id = make_run("gone")
    api.patch(f"{API}/runs/{run_id}", json={"deleted": True})
    assert find(api, "gone")["runs"] == []
    assert find(api, run_id)["runs"] == []
    for q in ("", "x" * 201):
        assert api.get(f"{API}/search", params={"q": q}).status_code == 400
