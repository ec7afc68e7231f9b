"""Where a server listens: ports with TLS, sockets in the file system."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

INFO = "/api/runstone/v1/info"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)

    def info(self) -> Any:
        with contextlib.closing(self):
            self.request("GET", INFO)
            answer = self.getresponse()
            assert answer.status == 200
            return json.load(answer)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def files(authority: trustme.CA, tmp_path: Path) -> tuple[str, str]:
    """Certificate and key for 127.0.0.1."""
    made = authority.issue_cert("127.0.0.1", "localhost")
    certificate, key = tmp_path / "server.crt", tmp_path / "server.key"
    for blob in made.cert_chain_pems:
        blob.write_to_path(certificate, append=True)
    made.private_key_pem.write_to_path(key)
    return str(certificate), str(key)


@pytest.mark.parametrize("more", [[], ["--workers", "2"]])
def test_https(run_server: Callable[..., Any], authority: trustme.CA, files: tuple[str, str], more: list[str]) -> None:
    server = run_server("--port", "0", "--ssl-certfile", files[0], "--ssl-keyfile", files[1], *more)
    assert server.address.startswith("https://127.0.0.1:")
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with urllib.request.urlopen(server.address + INFO, timeout=20, context=trusting) as answer:
        assert answer.status == 200
    with pytest.raises(urllib.error.URLError, match="certificate"):
        urllib.request.urlopen(server.address + INFO, timeout=20, context=ssl.create_default_context())
    with pytest.raises((OSError, http.client.HTTPException)):
        urllib.request.urlopen(server.address.replace("https", "http") + INFO, timeout=20)


def test_files_that_are_no_certificate_are_named(tmp_path: Path, files: tuple[str, str]) -> None:
    (tmp_path / "other.key").write_text("no key")
    for certificate, key in ((files[0], str(tmp_path / "other.key")), (str(tmp_path / "none"), files[1]), (files[0], "")):
        command = [sys.executable, "-m", "runstone.cli.main", "server", "--port", "0", "--store", str(tmp_path / "store")]
        ended = subprocess.run(
            [*command, "--ssl-certfile", certificate, "--ssl-keyfile", key], capture_output=True, text=True, timeout=60
        )
        assert ended.returncode == 1
        assert "--ssl-keyfile" in ended.stderr or certificate in ended.stderr
        assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("words", [["--uds"], ["--host"], ["--workers", "2", "--uds"]])
def test_a_socket_for_this_user(run_server: Callable[..., Any], tmp_path: Path, words: list[str]) -> None:
    path = tmp_path / "runstone.sock"
    server = run_server(*words, f"unix:{path}" if words[-1] == "--host" else str(path))
    assert server.address == f"unix:{path}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert UnixConnection(str(path)).info()["store"].endswith("store")


def test_a_socket_that_a_dead_server_left_is_taken_and_a_living_ones_is_not(
    run_server: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "runstone.sock"
    first = run_server("--uds", str(path))
    with pytest.raises(AssertionError, match="Another server answers"):
        run_server("--uds", str(path))
    first.process.kill()
    first.process.wait()
    assert path.exists()
    run_server("--uds", str(path))
    assert UnixConnection(str(path)).info()
    with pytest.raises(AssertionError, match="more than 103 bytes"):
        run_server("--uds", str(tmp_path / ("x" * 120)))
    (tmp_path / "file").write_text("mine")
    with pytest.raises(AssertionError, match="no socket"):
        run_server("--uds", str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "mine"
