"""Whatever a caller sends to any of MLflow's endpoints is the caller's mistake: never a 5xx, always MLflow's JSON."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from runstone.server.mlflow.row import Row
from runstone.server.mlflow.table import TABLE

#: Values that no field expects, and some that it might.
NONSENSE: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1.5, 1e308, "", "x", "\x00", "ключ" * 100, "1" * 400, "../..", "'; DROP TABLE runs; --",
    [], [None], [[]], ["x"], [{}], {}, {"key": {"a": []}}, [{"key": "k", "value": "v"}] * 3,
)  # fmt: skip


def bodies(row: Row, run: str) -> list[bytes]:
    """Bodies with one kind of nonsense in every field, and with it in one field beside others that name what is there."""
    fields = [one.name for one in msgspec.structs.fields(row.message)]
    there = {"run_id": run, "run_ids": [run], "experiment_id": "0", "experiment_ids": ["0"], "key": "k", "metric_key": "k"}
    there |= {"value": 1, "timestamp": 1, "name": "n", "models": [{"model_id": "m"}]}
    known = {name: value for name, value in there.items() if name in fields}
    found = [json.dumps(dict.fromkeys(fields, value)) for value in NONSENSE]
    found += [json.dumps({**known, name: value}) for name in fields for value in NONSENSE]
    return [text.encode() for text in found]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.path}")
def test_nonsense_is_refused_or_harmless(mlflow: Any, row: Row) -> None:
    path = f"/api/{row.version}.0" + row.path.replace(":path", "").replace("{", "%7B").replace("}", "%7D")
    for body in bodies(row, mlflow.run()):
        found = mlflow.client.request(row.method, path, content=body, headers={"Content-Type": "application/json"})
        assert found.status_code < 500 or found.status_code == 501, (body, found.text)
        answer = found.json()
        assert found.status_code == 200 or set(answer) >= {"error_code", "message"}, (body, found.text)
    for query in ("?", "?experiment_id=&run_id=%00&metric_key=%ff&max_results=x", "?max_results=99999999999999999999"):
        found = mlflow.client.request(row.method, path + query)
        assert found.status_code < 500 or found.status_code == 501, (query, found.text)
