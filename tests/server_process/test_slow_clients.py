"""Clients that dribble, fall silent or leave in the middle: others are answered meanwhile, and they are cut off in time."""

from __future__ import annotations

import json
import re
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

FILES = "/api/2.0/mlflow-artifacts/artifacts"
#: More than there are threads for anything.
CROWD = 80


@pytest.fixture(params=["asyncio", "uvloop"])
def server(run_server: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    return run_server("--port", "0", client_seconds="3", loop=request.param)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def begin(
    stack: ExitStack, server: Any, method: str, path: str, body: bytes, length: int = 1000, kind: str = ""
) -> socket.socket:
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{kind}\r\n"
    connection.sendall(head.encode() + body)
    return connection


def ask(server: Any, path: str) -> bytes:
    with urllib.request.urlopen(server.address + path, timeout=60) as answer:
        found: bytes = answer.read()
        return found


def end_of(connection: socket.socket) -> bytes:
    """The server's whole answer, or all that it says before it closes the connection.

    The runtime below may keep a connection open for a while whose request never came whole; nothing of ours waits for it.
    """
    said = b""
    while not _whole(said) and (piece := connection.recv(65536)):
        said += piece
    return said


def _whole(said: bytes) -> bool:
    head, end, body = said.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    return bool(end) and length is not None and len(body) >= int(length[1])


def test_a_crowd_that_falls_silent_keeps_nobody_waiting_and_is_cut_off(server: Any, stack: ExitStack) -> None:
    crowd = [begin(stack, server, "PUT", f"{FILES}/slow/{number}", b"ab") for number in range(CROWD)]
    crowd += [begin(stack, server, "POST", "/api/2.0/mlflow/experiments/create", b'{"name') for _ in range(CROWD)]
    crowd += [
        begin(stack, server, "POST", "/api/runstone/v1/experiments", b'{"name', kind="Content-Type: application/json\r\n")
        for _ in range(CROWD)
    ]
    assert ask(server, "/health") == b"OK"
    assert json.loads(ask(server, "/api/runstone/v1/info"))["store"]
    assert b"Default" in ask(server, "/api/2.0/mlflow/experiments/search?max_results=5")
    upload = urllib.request.Request(f"{server.address}{FILES}/fast", b"x" * 3_000_000, method="PUT")
    with urllib.request.urlopen(upload, timeout=60) as answer:
        assert answer.status == 200
    for one in crowd:
        said = end_of(one)
        assert said.startswith(b"HTTP/1.1 408"), said
        assert b"RUNSTONE_CLIENT_SECONDS" in said
    assert json.loads(ask(server, f"{FILES}?path=slow"))["files"] == []


def test_a_body_that_dribbles_is_cut_off_however_steadily(server: Any, stack: ExitStack) -> None:
    """A byte every half second is never silent, and still too slow."""
    for method, path in (("PUT", f"{FILES}/slow"), ("POST", "/api/2.0/mlflow/experiments/create")):
        connection = begin(stack, server, method, path, b"{", length=100_000)
        connection.settimeout(0.2)
        for _ in range(150):
            try:
                connection.sendall(b" ")
                said = connection.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                said = b""
            assert said[:12] in (b"", b"HTTP/1.1 408")
            break
        else:
            pytest.fail(f"{method} {path}: dribbled for half a minute")


def test_a_head_that_dribbles_is_cut_off(server: Any, stack: ExitStack) -> None:
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=0.2))
    connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: ")
    for _ in range(150):
        try:
            connection.sendall(b"x")
            if not connection.recv(65536):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    else:
        pytest.fail("dribbled for half a minute")
    assert ask(server, "/health") == b"OK"


def test_a_body_that_breaks_off_changes_nothing_and_is_no_fault(server: Any, stack: ExitStack) -> None:
    whole = json.dumps({"name": "half"}).encode()
    for path in ("/api/2.0/mlflow/experiments/create", "/api/runstone/v1/experiments", "/api/runstone/v1/ingest"):
        kind = "Content-Type: application/json\r\n"
        begin(stack, server, "POST", path, whole, length=len(whole) + 1, kind=kind).close()
    time.sleep(0.3)
    assert b"half" not in ask(server, "/api/2.0/mlflow/experiments/search?max_results=5")
    assert server.end() == ""


def test_a_slow_upload_that_keeps_coming_is_taken(server: Any, stack: ExitStack) -> None:
    """Longer than the patience in all, never silent for so long, and fast enough."""
    connection = begin(stack, server, "PUT", f"{FILES}/steady", b"x" * 20_000, length=60_000)
    for _ in range(8):
        time.sleep(0.5)
        connection.sendall(b"x" * 5_000)
    assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert ask(server, f"{FILES}/steady") == b"x" * 60_000
