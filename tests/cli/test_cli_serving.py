"""``runstone ui`` and ``runstone server`` as real processes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from runstone.contracts import Store

API = "/api/runstone/v1"


class Server:
    """A running command; ``address`` is where it says that it is."""

    def __init__(self, uri: str, *words: str) -> None:
        env = {**os.environ, "RUNSTONE_TRACKING_URI": uri, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "runstone.cli.main", *words]
        self.ended: tuple[int, str] | None = None
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        found = re.search(r"http://\S+", self.line)
        if not found:
            self.process.terminate()
            raise AssertionError((self.line, *self.process.communicate()))
        self.address = found.group()

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.address + API + path, timeout=20) as answer:
            return json.load(answer)

    def events(self) -> HTTPResponse:
        answer: HTTPResponse = urllib.request.urlopen(f"{self.address}{API}/events", timeout=20)
        return answer

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Exit code and standard error after a signal; the same again when asked again."""
        if self.ended is None:
            if self.process.poll() is None:
                self.process.send_signal(number)
            errors = self.process.communicate(timeout=30)[1]
            self.ended = self.process.returncode, errors
        return self.ended


@pytest.fixture
def start(uri: str) -> Iterator[Callable[..., Server]]:
    running: list[Server] = []

    def begin(*words: str) -> Server:
        running.append(Server(uri, *words))
        return running[-1]

    yield begin
    for one in running:
        one.end()


def next_data(stream: HTTPResponse) -> dict[str, Any]:
    """The data of the next event."""
    for line in stream:
        if line.startswith(b"data: "):
            found: dict[str, Any] = json.loads(line[6:])
            return found
    raise AssertionError("the stream ended")


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on, with a free one after it."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_and_ends_cleanly_with_a_stream_open(start: Callable[..., Server], number: int) -> None:
    server = start("server", "--port", "0")
    assert server.get("/health")["status"] == "ok"
    stream = server.events()
    assert next_data(stream)["run_ids"] == []
    assert server.end(number) == (0, "")
    assert stream.read().strip() == b""


def test_a_run_written_by_another_process_is_announced(start: Callable[..., Server], make_run: Callable[..., str]) -> None:
    server = start("ui", "--port", "0")
    stream = server.events()
    next_data(stream)
    run_id = make_run()
    seen: set[str] = set()
    while run_id not in seen:
        seen.update(next_data(stream)["run_ids"])
    assert server.get(f"/runs/{run_id}")["info"]["run_id"] == run_id


def test_two_servers_on_one_file_see_each_others_changes(start: Callable[..., Server]) -> None:
    first, second = start("server", "--port", "0"), start("server", "--port", "0")
    assert first.address != second.address
    request = urllib.request.Request(
        first.address + API + "/experiments", json.dumps({"name": "shared"}).encode(), {"content-type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=20).close()
    assert "shared" in [one["name"] for one in second.get("/experiments")["experiments"]]
    assert (first.end()[0], second.end()[0]) == (0, 0)


def test_ui_takes_the_next_port_and_says_so(start: Callable[..., Server], taken: int) -> None:
    server = start("ui", "--port", str(taken))
    port = int(server.address.rpartition(":")[2])
    assert taken < port < taken + 50
    code, errors = server.end()
    assert code == 0
    assert f"Port {taken} is taken; using {port}." in errors


def test_server_refuses_a_port_that_is_taken(call: Callable[..., Result], taken: int) -> None:
    error = call("server", "--port", str(taken), code=1).stderr
    assert f"Port {taken} is taken" in error
    assert "--port 0" in error


def test_the_port_of_another_runstone_server_is_taken_too(start: Callable[..., Server], call: Callable[..., Result]) -> None:
    port = start("server", "--port", "0").address.rpartition(":")[2]
    call("server", "--port", port, code=1)


@pytest.mark.parametrize("command", ["ui", "server"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.org"])
def test_it_is_not_opened_to_others_unasked(call: Callable[..., Result], command: str, host: str) -> None:
    error = call(command, "--host", host, "--port", "0", code=1).stderr
    assert "--auth" in error
    assert "--no-auth" in error


def test_no_auth_opens_it_to_addresses_but_not_to_names(start: Callable[..., Server]) -> None:
    server = start("server", "--host", "0.0.0.0", "--port", "0", "--no-auth")
    port = int(server.address.rpartition(":")[2])
    for host, status in (("10.9.8.7", b"200"), ("evil.example", b"403")):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
            link.sendall(f"GET {API}/info HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            assert link.recv(100).split()[1] == status


def test_an_address_that_is_not_ours_or_a_wrong_prefix_fails(call: Callable[..., Result]) -> None:
    assert "127.0.0.1" in call("server", "--host", "203.0.113.7", "--no-auth", "--port", "0", code=1).stderr
    assert "/ml" in call("server", "--static-prefix", "ml", "--port", "0", code=1).stderr
    call("server", "--port", "70000", code=2)


def test_workers_share_the_store(start: Callable[..., Server], store: Store) -> None:
    server = start("server", "--port", "0", "--workers", "2")
    for _ in range(10):
        assert server.get("/info")["store"] == store.uri
    assert server.end()[0] == 0


def test_a_prefix_moves_everything(start: Callable[..., Server]) -> None:
    server = start("server", "--port", "0", "--static-prefix", "/ml")
    assert server.address.endswith("/ml")
    assert server.get("/health")["status"] == "ok"


def test_artifacts_of_experiments_made_here_go_below_the_root_given(start: Callable[..., Server], tmp_path: Path) -> None:
    root = (tmp_path / "elsewhere").as_uri()
    server = start("server", "--port", "0", "--default-artifact-root", root)
    request = urllib.request.Request(
        server.address + API + "/experiments", json.dumps({"name": "moved"}).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert json.load(answer)["artifact_location"].startswith(root + "/")
