"""``runstone server`` as a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple


class Running(NamedTuple):
    url: str
    folder: Path
    process: subprocess.Popen[str]


def start(stack: ExitStack, folder: Path, *options: str, environment: Mapping[str, str] | None = None) -> Running:
    """``runstone server`` over a store in ``folder``, until the stack closes."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "runstone.cli.main", "server", "--port", "0", "--backend-store-uri", str(folder)]
    process = stack.enter_context(
        subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
    )
    stack.callback(process.kill)
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://[\d.]+:\d+\S*", line)
    assert found, line
    return Running(found[0], folder, process)
