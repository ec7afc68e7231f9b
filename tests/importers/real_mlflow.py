"""Real MLflow in a process of its own: it makes the sources, and says what is in them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

LOOP = Path(__file__).parents[1] / "compat" / "peer_loop.py"
SCRIPTS = Path(__file__).with_name("mlflow_scripts.py").read_text("utf-8")


class Mlflow:
    """A process with real mlflow that calls the functions of ``mlflow_scripts.py``."""

    def __init__(self, python: str, folder: Path) -> None:
        self.folder = folder
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("RUNSTONE_", "MLFLOW_"))}
        environment |= {"MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}
        environment |= {"MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false", "MLFLOW_TRACKING_URI": folder.joinpath("x").as_uri()}
        self._process = subprocess.Popen(
            [python, str(LOOP)], env=environment, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def call(self, function: str, uri: str) -> Any:
        """What ``function(uri)`` returns there."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(f"{SCRIPTS}\nfound = {function}({uri!r})") + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["found"]

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait(20)


def everything_below(folder: Path, but: str = "-") -> dict[str, str]:
    """Each path in a folder and what it holds: a digest, its modes and times; without what has ``but`` in its name."""
    found = {}
    tops = [path for path in folder.iterdir() if but not in path.name]
    for path in sorted(one for top in tops for one in (top, *top.rglob("*"))):
        status = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path.relative_to(folder))] = f"{content} {status.st_mode} {status.st_mtime_ns}"
    return found
