"""``runstone server`` as a process that can be killed and started again at the same address."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path


class ServerProcess:
    """A server over the store at ``uri``. ``log`` is the file that it writes to.

    Args:
        options: further words for ``runstone server``.
    """

    def __init__(self, uri: str, log: Path, *options: str) -> None:
        self.uri, self.log, self._options = uri, log, options
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it takes connections. Raises RuntimeError when it ends instead."""
        command = [sys.executable, "-m", "runstone.cli.main", "server", "--port", str(self.port)]
        with open(self.log, "ab") as log:
            words = [*command, "--backend-store-uri", self.uri, *self._options]
            self._process = subprocess.Popen(words, stdout=log, stderr=log)
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self._process.poll() is not None:
                    raise RuntimeError(f"The server ended: {self.log.read_text()[-2000:]}") from None
                time.sleep(0.01)

    def kill(self) -> None:
        """SIGKILL."""
        self._end(kill=True)

    def stop(self) -> None:
        """SIGTERM, and wait."""
        self._end(kill=False)

    def _end(self, kill: bool) -> None:
        process, self._process = self._process, None
        if process is not None:
            (process.kill if kill else process.terminate)()
            process.wait(30)
