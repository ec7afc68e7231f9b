"""Bands of all runs of a table, and which params matter, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

API = "/api/runstone/v1"


def bands(api: TestClient, status: int = 200, **body: Any) -> Any:
    answer = api.post(f"{API}/runs/bands", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture
def forty(make_run) -> list[str]:  # type: ignore[no-untyped-def]
    """Forty runs of ten steps whose loss is their number; one spike."""
    made = []
    for place in range(40):
        loss = [float(place)] * 10
        if place == 17:
            loss[4] = 1234.5
        made.append(make_run(f"run-{place}", metrics={"loss": loss}, params={"lr": str(place % 2)}, start=1000 * place))
    return made


def test_all_runs_become_one_band_with_its_extremes(api: TestClient, experiment: str, forty: list[str]) -> None:
    found = bands(api, experiment_ids=[experiment], keys=["loss", "none"])
    assert (found["matched"], found["used"], found["groups"]) == (40, 40, 1)
    (one,) = found["bands"]
    assert (one["key"], one["runs"], one["points"], len(one["xs"])) == ("loss", 40, 400, 10)
    assert one["middle"][0] == 19.5
    assert (one["low"][0], one["high"][0]) == (pytest.approx(3.9), pytest.approx(35.1))
    assert max(one["greatest"]) == 1234.5
    assert set(one["counts"]) == {40}


def test_a_band_follows_the_filter_and_groups(api: TestClient, experiment: str, forty: list[str]) -> None:
    found = bands(api, experiment_ids=[experiment], filter="metrics.loss < 10", keys=["loss"], group=["params.lr"], kind="mean")
    assert (found["matched"], found["groups"]) == (10, 2)
    assert {one["group"][0]: one["middle"][0] for one in found["bands"]} == {"0": pytest.approx(4), "1": pytest.approx(5)}
    low, high = found["bands"][0]["low"][0], found["bands"][0]["high"][0]
    assert low < found["bands"][0]["middle"][0] < high


def test_a_zoom_asks_for_what_lies_within(api: TestClient, experiment: str, forty: list[str]) -> None:
    (one,) = bands(api, experiment_ids=[experiment], keys=["loss"], start=3, end=5)["bands"]
    assert one["xs"] == [3, 4, 5]
    (one,) = bands(api, experiment_ids=[experiment], keys=["loss"], axis="relative", bins=5)["bands"]
    assert len(one["xs"]) == 5
    assert bands(api, experiment_ids=[experiment], keys=["loss"], start=100, end=200)["bands"] == []
    (one,) = bands(api, experiment_ids=[experiment], keys=["loss"], log=True)["bands"]
    assert one["xs"][0] >= 1


def test_what_cannot_be_asked_is_said(api: TestClient, experiment: str) -> None:
    assert "params.KEY" in bands(api, 400, keys=["loss"], group=["metrics.loss"])["message"]
    assert bands(api, 400, experiment_ids=[experiment], keys=["loss"], filter="loss >> 1")["start"] is not None
    assert bands(api, experiment_ids=[experiment], keys=["loss"])["bands"] == []


def importance(api: TestClient, status: int = 200, **body: Any) -> Any:
    answer = api.post(f"{API}/runs/importance", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_the_param_that_decides_comes_first(api: TestClient, experiment: str, make_run) -> None:  # type: ignore[no-untyped-def]
    for place in range(40):
        params = {"depth": str(place % 8), "model": "ab"[place % 2], "seed": str(place), "same": "1"}
        make_run(f"run-{place}", metrics={"accuracy": [0.0, place % 8 + 0.01 * (place % 3)]}, params=params)
    found = importance(api, experiment_ids=[experiment], metric="metrics.accuracy")
    assert (found["matched"], found["runs"], found["used"]) == (40, 40, 40)
    assert [one["name"] for one in found["params"]] == ["depth", "model"]
    depth = found["params"][0]
    assert depth["numeric"] is True
    assert depth["low"] > 0
    assert depth["correlation"] > 0.9
    assert depth["correlation_low"] < depth["correlation"] < depth["correlation_high"]
    assert "depth" in found["words"]
    found = importance(api, experiment_ids=[experiment], metric="metrics.accuracy:min", params=["depth"])
    assert "equal in all runs" in found["words"]
    found = importance(api, experiment_ids=[experiment], metric="metrics.accuracy", filter="params.depth = '1'")
    assert "it takes 10" in found["words"]


def test_only_a_metric_can_be_explained(api: TestClient, experiment: str) -> None:
    assert "metrics.KEY" in importance(api, 400, metric="params.lr")["message"]
    assert importance(api, experiment_ids=[experiment], metric="metrics.none")["runs"] == 0


def test_runs_of_one_value_each_are_told_apart_from_curves(api: TestClient, experiment: str, make_run) -> None:  # type: ignore[no-untyped-def]
    for place in range(5):
        make_run(f"run-{place}", metrics={"accuracy": [place / 10], "loss": [1.0, place]})
    found = bands(api, experiment_ids=[experiment], keys=["accuracy", "loss"])["bands"]
    assert [(one["key"], one["runs"], one["points"]) for one in found] == [("accuracy", 5, 5), ("loss", 5, 10)]
    assert found[0]["middle"] == [0.2]
    (timed,) = bands(api, experiment_ids=[experiment], keys=["accuracy"], axis="time")["bands"]
    assert timed["middle"][0] == pytest.approx(0.2)
