"""``runstone server`` as a process of its own, for tests that ask it over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request


class OurServer:
    """Begun when it is made, over a store that it makes if need be, on a free port. Answers once it is there.

    Args:
        store: folder or URI.
        options: further words of the command line.
        settings: further environment variables. Those of the tests do not reach it.
    """

    def __init__(self, store: str, *options: str, settings: dict[str, str] | None = None) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "runstone.cli.main", "server", "--port", str(self.port), "--backend-store-uri", store]
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("RUNSTONE_", "MLFLOW_"))}
        self.process = subprocess.Popen([*command, *options], env=environment | (settings or {}), stdout=subprocess.DEVNULL)
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/health", timeout=5).close()
                return
            except OSError:
                assert self.process.poll() is None, "the server ended"
                time.sleep(0.05)
        raise AssertionError("the server did not begin to answer")

    def close(self) -> None:
        self.process.terminate()
        assert self.process.wait(20) is not None
