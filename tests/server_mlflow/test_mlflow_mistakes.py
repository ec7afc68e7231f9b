"""Mistakes of callers: status and error code are MLflow's.

``mistakes.json`` is what ``mlflow server`` 3.17 on SQLite answered, in this order, to requests that are wrong in one way
each, and to some that only look wrong. Where we differ on purpose, the request is not among them:
docs/mlflow-compatibility.md says where.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MISTAKES = json.loads(Path(__file__).with_name("mistakes.json").read_text("utf-8"))


def test_mistakes_are_answered_as_mlflow_answers_them(mlflow: Any) -> None:
    known, deleted = mlflow.experiment("x"), mlflow.experiment("gone")
    assert (known, deleted) == ("1", "2")  # the file has the ids as they are
    names = {name: mlflow.run(known) for name in ("{run}", "{deleted_run}")}
    names["{run_of_deleted}"] = mlflow.run(deleted)
    mlflow.post("runs/delete", run_id=names["{deleted_run}"])
    mlflow.post("experiments/delete", experiment_id=deleted)
    run = names["{run}"]
    mlflow.post("runs/log-parameter", run_id=run, key="lr", value="1")
    for name in "mn":
        mlflow.post("registered-models/create", name=name)
    mlflow.post("model-versions/create", name="m", source=f"runs:/{run}/model", run_id=run)
    names["{model}"] = mlflow.post("logged-models", experiment_id=known, name="lm")["model"]["info"]["model_id"]
    where = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": known}}
    head = {"trace_id": "tr-1", "trace_location": where, "request_time": "2026-01-31T12:00:00Z", "state": "OK"}
    type(mlflow)(mlflow.client, "/api/3.0/mlflow").post("traces", trace={"trace_info": head})
    different = []
    for one in MISTAKES:
        text = json.dumps(one)
        for name, value in names.items():
            text = text.replace(name, value)
        asked = json.loads(text)
        method, _, path = asked["ask"].partition(" ")
        version = "3.0" if path.startswith("3:") else "2.0"
        url = f"/api/{version}/mlflow/{path.removeprefix('3:')}"
        sent = {"content": asked["raw"]} if "raw" in asked else {"json": asked["body"]} if "body" in asked else {}
        answer = mlflow.client.request(method, url, params=asked.get("query"), **sent)
        found = (answer.status_code, answer.json().get("error_code") if answer.content else None)
        if found != (asked["status"], asked.get("code")):
            different.append((one, found, answer.text[:200]))
    assert not different
