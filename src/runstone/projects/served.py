"""A server beside a project's run, for a script that imports the real mlflow, which cannot use an embedded store by itself."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from types import TracebackType

from runstone.errors import ExecutionException

_ADDRESS = re.compile(r"Runstone server: (http://\S+)")
#: Seconds that it may take to answer.
PATIENCE = 30.0


class Served:
    """``with Served(store) as address``: a server on this machine alone, on any free port, while the block lasts."""

    def __init__(self, store: str) -> None:
        self._store = store
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> str:
        command = [sys.executable, "-m", "runstone.cli.main", "server", "--backend-store-uri", self._store]
        command += ["--host", "127.0.0.1", "--port", "0"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
        assert self._process.stdout is not None
        give_up, said = time.monotonic() + PATIENCE, ""
        while time.monotonic() < give_up and self._process.poll() is None:
            if not select.select([self._process.stdout], [], [], 0.1)[0]:
                continue
            said += os.read(self._process.stdout.fileno(), 1 << 16).decode("utf-8", "replace")
            if found := _ADDRESS.search(said):
                return found.group(1).rstrip("/")
        self.__exit__(None, None, None)
        raise ExecutionException(f"The server for the project's mlflow did not start: {said.strip() or 'it said nothing'}")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
