"""Several processes answer as one: one that dies is replaced, and none outlives the server."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import psutil


def until(holds: Callable[[], bool], what: str) -> None:
    for _ in range(400):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(f"not within 20 s: {what}")


def answers(server: Any) -> bool:
    try:
        with urllib.request.urlopen(server.address + "/api/runstone/v1/info", timeout=5) as answer:
            return bool(json.load(answer)["store"])
    except OSError:
        return False


def test_a_dead_worker_is_replaced(run_server: Callable[..., Any]) -> None:
    server = run_server("--port", "0", "--workers", "2")
    until(lambda: len(server.workers()) == 2, "both workers are there")
    first = server.workers()[0]
    time.sleep(0.5)
    first.kill()
    until(lambda: first.pid not in [one.pid for one in server.workers()] and len(server.workers()) == 2, "a new worker")
    until(lambda: all(answers(server) for _ in range(10)), "it answers as before")
    assert server.process.poll() is None


def test_no_worker_outlives_a_killed_server(run_server: Callable[..., Any]) -> None:
    server = run_server("--port", "0", "--workers", "2")
    until(lambda: len(server.workers()) == 2, "both workers are there")
    family = psutil.Process(server.process.pid).children(recursive=True)
    until(lambda: all(answers(server) for _ in range(10)), "they answer")
    server.process.kill()
    server.process.wait()
    until(lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family), "all are gone")
    assert not answers(server)
