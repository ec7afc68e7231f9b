"""Real processes that log and are killed, and what must be true afterwards.

A child logs numbered points and notes, outside the journal, how far each of its threads has come *before* the next call.
After SIGKILL and recovery, a point whose call had returned must be in the store once, and none may be there twice.
"""

from __future__ import annotations

import mmap
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

SLOTS = 64


class Progress:
    """Counters in a mapped file that outlives its writers: slot i says how many calls logger i has finished."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(SLOTS * 8))
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), SLOTS * 8)
        self.words = memoryview(self._map).cast("Q")

    def counts(self) -> list[int]:
        return list(self.words)


class Verdict(Struct, frozen=True):
    """``lost``: calls that had returned and are not stored; ``doubled``: stored more than once; ``logged``: calls returned."""

    logged: int
    lost: int
    doubled: int


def judge(finished: Sequence[int], stored: Iterable[tuple[int, int]]) -> Verdict:
    """``finished[i]`` calls of logger i had returned; ``stored`` has (logger, number) for each point in the store."""
    seen = Counter(stored)
    lost = sum((logger, number) not in seen for logger, count in enumerate(finished) for number in range(count))
    return Verdict(sum(finished), lost, sum(count - 1 for count in seen.values()))


def start(script: str, *arguments: object, folder: Path) -> subprocess.Popen[bytes]:
    """Run Python source in a process group of its own, so that it dies together with the children it forks."""
    command = [sys.executable, "-W", "ignore", "-c", script, *map(str, arguments)]
    with open(folder / "output.txt", "ab") as output:
        return subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, start_new_session=True)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for the process and all it forked, and wait until none is left."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.killpg(process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return
        time.sleep(0.005)


def wait_until_logging(process: subprocess.Popen[bytes], progress: Progress, loggers: int, folder: Path) -> None:
    """Return as soon as each of so many loggers has finished a call. Raises RuntimeError with its output if it ends first."""
    deadline = time.monotonic() + 60
    while sum(count > 0 for count in progress.counts()) < loggers:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the child did not come to log:\n{(folder / 'output.txt').read_text()[-4000:]}")
        time.sleep(0.002)


def some_time(seed: int, most: float) -> float:
    """A moment to kill at: often very soon, sometimes late."""
    return float(random.Random(seed).random() ** 2 * most)
