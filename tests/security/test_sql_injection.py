"""SQL injection: texts of a client reach the database as values only, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from runstone import connect
from runstone.server.app import create_app

TEXTS = [
    "' OR '1'='1", "'; DROP TABLE runs; --", '"; DROP TABLE runs; --', "`; DROP TABLE runs; --",
    "x' UNION SELECT username, password_hash FROM users --",
    "\\'; DELETE FROM runs; --", "%27%20OR%201=1", "a'||(SELECT 1)||'b", "1; ATTACH DATABASE '/tmp/x' AS x",
    "$$; DROP TABLE runs; $$", "%s %(x)s :x ? {x}",
    "' AND pg_sleep(5) --", "%' OR '%'='", "_%", "\u0000' --", "‘ OR ‘1’=‘1",
]  # fmt: skip


@pytest.fixture
def client(new_store: Callable[[], str], tmp_path: Any) -> Iterator[TestClient]:
    store = connect.open_store(new_store())
    app = create_app(store, connect.open_artifacts, artifact_root=(tmp_path / "artifacts").as_uri(), sweep_seconds=3600)
    with TestClient(app, base_url="http://127.0.0.1:5000", raise_server_exceptions=False) as opened:
        yield opened
    connect.close_all()


def call(client: TestClient, path: str, /, **body: Any) -> Any:
    return client.post(f"/api/2.0/mlflow/{path}", json=body)


def test_no_search_runs_what_it_is_given(client: TestClient) -> None:
    run = call(client, "runs/create", experiment_id="0", start_time=1).json()["run"]["info"]["run_id"]
    call(client, "runs/log-batch", run_id=run, params=[{"key": "p", "value": "v"}], tags=[{"key": "t", "value": "v"}])
    for text in TEXTS[::2]:
        quoted = text.replace("'", "\\'")
        filters = [text, f"params.p = '{text}'", f"params.`{text}` = 'x'",
        f'tags."{text}" = \'x\'', f"params.p LIKE '{quoted}'", f"attributes.{text} = 1",
                   f"metrics.m > {text}", f"params.p IN ('{text}')", f"name = '{text}'"]  # fmt: skip
        orders = [text, f"params.`{text}` DESC", f"metrics.m {text}", f"attributes.start_time; {text}", f"name {text}"]
        searches: list[tuple[str, dict[str, Any]]] = [
            ("runs/search", {"experiment_ids": ["0"]}), ("experiments/search", {"max_results": 10}),
            ("logged-models/search", {"experiment_ids": ["0"]}),
        ]  # fmt: skip
        for path, more in searches:
            for one in filters:
                answer = call(client, path, filter=one, **more)
                assert answer.status_code in (200, 400), (path, one, answer.text)
                if path == "runs/search" and answer.status_code == 200 and one != "params.p LIKE '_%'":
                    assert run not in answer.text, one
            for one in orders:
                answer = call(client, path, order_by=[one] if "logged" not in path else [{"field_name": one}], **more)
                assert answer.status_code in (200, 400), (path, one, answer.text)
            answer = call(client, path, page_token=text, **more)
            assert answer.status_code in (200, 400), (path, text, answer.text)
        assert call(client, "runs/search", experiment_ids=[text]).status_code in (200, 400)
        for path in ("registered-models/search", "model-versions/search"):
            for one in filters:
                for name, value in (("filter", one), ("order_by", one)):
                    answer = client.get(f"/api/2.0/mlflow/{path}", params={name: value})
                    assert answer.status_code in (200, 400), (path, one, answer.text)
        own = client.get("/api/runstone/v1/search", params={"q": text})
        assert own.status_code in (200, 400), own.text
        body = {"experiment_ids": ["0"], "filter": text, "order_by": [text], "columns": [text]}
        assert client.post("/api/runstone/v1/runs/table", json=body).status_code in (200, 400)
    assert call(client, "runs/search", experiment_ids=["0"]).json()["runs"][0]["info"]["run_id"] == run


def test_names_come_back_as_they_went(client: TestClient) -> None:
    run = call(client, "runs/create", experiment_id="0", start_time=1).json()["run"]["info"]["run_id"]
    kept = [text for text in TEXTS if "\x00" not in text]
    for number, text in enumerate(kept):
        made = call(client, "experiments/create", name=text, tags=[{"key": "t", "value": text}])
        assert made.status_code == 200, (text, made.text)
        found = client.get("/api/2.0/mlflow/experiments/get-by-name", params={"experiment_name": text}).json()["experiment"]
        assert (found["name"], found["tags"]) == (text, [{"key": "t", "value": text}])
        assert call(client, "runs/set-tag", run_id=run, key=f"t{number}", value=text).status_code == 200
        assert call(client, "runs/log-parameter", run_id=run, key=f"p{number}", value=text).status_code == 200
        if "'" not in text and "\\" not in text:
            answer = call(client, "runs/search", experiment_ids=["0"], filter=f"tags.t{number} = '{text}'")
            assert [one["info"]["run_id"] for one in answer.json()["runs"]] == [run], text
    data = client.get("/api/2.0/mlflow/runs/get", params={"run_id": run}).json()["run"]["data"]
    assert sorted(one["value"] for one in data["params"]) == sorted(kept)
