"""Whatever a caller sends to any of MLflow's endpoints is the caller's mistake: never a 5xx, always MLflow's JSON."""

from __future__ import annotations

import contextlib
import json
from typing import Any
from urllib.parse import quote

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


Answer = tuple[int, bytes]


async def _answers(app: Any, method: str, path: str, asked: list[tuple[bytes, bytes]]) -> list[Answer]:
    """Of queries and bodies, one after the other: status and content. A test client asks longer than the app answers."""
    found: list[Answer] = []
    for query, body in asked:
        said: list[Any] = []
        given = iter([{"type": "http.request", "body": body}])

        async def receive(given: Any = given) -> Any:
            return next(given, {"type": "http.disconnect"})

        async def send(message: Any, said: list[Any] = said) -> None:
            said.append(message)

        headers = [(b"host", b"127.0.0.1:5000"), (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "method": method}
        scope |= {"path": path, "raw_path": quote(path).encode(), "root_path": "", "query_string": query, "headers": headers}
        scope |= {"client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 5000), "state": {}, "extensions": {}}
        with contextlib.suppress(Exception):  # answered as 500 by then, and raised on for the server's log
            await app(scope, receive, send)
        found.append((said[0]["status"], b"".join(one.get("body", b"") for one in said[1:])))
    return found


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.path}")
def test_nonsense_is_refused_or_harmless(mlflow: Any, row: Row) -> None:
    queries = [b"", b"experiment_id=&run_id=%00&metric_key=%ff&max_results=x", b"max_results=99999999999999999999"]
    asked = [(b"", body) for body in bodies(row, mlflow.run())] + [(query, b"") for query in queries]
    path = f"/api/{row.version}.0" + row.path.replace(":path", "")
    told = mlflow.client.portal.call(_answers, mlflow.client.app, row.method, path, asked)
    for sent, (status, text) in zip(asked, told, strict=True):
        assert status < 500 or status == 501, (sent, text)
        answer = json.loads(text)
        assert status == 200 or set(answer) >= {"error_code", "message"}, (sent, text)
