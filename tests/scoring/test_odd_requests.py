"""Requests and answers on the edge of what can be said: each has a status and one clear message."""

from __future__ import annotations

import datetime
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from starlette.testclient import TestClient

import runstone.pyfunc
from runstone.models import infer_signature
from runstone.scoring.app import create

GIVES: dict[str, Any] = {
    "object": object(),
    "generator": iter([1]),
    "frame of dates": pd.DataFrame({"t": pd.to_datetime(["2024-01-02", None]), "n": pd.array([1, None], "Int64")}),
    "dates": [datetime.datetime(2024, 1, 2), datetime.date(2024, 1, 2), pd.Timestamp("2024-01-02T03:04:05")],
}


class Gives(runstone.pyfunc.PythonModel):
    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        return GIVES[model_input[0]]


class Times(runstone.pyfunc.PythonModel):
    def predict(self, context: Any, model_input: Any, params: Any = None) -> list[str]:
        return [params["when"].isoformat()]


SIGNATURES: dict[str, Any] = {
    "table": infer_signature(pd.DataFrame({"yes": [True], "word": ["a"], "o": [{"p": 1}]})),
    "small": infer_signature(np.array([1], "int8")),
    "times": infer_signature(pd.DataFrame({"x": [1.0]}), params={"when": datetime.datetime(2023, 1, 1)}),
    "gives": None,
}
MODELS = {"table": lambda model_input: [1], "small": lambda model_input: [1], "times": Times(), "gives": Gives()}


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TestClient]:
    folder: Path = tmp_path_factory.mktemp("models")
    made = {}
    for name, model in MODELS.items():
        runstone.pyfunc.save_model(folder / name, python_model=model, signature=SIGNATURES[name], pip_requirements=[])
        made[name] = TestClient(create(str(folder / name)), raise_server_exceptions=False)
    return made


@pytest.mark.parametrize(
    ("model", "body", "status", "said"),
    [
        ("table", {"dataframe_records": [{"yes": None, "word": "a", "o": {"p": 1}}]}, 400, "'yes' has a row without a value"),
        (
            "table",
            {"dataframe_records": [{"yes": True, "word": 5, "o": {"p": 1}}]},
            400,
            r"'word' is int64; the model takes string,",
        ),
        ("table", {"dataframe_records": [{"yes": True, "word": "a", "o": {"p": 1, "z": 2}}]}, 400, r"\['z'\].*takes \['p'\]"),
        ("small", {"inputs": [300]}, 400, "no array of"),
        ("gives", {"inputs": ["object"]}, 500, "object, which JSON cannot say"),
        ("gives", {"inputs": ["generator"]}, 500, "which JSON cannot say"),
        ("times", {"inputs": {"x": [1.0]}, "params": {"when": "soon"}}, 400, "'when' is of type datetime"),
    ],
)
def test_refused(clients: dict[str, TestClient], model: str, body: Any, status: int, said: str) -> None:
    answer = clients[model].post("/invocations", json=body)
    assert answer.status_code == status, answer.text
    assert re.search(said, answer.json()["message"]), answer.text


def test_dates_in_and_out(clients: dict[str, TestClient]) -> None:
    def ask(model: str, **body: Any) -> Any:
        return clients[model].post("/invocations", json=body).json()["predictions"]

    assert ask("times", inputs={"x": [1.0]}, params={"when": "2024-01-01"}) == ["2024-01-01T00:00:00"]
    assert ask("times", inputs={"x": [1.0]}, params={"when": "2024-01-01T05:00:00Z"}) == ["2024-01-01T05:00:00+00:00"]
    assert ask("gives", inputs=["frame of dates"]) == [{"t": "2024-01-02T00:00:00", "n": 1}, {"t": None, "n": None}]
    assert ask("gives", inputs=["dates"]) == ["2024-01-02T00:00:00", "2024-01-02", "2024-01-02T03:04:05"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/invocations", 405), ("GET", "/nope", 404), ("POST", "/ping", 405)]
)
def test_what_is_not_offered_is_said_in_json(clients: dict[str, TestClient], method: str, path: str, status: int) -> None:
    answer = clients["small"].request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    assert f"{method} {path}" in json.loads(answer.text)["message"]


@pytest.mark.parametrize("kind", ["application/x-parquet", "application/vnd.apache.parquet"])
def test_a_table_as_parquet(clients: dict[str, TestClient], kind: str) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (pip install pyarrow)")
    body = io.BytesIO()
    pd.DataFrame({"yes": [True], "word": ["a"], "o": [{"p": 1}]}).to_parquet(body)
    answer = clients["table"].post("/invocations", content=body.getvalue(), headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()) == (200, {"predictions": [1]})


def test_requests_of_language_are_described(tmp_path: Path) -> None:
    signature = infer_signature(pd.DataFrame({"prompt": ["a"]}), ["x"], params={"times": 2})
    runstone.pyfunc.save_model(tmp_path / "m", python_model=lambda model_input: [1], signature=signature, pip_requirements=[])
    told = TestClient(create(str(tmp_path / "m"))).get("/openapi.json").json()
    forms = told["paths"]["/invocations"]["post"]["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    assert forms[-1]["required"] == ["prompt"]
    assert set(forms[-1]["properties"]) == {"prompt", "times"}
