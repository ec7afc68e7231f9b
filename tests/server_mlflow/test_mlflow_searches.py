"""Filters and orders as people and programs write them find what MLflow finds.

``searches.json`` is what the real client found on ``mlflow server`` 3.17 over SQLite, or the error code that it got, for the
runs and experiments below. Where we take more than MLflow does (``OR``, ``IN``, ``IS NULL`` of metrics …) the text is not among
them: docs/mlflow-compatibility.md says where.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SEARCHES = json.loads(Path(__file__).with_name("searches.json").read_text("utf-8"))
#: Name, start, metrics, params, tags, status.
RUNS: list[tuple[str, int, dict[str, list[Any]], dict[str, str], dict[str, str], str]] = [
    ("a", 1000, {"acc": [0.1, 0.9], "loss": ["NaN"]}, {"lr": "0.1", "x y": "1", "Ünï": "ß"},
     {"t": "1", "my tag": "A%b_c"}, "FINISHED"),
    ("b", 2000, {"acc": [0.5], "loss": [1.0]}, {"lr": "0.01", "x y": "2"}, {"t": "2", "my tag": "a%B_c"}, "FAILED"),
    ("c", 3000, {"acc": ["Infinity"], "loss": [2.0]}, {"lr": "1e-1"}, {"t": "10"}, "KILLED"),
    ("d", 3500, {"acc": ["-Infinity"]}, {}, {"mlflow.user": "ada"}, "FINISHED"),
    ("e'q", 4000, {"a/b": [1], "m.with.dots": [2], "with-dash": [3]}, {"emp": ""}, {"t": ""}, "FINISHED"),
    ("F", 5000, {"acc": [0.5]}, {"lr": "None"}, {}, "FINISHED"),
]  # fmt: skip


def fill(mlflow: Any) -> tuple[str, dict[str, str]]:
    """The experiment's id, and the runs' names by id."""
    made = mlflow.experiment("odd one", tags=[{"key": "k", "value": "v"}, {"key": "K", "value": "V"}])
    names = {}
    for name, start, metrics, params, tags, status in RUNS:
        listed = [{"key": key, "value": value} for key, value in tags.items()]
        user = tags.get("mlflow.user", "unknown")  # as the client says it
        body = {"experiment_id": made, "start_time": start, "run_name": name, "tags": listed, "user_id": user}
        run = mlflow.post("runs/create", **body)["run"]["info"]["run_id"]
        points = [
            {"key": key, "value": value, "timestamp": start, "step": step}
            for key, values in metrics.items()
            for step, value in enumerate(values)
        ]
        given = [{"key": key, "value": value} for key, value in params.items()]
        mlflow.post("runs/log-batch", run_id=run, metrics=points, params=given)
        mlflow.post("runs/update", run_id=run, status=status, end_time=start + 5)
        names[run] = name
    mlflow.post("runs/delete", run_id=next(run for run, name in names.items() if name == "F"))
    return made, names


def ask(mlflow: Any, one: dict[str, Any], experiment: str, names: dict[str, str]) -> Any:
    root = f"{mlflow.root}/{'experiments' if one['by'].startswith('experiments') else 'runs'}/search"
    body = {"filter": one["text"]} if one["by"].endswith("filter") else {"order_by": one["text"]}
    found = mlflow.client.post(root, json={"experiment_ids": [experiment], "max_results": 100, **body})
    if found.status_code != 200:
        return found.json()["error_code"]
    if root.endswith("runs/search"):
        return [names[run["info"]["run_id"]] for run in found.json()["runs"]]
    found = ["mine" if one["name"] == "odd one" else one["name"] for one in found.json()["experiments"]]
    return sorted(found, reverse=True) if one["by"].endswith("filter") else found  # as they were told


def test_searches_find_what_mlflow_finds(mlflow: Any) -> None:
    experiment, names = fill(mlflow)
    assert len(SEARCHES) > 150
    different = []
    for one in SEARCHES:
        expected = one["found"]
        if one["by"] == "experiments filter" and isinstance(expected, list):
            expected = sorted(expected, reverse=True)
        found = ask(mlflow, one, experiment, names)
        if found != expected:
            different.append((one["by"], one["text"], expected, found))
    assert different == []
