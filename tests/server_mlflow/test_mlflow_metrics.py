"""Points as MLflow's clients send and read them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from runstone.contracts import Batch
from runstone.records import Metrics
from runstone.store.history import Histories


def test_special_numbers_survive(mlflow: Any) -> None:
    run = mlflow.run()
    values: list[Any] = ["NaN", "Infinity", "-Infinity", 1e308, 5e-324, 0.1]
    points = [{"key": "m", "value": value, "timestamp": 1, "step": step} for step, value in enumerate(values)]
    mlflow.post("runs/log-batch", run_id=run, metrics=points)
    assert [value for _, _, value in mlflow.history(run, "m")] == values
    bare = f'{{"run_id": "{run}", "key": "n", "value": NaN, "timestamp": 1}}'
    mlflow.answer("POST", "runs/log-metric", content=bare)
    assert mlflow.history(run, "n") == [(0, 1, "NaN")]


def test_the_latest_point_has_the_greatest_step_then_time_then_value(mlflow: Any) -> None:
    run = mlflow.run()
    for step, timestamp, value in ((5, 10, 1.0), (3, 99, 9.0), (5, 11, 2.0), (5, 11, 3.0), (5, 11, 1.5)):
        mlflow.post("runs/log-metric", run_id=run, key="m", value=value, timestamp=timestamp, step=step)
    last = mlflow.get_run(run)["data"]["metrics"]
    assert last == [{"key": "m", "value": 3.0, "timestamp": 11, "step": 5}]
    assert mlflow.history(run, "m") == [(3, 99, 9.0), (5, 10, 1.0), (5, 11, 2.0), (5, 11, 3.0), (5, 11, 1.5)]


def test_history_comes_in_pages(mlflow: Any) -> None:
    run = mlflow.run()
    points = [{"key": "m", "value": step, "timestamp": 1, "step": step} for step in range(7)]
    mlflow.post("runs/log-batch", run_id=run, metrics=points)
    steps: list[int] = []
    token, pages = "", 0
    while token or not pages:
        page = mlflow.get("metrics/get-history", run_id=run, metric_key="m", max_results=3, page_token=token)
        steps += [point["step"] for point in page["metrics"]]
        token, pages = page.get("next_page_token", ""), pages + 1
    assert (steps, pages) == (list(range(7)), 3)
    for bad in ({"max_results": 0}, {"max_results": -1}, {"page_token": "x"}, {"page_token": "-1"}):
        mlflow.refused("GET", "metrics/get-history", params={"run_id": run, "metric_key": "m", **bad})
    assert mlflow.history(run, "unknown") == []
    query = {"run_id": "nobody", "metric_key": "m"}
    mlflow.refused("GET", "metrics/get-history", 404, "RESOURCE_DOES_NOT_EXIST", params=query)


def test_histories_of_several_runs(mlflow: Any) -> None:
    runs = sorted(mlflow.run() for _ in range(3))
    for run in runs:
        points = [{"key": "m", "value": 1.0, "timestamp": 1, "step": step} for step in range(10)]
        mlflow.post("runs/log-batch", run_id=run, metrics=points)
    found = mlflow.get("metrics/get-history-bulk", run_id=runs, metric_key="m", max_results=15)["metrics"]
    assert [(point["run_id"], point["step"]) for point in found] == [
        *((runs[0], step) for step in range(10)),
        *((runs[1], step) for step in range(5)),
    ]
    mlflow.refused("GET", "metrics/get-history-bulk", params={"metric_key": "m"})
    mlflow.refused("GET", "metrics/get-history-bulk", params={"metric_key": "m", "run_id": ["x"] * 101})


def test_an_interval_keeps_the_extremes(mlflow: Any) -> None:
    run = mlflow.run()
    values = [1.0] * 1000
    values[500], values[700] = 9.0, -9.0
    points = [{"key": "m", "value": value, "timestamp": 1, "step": step} for step, value in enumerate(values)]
    mlflow.post("runs/log-batch", run_id=run, metrics=points)
    query = {"run_ids": [run], "metric_key": "m", "start_step": 100, "end_step": 900, "max_results": 20}
    found = mlflow.get("metrics/get-history-bulk-interval", **query)["metrics"]
    steps = [point["step"] for point in found]
    assert {100, 500, 700, 900} <= set(steps)
    assert len(steps) < 50
    assert found[0]["run_id"] == run
    path = "metrics/get-history-bulk-interval"
    assert "greater" in mlflow.refused("GET", path, params={**query, "start_step": 901})
    assert "both" in mlflow.refused("GET", path, params={"run_ids": [run], "metric_key": "m", "start_step": 1})
    mlflow.refused("GET", path, params={**query, "max_results": 2501})


def test_a_long_history_comes_whole(mlflow: Any, store: Any) -> None:
    run, count = mlflow.run(), 100_000
    steps = np.arange(count, dtype="<i8")
    columns = (np.zeros(count, "<u4"), steps, np.sqrt(steps), steps + 10)
    store.write(Batch([Metrics(run, ["m"], *(column.tobytes() for column in columns))]))
    found = mlflow.history(run, "m")
    assert len(found) == count
    assert found[12_345] == (12_345, 12_355, float(np.sqrt(12_345)))


def test_a_point_sent_again_counts_once(mlflow: Any) -> None:
    run = mlflow.run()
    points = [{"key": "m", "value": step % 7, "timestamp": 5, "step": step} for step in range(1000)]
    special = [{"key": "n", "value": value, "timestamp": 5, "step": 0} for value in ("NaN", "Infinity", -0.0, 1)]
    for _ in range(3):
        mlflow.post("runs/log-batch", run_id=run, metrics=points)
        mlflow.post("runs/log-batch", run_id=run, metrics=[*special, *special])
        mlflow.post("runs/log-metric", run_id=run, **points[500])
    assert len(mlflow.history(run, "m")) == 1000
    assert len(mlflow.history(run, "n")) == 4
    mlflow.post("runs/log-metric", run_id=run, key="m", value=99, timestamp=5, step=500)
    mlflow.post("runs/log-metric", run_id=run, key="m", value=3, timestamp=6, step=500)
    assert len(mlflow.history(run, "m")) == 1002


def test_a_steady_log_reads_no_points(mlflow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = mlflow.run()

    def forbidden(*_: object) -> None:
        raise AssertionError("points were read")

    monkeypatch.setattr(Histories, "history", forbidden)
    for step in range(20):
        mlflow.post("runs/log-metric", run_id=run, key="m", value=0.5, timestamp=100 + step, step=step)
        mlflow.post("runs/log-metric", run_id=run, key="m", value=0.5, timestamp=100 + step, step=step)
        mlflow.post("runs/log-metric", run_id=run, key="without steps", value=step, timestamp=100 + step // 2)
