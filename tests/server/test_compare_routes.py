"""Runs side by side, and what changed from one to another, over HTTP."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from starlette.testclient import TestClient

from runstone.query.identity import CODE_TAG
from runstone.records import Document

API = "/api/runstone/v1"


def documents(**texts: str) -> list[Any]:
    names = {"diff": "git.diff"}
    return [
        lambda run_id, name=name, text=text: Document(run_id, names.get(name, name), "text/plain", text)
        for name, text in texts.items()
    ]


def test_what_changed_since_the_nearest_run(api: TestClient, make_run: Any) -> None:
    commit = {"mlflow.source.git.commit": "a" * 40, CODE_TAG: "1"}
    make_run("older", {"acc": [0.5]}, {"lr": "0.5", "depth": "3"}, commit, start=1_000)
    near = make_run(
        "near", {"acc": [0.8], "bad": [math.nan]}, {"lr": "0.1", "seed": "1"}, commit, 2_000,
        more=documents(packages="numpy==1.0\npandas==2.0", diff="+old\n", host=json.dumps({"python": "3.11"})),
    )  # fmt: skip
    after = make_run(
        "after", {"acc": [0.9]}, {"lr": "0.2", "seed": "2"}, commit, 3_000,
        more=documents(packages="numpy==2.0\npandas==2.0", diff="+new\n", host=json.dumps({"python": "3.11"})),
    )  # fmt: skip
    make_run("later", {"acc": [0.9]}, {"lr": "0.2", "seed": "2"}, commit, start=9_000)
    found = api.get(f"{API}/runs/{after}/difference").json()
    assert (found["before"]["run_id"], found["after"]["name"]) == (near, "after")
    layers = {one["layer"]: one for one in found["layers"]}
    assert list(layers) == ["code", "config", "environment", "data", "seed"]
    assert {name: one["same"] for name, one in layers.items()} == {
        "code": False, "config": False, "environment": False, "data": True, "seed": False,
    }  # fmt: skip
    assert layers["config"]["changes"] == [{"name": "lr", "before": "0.1", "after": "0.2"}]
    assert layers["environment"]["changes"] == [{"name": "numpy", "before": "1.0", "after": "2.0"}]
    assert "+new" in layers["code"]["text"]
    assert found["metrics"] == [{"name": "bad", "before": "NaN", "after": None}, {"name": "acc", "before": 0.8, "after": 0.9}]


def test_a_run_of_ones_own_choice_by_the_beginning_of_its_id(api: TestClient, make_run: Any) -> None:
    first, second = make_run("first", params={"lr": "1"}), make_run("second", params={"lr": "2"}, start=2_000)
    found = api.get(f"{API}/runs/{first}/difference", params={"base": second[:12]}).json()
    assert found["before"]["run_id"] == second
    lost = api.get(f"{API}/runs/{first}/difference", params={"base": "zzz"})
    assert (lost.status_code, "zzz" in lost.json()["message"]) == (404, True)


def test_the_first_run_changed_from_nothing(api: TestClient, make_run: Any) -> None:
    found = api.get(f"{API}/runs/{make_run('alone')}/difference").json()
    assert (found["before"], found["layers"], found["metrics"]) == (None, [], [])


def test_runs_side_by_side_in_one_question(api: TestClient, make_run: Any) -> None:
    a = make_run("a", {"acc": [0.5, 0.9, 0.7], "only": [1.0]}, {"lr": "0.1"}, more=documents(packages="numpy==1.0"))
    b = make_run("b", {"acc": [math.nan, math.inf]}, {"lr": "0.2", "x": "y"}, more=documents(packages="numpy==1.0"))
    found = api.post(f"{API}/compare/runs", json={"run_ids": [a, b[:10], "0" * 32, b]}).json()
    assert [one["info"]["run_name"] for one in found["runs"]] == ["a", "b"]
    assert found["lost"] == ["0" * 32]
    first = found["metrics"][0]
    assert first.pop("mean") == [pytest.approx(0.7), "Infinity"]
    assert first == {
        "key": "acc", "last": [0.7, "Infinity"], "low": [0.5, "Infinity"], "high": [0.9, "Infinity"], "first": [0.5, "NaN"],
    }  # fmt: skip
    assert found["metrics"][1]["last"] == [1.0, None]
    assert found["params"] == [{"key": "lr", "values": ["0.1", "0.2"]}, {"key": "x", "values": [None, "y"]}]
    one, two = (run["identity"] for run in found["runs"])
    assert one["environment"] == two["environment"] != ""
    assert one["config"] != two["config"]
    narrowed = api.post(f"{API}/compare/runs", json={"run_ids": [a, b], "contains": "ONL"}).json()
    assert [metric["key"] for metric in narrowed["metrics"]] == ["only"]
    assert narrowed["params_total"] == 0


def test_a_hundred_runs_and_no_more(api: TestClient, make_run: Any) -> None:
    ids = [make_run(f"r{i}", {"acc": [i]}, {"lr": str(i)}) for i in range(100)]
    assert len(api.post(f"{API}/compare/runs", json={"run_ids": ids}).json()["metrics"][0]["last"]) == 100
    assert api.post(f"{API}/compare/runs", json={"run_ids": [*ids, "0" * 32]}).status_code == 400
