"""``runstone server`` as a real process, over a store of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest


class Running:
    """``line`` is what it said once it answered, ``address`` the part that says where. ``settings`` without their prefix."""

    def __init__(self, store: Path, *words: str, **settings: str) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("RUNSTONE_", "MLFLOW_"))}
        environment.update({f"RUNSTONE_{name.upper()}": value for name, value in settings.items()})
        command = [sys.executable, "-m", "runstone.cli.main", "server", "--store", str(store), *words]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**environment, "PYTHONUNBUFFERED": "1"}
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        if not self.line.startswith("Runstone server: "):
            raise AssertionError((self.line, *self.process.communicate(timeout=20)))
        self.address = self.line.split()[2]

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def workers(self) -> list[psutil.Process]:
        """Its processes that answer."""
        children = psutil.Process(self.process.pid).children()
        return [one for one in children if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]

    def end(self) -> str:
        """What it wrote to standard error."""
        self.process.terminate()
        return self.process.communicate(timeout=30)[1]


@pytest.fixture
def run_server(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    running: list[Running] = []

    def start(*words: str, **settings: str) -> Running:
        running.append(Running(tmp_path / "store", *words, **settings))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.end()
        for pipe in (one.process.stdout, one.process.stderr):
            assert pipe is not None
            pipe.close()
