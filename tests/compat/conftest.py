"""The real mlflow client, in a process and environment of its own, against our server, in a process of its own.

One server and one client process serve all tests of this folder: importing mlflow takes seconds.
"""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from our_server import OurServer

#: Pythons with the newest real mlflow and with the last of its second series.
PEERS = {"new": os.environ.get("RUNSTONE_PEER_PYTHON", ""), "old": os.environ.get("RUNSTONE_OLD_PEER_PYTHON", "")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here:
            item.add_marker(pytest.mark.peer)


class Server(OurServer):
    """Our server over a store of its own, which sends webhooks to this machine, too."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        allowed = {"RUNSTONE_WEBHOOK_ALLOW_PRIVATE_IPS": "true", "RUNSTONE_WEBHOOK_ALLOWED_SCHEMES": "https,http"}
        super().__init__(str(folder), *options, settings=allowed)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)


class Peer:
    """The real mlflow client, as a process that runs what it is given."""

    def __init__(self, python: str, url: str, folder: Path) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("RUNSTONE_", "MLFLOW_"))}
        environment |= {"MLFLOW_TRACKING_URI": url, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MPLBACKEND": "Agg"}
        environment |= {
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "GIT_PYTHON_REFRESH": "quiet",
            "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        }
        self._process = subprocess.Popen(
            [python, str(Path(__file__).with_name("peer_loop.py"))],
            env=environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self, code: str) -> Any:
        """What ``code`` left in ``found``. It has ``mlflow`` and a ``client``, and ends no run by itself."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(textwrap.dedent(code)) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the client's process ended"
        answer = json.loads(line)
        if "error" in answer:
            pytest.fail(f"the client failed:\n{answer['error']}", pytrace=False)
        return answer["found"]

    def close(self) -> None:
        self._process.kill()  # at its own end it would wait for the server that traces are sent to: nothing here is about that
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(tmp_path_factory.mktemp("compat") / "store")
    yield found
    found.close()


def _peer(which: str, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    if not PEERS[which]:
        pytest.skip(f"no Python with the {which} mlflow (RUNSTONE_PEER_PYTHON, RUNSTONE_OLD_PEER_PYTHON; make test sets them)")
    found = Peer(PEERS[which], server.url, tmp_path_factory.mktemp(f"{which}-client"))
    yield found
    found.close()


@pytest.fixture(scope="session")
def peer(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """The newest mlflow."""
    yield from _peer("new", server, tmp_path_factory)


@pytest.fixture(scope="session")
def old_peer(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """mlflow 2."""
    yield from _peer("old", server, tmp_path_factory)


@pytest.fixture(params=["new", "old"])
def any_peer(request: pytest.FixtureRequest) -> Peer:
    """Both, one after the other."""
    found: Peer = request.getfixturevalue("peer" if request.param == "new" else "old_peer")
    return found


@pytest.fixture
def peer_on_postgresql(any_peer: Peer, server: Server, new_postgres: Callable[[], str]) -> Iterator[Peer]:
    """Both, against a server over PostgreSQL."""
    other = Server(new_postgres())  # type: ignore[arg-type]  # a URI
    try:
        any_peer.run(f"mlflow.set_tracking_uri({other.url!r})")
        yield any_peer
        any_peer.run(f"mlflow.set_tracking_uri({server.url!r})")
    finally:
        other.close()
