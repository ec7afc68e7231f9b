"""Programs that run in forks of one process, which has imported what takes them long: mlflow takes seconds, each time anew.

Run as a program, ``forks.py MODULE …`` imports those modules and then does the orders that come on its standard input.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
import types
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Forks:
    """A Python that has imported some modules, begun when it is first asked for anything. Not for several threads at once."""

    def __init__(self, python: str, *modules: str) -> None:
        self.command = [python, __file__, *modules]
        self._process: subprocess.Popen[str] | None = None

    def run(self, *words: str, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """What ``python WORDS`` would do, in a folder and an environment: a file or ``-c TEXT``, after any ``-W FILTER``."""
        if self._process is None:
            clean = {
                name: value for name, value in os.environ.items() if not name.startswith(("RUNSTONE_", "MLFLOW_", "PYTHON"))
            }
            self._process = subprocess.Popen(
                self.command, env=clean, cwd=tempfile.gettempdir(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.NamedTemporaryFile() as said, tempfile.NamedTemporaryFile() as complained:
            order = {"words": words, "cwd": str(cwd), "env": dict(env), "files": [os.devnull, said.name, complained.name]}
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            code = self._process.stdout.readline()
            assert code, f"{self.command} ended"
            return subprocess.CompletedProcess(words, int(code), said.read().decode(), complained.read().decode())

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()


def serve(modules: list[str]) -> None:
    """Import the modules, then fork for each order; the child comes back from here when it has done it."""
    warnings.simplefilter("ignore")  # the warnings of imports are not ours
    for module in modules:
        importlib.import_module(module)
    warnings.resetwarnings()
    gc.freeze()
    for line in sys.stdin:
        if child := os.fork():
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
            continue
        do(json.loads(line))
        break


def do(order: dict[str, Any]) -> None:
    """Be the Python that was asked for. Its errors end this process, as they would end that."""
    for number, file in enumerate(order["files"]):
        os.dup2(os.open(file, os.O_RDWR), number)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    warnings.simplefilter("default")
    words = order["words"]
    while words[0] == "-W":
        action, _, category, module = words[1].split(":")
        warnings.filterwarnings(action, category=getattr(__builtins__, category), module=module)
        words = words[2:]
    if words[0] == "-c":
        sys.argv, sys.path[0] = ["-c", *words[2:]], ""
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(compile(words[1], "<string>", "exec"), main.__dict__)
    else:
        sys.argv, sys.path[0] = words, str(Path(words[0]).parent)
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    serve(sys.argv[1:])
