"""Models behind HTTP: the same answers as mlflow's scoring server, recorded; an alias that moves; a clean end."""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost
from click.testing import CliRunner
from scoring_requests import JSON, REQUESTS, ask, outcome, save_all
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from starlette.testclient import TestClient

import runstone
from forks import Forks
from runstone.cli.main import cli
from runstone.errors import InvalidValue
from runstone.scoring.app import create
from runstone.scoring.batching import Batcher
from runstone.scoring.describe import openapi
from runstone.scoring.holder import Holder

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "mlflow_scoring.json").read_text())
#: mlflow cuts 1.5 to 1 without a word; here it is no whole number.
OTHERWISE = {"a fraction for a whole number": [400, None, None]}


class Serving:
    """``runstone models serve`` in a process of its own."""

    def __init__(self, uri: str, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "runstone.cli.main", "models", "serve", "-m", uri, "-p", str(port), *options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def wait(self) -> None:
        for _ in range(600):
            try:
                if ask(f"{self.url}/ping")[0] == 200:
                    return
            except OSError:
                assert self.process.poll() is None, self.process.communicate()[1]
            time.sleep(0.05)
        raise AssertionError("the server did not begin to answer")

    def close(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)
        return self.process.returncode


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models, saved by ours under mlflow's name."""
    made = tmp_path_factory.mktemp("models")
    shown = {"mlflow": runstone, "mlflow.models": importlib.import_module("runstone.models")}
    sys.modules.update(shown)
    try:
        save_all(importlib.import_module("runstone"), str(made))
    finally:
        for name in shown:
            del sys.modules[name]
    return made


#: The models that processes of their own answer for. How bodies come in, and errors go out, is the same for all.
SERVED = {"table": ["-w", "2"], "params": []}


def test_the_same_answers_as_mlflows_server(folder: Path) -> None:
    """Every request: at real servers, of which one is two processes, and at the applications of the other models."""
    names = sorted({model for model, _, _ in REQUESTS.values()} - SERVED.keys())
    servers = {name: Serving(str(folder / name), *options) for name, options in SERVED.items()}
    try:
        here = {name: TestClient(create(str(folder / name)), raise_server_exceptions=False) for name in names}
        for one in servers.values():
            one.wait()
        found = {}
        for name, (model, kind, body) in REQUESTS.items():
            content = body.encode("utf-8", "surrogateescape")
            if model in servers:
                found[name] = outcome(*ask(f"{servers[model].url}/invocations", content, kind))
            else:
                answer = here[model].post("/invocations", content=content, headers={"Content-Type": kind} if kind else {})
                found[name] = outcome(answer.status_code, answer.text)
        expected = {name: RECORDED[name] for name in REQUESTS} | OTHERWISE
        assert found == expected
        table = servers["table"].url
        for path in ("/ping", "/health", "/version"):
            assert ask(table + path) == tuple(RECORDED[path][:2])
        body = json.dumps({"dataframe_records": [{"x": 1.0, "n": 1}]}).encode()
        told = json.loads(ask(f"{table}/invocations", body, JSON)[1])
        assert told["error_code"] == "INVALID_PARAMETER_VALUE"
        assert "'word'" in told["message"]
        assert ask(f"{table}/invocations", b"{}", None)[0] == 415
        assert 'runstone_http_requests_total{method="POST",route="/invocations"' in ask(f"{servers['params'].url}/metrics")[1]
        assert json.loads(ask(f"{table}/openapi.json")[1])["openapi"] == "3.1.0"
    finally:
        ends = [one.close() for one in servers.values()]
    assert ends == [0] * len(servers)


def log_constant(constant: int) -> None:
    model = DummyClassifier(strategy="constant", constant=constant).fit([[0.0], [0.0]], [0, 1])
    with runstone.start_run():
        runstone.sklearn.log_model(model, "model", registered_model_name="constant")


def test_an_alias_is_followed(tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    runstone.set_tracking_uri(store)
    log_constant(0)
    client = runstone.MlflowClient()
    client.set_registered_model_alias("constant", "champion", 1)
    serving = Serving("models:/constant@champion", "--store", store, "--follow-alias", "--follow-every", "0.05")
    try:
        serving.wait()
        body = json.dumps({"inputs": [[1.0]]}).encode()
        assert ask(f"{serving.url}/invocations", body, JSON) == (200, '{"predictions":[0]}')
        log_constant(1)
        client.set_registered_model_alias("constant", "champion", 2)
        for _ in range(400):
            status, text = ask(f"{serving.url}/invocations", body, JSON)
            assert status == 200
            if text == '{"predictions":[1]}':
                break
            time.sleep(0.05)
        assert text == '{"predictions":[1]}'
        assert "runstone_model_reloads_total 1" in ask(f"{serving.url}/metrics")[1]
    finally:
        assert serving.close() == 0
    with pytest.raises(InvalidValue, match="alias"):
        Holder("models:/constant/1").follow(1)


class Slow:
    """Predicts no sooner than it may, and tells how many rows it saw at once."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.may = threading.Event()

    def predict(self, data: Any) -> Any:
        self.may.wait(30)
        self.seen.append(len(data))
        if (np.asarray(data) < 0).any():
            raise ValueError("negative")
        return data["x"] * 2 if hasattr(data, "columns") else data.sum(axis=1)


def test_requests_that_wait_are_predicted_together() -> None:
    model, batcher = Slow(), Batcher(10)
    asked = [np.full((2, 2), value) for value in (1.0, 2.0, 3.0)]
    asked += [pd.DataFrame({"x": [value]}) for value in (4.0, 5.0)]  # type: ignore[list-item]
    asked += [np.full((9, 2), 6.0), np.full((1, 2), -1.0)]
    first = batcher.ask(model, np.zeros((1, 2)))  # type: ignore[arg-type]
    while batcher._queue.qsize() or not batcher.batches:
        time.sleep(0.01)
    answers = [batcher.ask(model, data) for data in asked]  # type: ignore[arg-type]
    gone = batcher.ask(model, np.zeros((1, 2)))  # type: ignore[arg-type]
    gone.cancel()  # as when the time of a request is up
    model.may.set()
    found = [np.asarray(one.result(30)).tolist() for one in answers[:-1]]
    assert first.result(30).tolist() == [0.0]
    with pytest.raises(ValueError, match="negative"):
        answers[-1].result(30)
    assert found == [[2.0, 2.0], [4.0, 4.0], [6.0, 6.0], [8.0], [10.0], [12.0] * 9]
    # the batch with the negative row failed, so each of its requests was predicted by itself; tables make one batch
    assert model.seen == [1, 8, 2, 2, 2, 1, 1, 2, 9]


def trees() -> dict[str, Any]:
    x, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    return {
        "forest": RandomForestClassifier(5, random_state=0).fit(x, y),
        "boosting": GradientBoostingClassifier(n_estimators=3, random_state=0).fit(x, y),
        "boosting on a line": GradientBoostingClassifier(n_estimators=3, init=LogisticRegression()).fit(x, y),
        "line": LogisticRegression().fit(x, y),
        "xgboost": xgboost.XGBClassifier(n_estimators=3).fit(x, y),
        "xgboost's line": xgboost.XGBRegressor(booster="gblinear", n_estimators=3).fit(x, y),
        "booster": xgboost.XGBClassifier(n_estimators=3).fit(x, y).get_booster(),
    }


def test_trees_are_joined_by_themselves_and_others_are_not(tmp_path: Path) -> None:
    found = {}
    for name, model in trees().items():
        flavor = runstone.xgboost if "xgboost" in type(model).__module__ else runstone.sklearn
        flavor.save_model(model, tmp_path / name)
        found[name] = Batcher(10, only_rowwise=True).takes(runstone.pyfunc.load_model(str(tmp_path / name)))
    assert found == {
        "forest": True, "boosting": True, "boosting on a line": False, "line": False, "xgboost": True, "xgboost's line": False,
        "booster": True,
    }  # fmt: skip
    assert Batcher(10).takes(runstone.pyfunc.load_model(str(tmp_path / "line")))


def test_a_server_with_batches_answers_alike(folder: Path) -> None:
    serving = Serving(str(folder / "table"), "--batch-rows", "100")
    try:
        serving.wait()
        asked = {name: one for name, one in REQUESTS.items() if one[0] == "table"}
        for name, (_, kind, body) in asked.items():
            told = outcome(*ask(f"{serving.url}/invocations", body.encode("utf-8", "surrogateescape"), kind))
            assert told == {**RECORDED, **OTHERWISE}[name], name
        assert "runstone_model_batches_total" in ask(f"{serving.url}/metrics")[1]
    finally:
        serving.close()


def test_limits(folder: Path) -> None:
    os.environ.update(RUNSTONE_SCORING_MAX_MB="1")
    serving = Serving(str(folder / "plain"), "--timeout", "0.000001")
    try:
        serving.wait()
        assert ask(f"{serving.url}/invocations", b"x" * ((1 << 20) + 1), "text/csv")[0] == 413
        assert ask(f"{serving.url}/invocations", b'{"inputs": [1]}', JSON)[0] == 504
    finally:
        serving.close()


def test_workers_that_cannot_load_the_model_say_why(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors: {python_function: {loader_module: nowhere.to_be_found}}")
    serving = Serving(str(tmp_path), "-w", "2")
    said = serving.process.communicate(timeout=60)[1]
    assert serving.process.returncode == 1
    assert "needs the module 'nowhere'" in said
    assert "Traceback" not in said


def test_predicting_for_a_file(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text("x,n,word\n1.5,2,a\n")
    command = ["models", "predict", "-m", str(folder / "table"), "-i", str(table), "-t", "csv"]
    done = CliRunner().invoke(cli, command)
    assert (done.exit_code, done.stdout) == (0, '{"predictions":[6.0]}\n'), done.output
    wrong = CliRunner().invoke(cli, ["models", "predict", "-m", str(folder / "table")], input="{")
    assert wrong.exit_code == 1
    assert "valid JSON" in wrong.output
    kept = tmp_path / "kept.json"
    kept.write_text("before")
    unread = CliRunner().invoke(cli, [*command[:-1], "json", "-o", str(kept)])  # a table is no JSON
    assert (unread.exit_code, kept.read_text()) == (1, "before")
    nowhere = CliRunner().invoke(cli, [*command, "-o", str(tmp_path / "no" / "out.json")])
    assert "cannot be written" in nowhere.output
    nothing = CliRunner().invoke(cli, ["models", "predict", "-m", str(folder / "table"), "-i", str(tmp_path / "none.csv")])
    assert "does not exist" in nothing.output
    missing = CliRunner().invoke(cli, ["models", "serve", "-m", str(tmp_path / "none"), "-p", "0"])
    assert missing.exit_code == 1
    assert "no model" in missing.output


def test_the_signature_as_openapi(folder: Path) -> None:
    told = openapi(runstone.models.Model.load(folder / "table"), "table")
    forms = told["paths"]["/invocations"]["post"]["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    row = next(form["properties"]["dataframe_records"]["items"] for form in forms if "dataframe_records" in form["properties"])
    assert row["required"] == ["x", "n", "word"]
    assert row["properties"]["n"] == {"type": "integer", "format": "int32"}
    params = openapi(runstone.models.Model.load(folder / "params"), "p")
    forms = params["paths"]["/invocations"]["post"]["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    assert forms[0]["properties"]["params"]["properties"]["times"] == {"type": "integer", "format": "int64", "default": 2}


@pytest.mark.peer
def test_the_record_is_the_real_mlflows(real_mlflow: Forks, tmp_path: Path) -> None:
    done = real_mlflow.run(str(HERE / "scoring_requests.py"), str(tmp_path / "m"), cwd=tmp_path, env=os.environ)
    assert "FOUND" in done.stdout, done.stderr[-3000:]
    told: Any = json.loads(done.stdout.partition("FOUND")[2])
    assert told == RECORDED
