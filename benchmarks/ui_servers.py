"""Servers that ``ui.py`` looks at, each a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: Seconds until a server has to answer.
START = 180


class Served:
    """``ids`` are those that the store was made with."""

    def __init__(self, url: str, ids: dict[str, str]) -> None:
        self.url, self.ids = url, ids

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.url}/api/2.0/mlflow/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            return dict(json.loads(answer.read() or b"{}"))

    def start_run(self) -> str:
        body = {"experiment_id": "0", "run_name": "live", "start_time": int(time.time() * 1000)}
        return str(self._post("runs/create", body)["run"]["info"]["run_id"])

    def log(self, run_id: str, key: str, value: float) -> float:
        """Log one point; milliseconds since 1970 just before it was sent."""
        now = time.time() * 1000
        self._post("runs/log-metric", {"run_id": run_id, "key": key, "value": value, "timestamp": int(now), "step": int(value)})
        return now


@contextlib.contextmanager
def runstone_server(store: Path, ids: dict[str, str]) -> Iterator[Served]:
    command = [sys.executable, "-m", "runstone.cli.main", "ui", "-p", "0", "--backend-store-uri", str(store)]
    with process(command, stdout=subprocess.PIPE, text=True) as begun:
        assert begun.stdout is not None
        found = re.search(r"http://[^\s]+", begun.stdout.readline())
        assert found, "the server did not say where it listens"
        yield Served(found[0].rstrip("/"), ids)


@contextlib.contextmanager
def mlflow_server(python: str, database: Path, ids: dict[str, str]) -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [python, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{database}", "--port", str(port)]
    with process(command, cwd=database.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True):
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + START
        while True:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"{url}/health").read()
                break
            if time.monotonic() > deadline:
                raise RuntimeError(f"mlflow server did not answer within {START} s")
            time.sleep(0.5)
        yield Served(url, ids)


@contextlib.contextmanager
def process(command: list[str], **more: Any) -> Iterator[subprocess.Popen[Any]]:
    """A process that is ended, with SIGTERM and then SIGKILL; with ``start_new_session`` all that it began, too."""
    begun = subprocess.Popen(command, **more)
    try:
        yield begun
    finally:
        own = bool(more.get("start_new_session"))
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(begun.pid, sign) if own else begun.send_signal(sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                begun.wait(15)
                break
