"""Deserialisation (CVE-2024-37052 … 37060): a pickle that somebody uploads is bytes to the server."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

from runstone.models.scan import scan

MLMODEL = """\
artifact_path: model
flavors:
  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl, python_version: 3.11.0}
  sklearn: {pickled_model: model.pkl, serialization_format: pickle, sklearn_version: 1.3.0}
metadata: !!python/object/apply:os.system ["touch %s"]
"""


class Bomb:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.marker),)


def test_nothing_uploaded_is_ever_loaded(victim: Any, tmp_path: Path) -> None:
    marker = tmp_path / "went-off"
    evil = pickle.dumps(Bomb(marker))
    for name in (
        "model.pkl",
        "python_model.pkl",
        "data.joblib",
        "model.pt",
        "checkpoint.ckpt",
        "x.npy",
        "df.parquet",
        "table.json",
    ):
        assert victim.client.put(f"{victim.place}/bomb/{name}", content=evil).status_code == 200
    assert victim.client.put(f"{victim.place}/bomb/MLmodel", content=(MLMODEL % marker).encode()).status_code == 200
    for name in ("conda.yaml", "MLproject", "python_env.yaml"):
        victim.client.put(f"{victim.place}/bomb/{name}", content=f'!!python/object/apply:os.mkdir ["{marker}"]'.encode())
    run, text = victim.run_id, (MLMODEL % marker)
    victim.client.post("/api/2.0/mlflow/runs/log-model", json={"run_id": run, "model_json": text})
    history = f'[{{"run_id": "{run}", "artifact_path": "bomb", "flavors": {{}}, "x": "!!python/object/apply:os.mkdir"}}]'
    victim.client.post(
        "/api/2.0/mlflow/runs/set-tag", json={"run_id": run, "key": "mlflow.log-model.history", "value": history}
    )
    victim.client.post(
        "/api/2.0/mlflow/model-versions/create", json={"name": "m", "source": f"runs:/{run}/bomb", "run_id": run}
    )
    own = "/api/runstone/v1"
    for path in (
        f"{own}/runs/{run}", f"{own}/runs/{run}/models", f"{own}/models/m", f"{own}/models/m/versions/2",
        f"{own}/models/m/versions/1",
        f"{own}/runs/{run}/artifacts?path=bomb", f"{own}/runs/{run}/console", f"{own}/search?q=bomb",
        f"{own}/runs/{run}/documents/bomb/MLmodel", f"/get-artifact?run_id={run}&path=bomb/model.pkl",
        "/model-versions/get-artifact?name=m&version=2&path=model.pkl", f"/api/2.0/mlflow/runs/get?run_id={run}",
        "/api/2.0/mlflow/model-versions/get?name=m&version=2",
        "/api/2.0/mlflow/model-versions/get-download-uri?name=m&version=2",
    ):  # fmt: skip
        assert victim.client.get(path).status_code < 500, path
    found = scan(victim.root / "bomb")
    assert "mkdir" in str(found)
    assert not marker.exists()


def test_no_message_is_a_pickle(victim: Any, tmp_path: Path) -> None:
    marker = tmp_path / "went-off"
    evil = pickle.dumps(Bomb(marker))
    for kind in ("application/octet-stream", "application/x-pickle", "application/python-pickle", "application/vnd.runstone"):
        for path in ("ingest", "store/search_runs", "runs/table", "experiments"):
            answer = victim.client.post(f"/api/runstone/v1/{path}", content=evil, headers={"content-type": kind})
            assert 400 <= answer.status_code < 500, (path, kind, answer.text)
    for token in (evil.hex(), "gASV" + "A" * 40):
        answer = victim.client.post("/api/2.0/mlflow/runs/search", json={"experiment_ids": ["0"], "page_token": token})
        assert answer.status_code in (200, 400)
    assert not marker.exists()
