"""Requests to a scoring server, and the models they are for. ``PEER scoring_requests.py FOLDER`` asks the real mlflow's."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from typing import Any

JSON = "application/json"
ROW = {"x": 1.5, "n": 2, "word": "a"}
TURNS = [{"role": "user", "content": "hi"}]
COLUMNS = list(ROW)
VALUES = list(ROW.values())

#: name -> (model, content type, body)
REQUESTS: dict[str, tuple[str, str | None, str]] = {
    "split": ("table", JSON, json.dumps({"dataframe_split": {"columns": COLUMNS, "data": [VALUES, [3, 4, "b"]]}})),
    "records": ("table", JSON, json.dumps({"dataframe_records": [ROW, ROW]})),
    "other order": ("table", JSON, json.dumps({"dataframe_split": {"columns": COLUMNS[::-1], "data": [VALUES[::-1]]}})),
    "one too many": ("table", JSON, json.dumps({"dataframe_records": [{**ROW, "more": 1}]})),
    "inputs as columns": ("table", JSON, json.dumps({"inputs": {"x": [1.5], "n": [2], "word": ["a"]}})),
    "instances as objects": ("table", JSON, json.dumps({"instances": [ROW]})),
    "csv": ("table", "text/csv", "x,n,word\n1.5,2,a\n"),
    "csv with a charset": ("table", "text/csv; charset=utf-8", "x,n,word\n1.5,2,007\n"),
    "a missing column": ("table", JSON, json.dumps({"dataframe_records": [{"x": 1.0, "n": 1}]})),
    "a wrong type": ("table", JSON, json.dumps({"dataframe_records": [{**ROW, "x": "much"}]})),
    "a fraction for a whole number": ("table", JSON, json.dumps({"dataframe_records": [{**ROW, "n": 1.5}]})),
    "no json": ("table", JSON, "{oops"),
    "no utf-8": ("table", JSON, "\udcff"),
    "a list": ("table", JSON, "[1]"),
    "no field": ("table", JSON, "{}"),
    "two fields": ("table", JSON, json.dumps({"inputs": [1], "instances": [1]})),
    "an unknown field": ("table", JSON, json.dumps({"rows": [1]})),
    "another type": ("table", "text/plain", "x"),
    "another charset": ("table", "application/json; charset=latin-1", "{}"),
    "another parameter": ("table", "application/json; odd=1", "{}"),
    "one object": ("table", JSON, json.dumps({"inputs": ROW})),
    "no row": ("table", JSON, json.dumps({"dataframe_split": {"columns": COLUMNS, "data": []}})),
    "no row of csv": ("table", "text/csv", "x,n,word\n"),
    "a key too many": ("table", JSON, json.dumps({"dataframe_split": {"colums": COLUMNS, "data": [VALUES]}})),
    "a column twice": ("table", JSON, json.dumps({"dataframe_split": {"columns": ["x", "x", "word"], "data": [VALUES]}})),
    "no value": ("table", JSON, json.dumps({"dataframe_records": [{**ROW, "n": None}]})),
    "an index": ("table", JSON, json.dumps({"dataframe_split": {"columns": COLUMNS, "data": [VALUES], "index": [7]}})),
    "nothing": ("table", JSON, ""),
    "a table for an array": ("tensor", JSON, json.dumps({"dataframe_split": {"data": [[1, 2]]}})),
    "a mixed table for an array": ("tensor", JSON, json.dumps({"dataframe_records": [{"a": 1, "b": 2.5}]})),
    "texts for an array": ("tensor", JSON, json.dumps({"dataframe_records": [{"a": "x", "b": 2}]})),
    "inputs as an array": ("tensor", JSON, json.dumps({"inputs": [[1, 2], [3, 4]]})),
    "instances as an array": ("tensor", JSON, json.dumps({"instances": [[1.0, 2.0]]})),
    "another shape": ("tensor", JSON, json.dumps({"inputs": [[1, 2, 3]]})),
    "no numbers": ("tensor", JSON, json.dumps({"inputs": [["a", "b"]]})),
    "params": ("params", JSON, json.dumps({"inputs": {"x": [1.0]}, "params": {"times": 3}})),
    "params by default": ("params", JSON, json.dumps({"inputs": {"x": [1.0]}})),
    "params of another type": ("params", JSON, json.dumps({"inputs": {"x": [1.0]}, "params": {"times": "many"}})),
    "a failing model": ("params", JSON, json.dumps({"inputs": {"x": [1.0]}, "params": {"times": -1}})),
    "no signature": ("plain", JSON, json.dumps({"dataframe_split": {"columns": ["a"], "data": [[1.0], [2.0]]}})),
    "no signature, an array": ("plain", JSON, json.dumps({"inputs": [[1.0, 2.0]]})),
    "a table back": ("frame", JSON, json.dumps({"dataframe_split": {"columns": ["a"], "data": [[1], [2]]}})),
    "hinted": ("hinted", JSON, json.dumps({"inputs": ["a", "b"]})),
    "hinted, no list": ("hinted", JSON, json.dumps({"inputs": "ab"})),
    "hinted, another type": ("hinted", JSON, json.dumps({"inputs": [1]})),
    "hinted, a prompt": ("hinted", JSON, json.dumps({"prompt": ["a"]})),
    "a chat": ("chat", JSON, json.dumps({"messages": TURNS})),
    "a chat with params": ("chat", JSON, json.dumps({"messages": TURNS, "temperature": 0.9, "n": 2})),
    "a chat in a field": ("chat", JSON, json.dumps({"inputs": {"messages": TURNS}, "params": {"temperature": 0.9}})),
    "a prompt for a chat": ("chat", JSON, json.dumps({"prompt": "hello"})),
    "an odd chat": ("chat", JSON, json.dumps({"messages": "hello"})),
    "a prompt": ("prompt", JSON, json.dumps({"prompt": "hello", "times": 3})),
    "a prompt with params apart": ("prompt", JSON, json.dumps({"prompt": "hello", "params": {"times": 3}})),
    "a prompt, params of another type": ("prompt", JSON, json.dumps({"prompt": "hello", "times": "many"})),
    "a body as it is": ("asis", JSON, json.dumps({"input": ["a"], "more": {"b": None}})),
    "two fields of language": ("asis", JSON, json.dumps({"input": "x", "inputs": [1], "params": {"a": 1}})),
    "a body of language for a table": ("table", JSON, json.dumps({"prompt": "hello"})),
}


def ask(url: str, body: bytes | None = None, kind: str | None = None) -> tuple[int, str]:
    """Status and text of an answer."""
    request = urllib.request.Request(url, body, {"Content-Type": kind} if kind else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as problem:
        return problem.code, problem.read().decode()


def outcome(status: int, text: str) -> list[Any]:
    """What must agree: the status, predictions, and the code of an error."""
    try:
        told = json.loads(text)
    except ValueError:
        return [status, None]
    if status == 200 and (not isinstance(told, dict) or "predictions" not in told):
        return [status, {"alone": told}, None]
    return [status, told.get("predictions"), told.get("error_code") if status == 200 else None]


def save_all(mlflow: Any, folder: str) -> list[str]:
    """Save the models; their names."""
    import numpy as np
    import pandas as pd
    from mlflow.models import infer_signature  # of the program that saves

    frame = pd.DataFrame({"x": [1.0], "n": np.array([1], "int32"), "word": ["a"]})
    one = pd.DataFrame({"x": [1.0]})
    sign = infer_signature

    class Hinted(mlflow.pyfunc.PythonModel):  # type: ignore[misc, name-defined]
        def predict(self, model_input: list[str], params: Any = None) -> list[str]:
            return [text.upper() for text in model_input]

    class Times(mlflow.pyfunc.PythonModel):  # type: ignore[misc, name-defined]
        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            if params["times"] < 0:
                raise RuntimeError("negative")
            return (model_input["x"] * params["times"]).to_numpy()

    def table(model_input):  # type: ignore[no-untyped-def]
        return (model_input["x"] * 2 + model_input["n"] + model_input["word"].str.len()).to_numpy()

    class Chat(mlflow.pyfunc.PythonModel):  # type: ignore[misc, name-defined]
        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            turns = model_input["messages"][0]
            return {"said": [dict(one) for one in turns], "temperature": params["temperature"]}

    class Prompt(mlflow.pyfunc.PythonModel):  # type: ignore[misc, name-defined]
        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            return [text * params["times"] for text in model_input["prompt"]]

    models = {
        "table": (table, sign(frame, np.array([1.0]))),
        "tensor": (lambda model_input: model_input.sum(axis=1), sign(np.ones((2, 2)), np.ones(2))),
        "params": (Times(), sign(one, np.array([1.0]), params={"times": 2})),
        "plain": (lambda model_input: model_input * 2, None),
        "frame": (lambda model_input: model_input.assign(b=[float("1.5"), 2.0]), None),
        "hinted": (Hinted(), None),
        "chat": (Chat(), sign({"messages": TURNS}, "x", params={"temperature": 0.5})),
        "prompt": (Prompt(), sign(pd.DataFrame({"prompt": ["a"]}), ["x"], params={"times": 2})),
        "asis": (lambda model_input: {"given": model_input}, None),
    }
    for name, (model, signature) in models.items():
        mlflow.pyfunc.save_model(f"{folder}/{name}", python_model=model, signature=signature, pip_requirements=["pandas"])
    return list(models)


if __name__ == "__main__":
    # under the real mlflow: its own application for each model, without a port
    import warnings

    warnings.simplefilter("ignore")
    import mlflow
    from fastapi.testclient import TestClient
    from mlflow.pyfunc import scoring_server

    clients = {}
    for model_name in save_all(mlflow, sys.argv[1]):
        clients[model_name] = TestClient(scoring_server.init(mlflow.pyfunc.load_model(f"{sys.argv[1]}/{model_name}")))
    found = {}
    for request_name, (model_name, kind, body) in REQUESTS.items():
        content = body.encode("utf-8", "surrogateescape")
        answer = clients[model_name].post("/invocations", content=content, headers={"Content-Type": kind})
        found[request_name] = outcome(answer.status_code, answer.text)
    for path in ("/ping", "/health", "/version"):
        answer = clients["table"].get(path)
        found[path] = [answer.status_code, answer.text, answer.headers["content-type"]]
    print("FOUND" + json.dumps(found))
