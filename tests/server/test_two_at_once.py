"""Many clients make the same thing at the same moment: one wins, the others are told, and there is one of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from runstone import connect
from runstone.server.app import create_app
from runstone.store.dialects import Sqlite
from runstone.store.sql import SqlStore

MANY = 12


@pytest.fixture
def ask(new_store: Callable[[], str], tmp_path: Path) -> Iterator[Callable[..., Any]]:
    store = connect.open_store(new_store())
    app = create_app(store, connect.open_artifacts, artifact_root=(tmp_path / "artifacts").as_uri(), sweep_seconds=3600)
    with TestClient(app, base_url="http://127.0.0.1:5000", raise_server_exceptions=False) as client:
        yield lambda path, /, **body: client.post(f"/api/2.0/mlflow/{path}", json=body)
    connect.close_all()


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """What ``work`` returns for each of the clients, which begin together."""
    start, found = threading.Barrier(MANY), [None] * MANY

    def one(number: int) -> None:
        start.wait()
        found[number] = work(number)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.parametrize("path", ["experiments/create", "registered-models/create"])
def test_one_makes_it_and_the_others_are_told(ask: Callable[..., Any], path: str) -> None:
    for name in ("first", "second"):
        answers = at_once(lambda _, name=name: ask(path, name=name))  # type: ignore[misc]
        assert sorted(one.status_code for one in answers) == [200] + [400] * (MANY - 1)
        refused = [one.json() for one in answers if one.status_code == 400]
        assert {one["error_code"] for one in refused} == {"RESOURCE_ALREADY_EXISTS"}
        assert all(name in one["message"] for one in refused)
    if path.startswith("experiments"):
        found = ask("experiments/search", max_results=50).json()["experiments"]
        assert sorted(one["name"] for one in found) == ["Default", "first", "second"]


def test_versions_get_numbers_of_their_own(ask: Callable[..., Any]) -> None:
    run = ask("runs/create", experiment_id="0", start_time=1).json()["run"]["info"]["run_id"]
    ask("registered-models/create", name="m")
    answers = at_once(lambda _: ask("model-versions/create", name="m", source=f"runs:/{run}/model", run_id=run))
    assert [one.status_code for one in answers] == [200] * MANY, [one.text for one in answers]
    assert sorted(int(one.json()["model_version"]["version"]) for one in answers) == list(range(1, MANY + 1))


def test_a_param_has_one_value_and_a_tag_one_of_those_given(ask: Callable[..., Any]) -> None:
    run = ask("runs/create", experiment_id="0", start_time=1).json()["run"]["info"]["run_id"]
    answers = at_once(lambda number: ask("runs/log-parameter", run_id=run, key="lr", value=str(number)))
    won = [number for number, one in enumerate(answers) if one.status_code == 200]
    assert len(won) == 1
    assert {one.json()["error_code"] for one in answers if one.status_code != 200} == {"INVALID_PARAMETER_VALUE"}
    assert {one.status_code for one in at_once(lambda number: ask("runs/set-tag", run_id=run, key="t", value=str(number)))} == {
        200
    }
    data = ask("runs/search", experiment_ids=["0"]).json()["runs"][0]["data"]
    assert data["params"] == [{"key": "lr", "value": str(won[0])}]
    tags = {one["key"]: one["value"] for one in data["tags"]}
    assert tags["t"] in {str(number) for number in range(MANY)}


def test_a_run_that_one_deletes_and_others_write_to_ends_as_told(ask: Callable[..., Any]) -> None:
    """Deleted and active at the same moment: each write is taken or refused, none is an error of ours, none is half there."""
    run = ask("runs/create", experiment_id="0", start_time=1).json()["run"]["info"]["run_id"]

    def work(number: int) -> Any:
        if number == 0:
            return ask("runs/delete", run_id=run)
        return ask(
            "runs/log-batch",
            run_id=run,
            metrics=[{"key": f"m{number}", "value": 1, "timestamp": 1, "step": n} for n in range(50)],
        )

    answers = at_once(work)
    assert answers[0].status_code == 200
    assert {one.status_code for one in answers[1:]} <= {200, 400}
    assert ask("runs/search", experiment_ids=["0"]).json().get("runs", []) == []
    assert ask("runs/restore", run_id=run).status_code == 200
    there = {one["key"] for one in ask("runs/search", experiment_ids=["0"]).json()["runs"][0]["data"].get("metrics", [])}
    assert there == {f"m{number}" for number, one in enumerate(answers) if number and one.status_code == 200}


def test_each_prompt_that_is_linked_stays_linked(ask: Callable[..., Any]) -> None:
    where = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}
    head = {"trace_id": "tr-1", "trace_location": where, "request_time": "2026-01-31T12:00:00Z", "state": "OK"}
    assert ask("../../3.0/mlflow/traces", trace={"trace_info": head}).status_code == 200

    def link(number: int) -> Any:
        return ask("traces/link-prompts", trace_id="tr-1", prompt_versions=[{"name": f"p{number}", "version": "1"}])

    assert {one.status_code for one in at_once(link)} == {200}
    found = ask("../../3.0/mlflow/traces/search", locations=[where]).json()["traces"][0]["tags"]["mlflow.linkedPrompts"]
    assert sorted(one["name"] for one in json.loads(found)) == sorted(f"p{number}" for number in range(MANY))


def test_two_servers_on_one_file_lose_nothing_and_see_each_other(tmp_path: Path) -> None:
    """Each with a store of its own, as two processes have: what both write at once is whole, and read by both."""
    stores = [SqlStore(Sqlite(tmp_path / "s.db"), "s", tmp_path.as_uri()) for _ in range(2)]
    apps = [create_app(store, connect.open_artifacts, sweep_seconds=3600) for store in stores]
    with (
        TestClient(apps[0], base_url="http://127.0.0.1:5000") as left,
        TestClient(apps[1], base_url="http://127.0.0.1:5001") as right,
    ):

        def ask(client: TestClient, path: str, **body: Any) -> Any:
            answer = client.post(f"/api/2.0/mlflow/{path}", json=body)
            assert answer.status_code == 200, answer.text
            return answer.json()

        run = ask(left, "runs/create", experiment_id="0", start_time=1)["run"]["info"]["run_id"]

        def work(number: int) -> None:
            client = (left, right)[number % 2]
            for step in range(5):
                ask(client, "runs/log-metric", run_id=run, key="m", value=number, step=number * 5 + step, timestamp=1)
            ask(client, "runs/log-parameter", run_id=run, key=f"p{number}", value="1")

        at_once(work)
        for client in (left, right):
            found = client.get("/api/2.0/mlflow/metrics/get-history", params={"run_id": run, "metric_key": "m"}).json()
            assert [point["step"] for point in found["metrics"]] == list(range(MANY * 5))
            data = client.get("/api/2.0/mlflow/runs/get", params={"run_id": run}).json()["run"]["data"]
            assert len(data["params"]) == MANY
    for store in stores:
        store.close()
