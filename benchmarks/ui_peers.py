"""TensorBoard and Aim for ``ui.py``: the same runs written with their own writers, the same scenes on their own screens.

They have no bulk way in. A run costs TensorBoard some 10 ms to write and Aim several hundred, which is why they get fewer.
This file is also the program that writes them, in a Python of theirs, where Runstone is not installed.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

METRICS = PARAMS = 20
#: Seconds until a server has to answer.
START = 180


@dataclass(frozen=True)
class Board:
    """How to start one of them over a folder, and what to look at.

    Attributes:
        command: PYTHON, BIN (the folder of PYTHON), FOLDER and PORT are put in.
        page: the address of its runs below the server's.
        row: selects the row of a run.
    """

    name: str
    command: tuple[str, ...]
    page: str
    row: str


BOARDS = {
    "tensorboard": Board(
        "TensorBoard",
        ("PYTHON", "-m", "tensorboard.main", "--logdir", "FOLDER", "--port", "PORT", "--load_fast", "false"),
        "/#timeseries",
        "tb-data-table-content-row",
    ),
    "aim": Board("Aim", ("BIN/aim", "up", "--yes", "--repo", "FOLDER", "--port", "PORT"), "/runs", ".RunNameColumn"),
}


def fill(kind: str, python: str, folder: Path, runs: int) -> None:
    """Write the runs, in a process of that Python."""
    folder.mkdir()
    subprocess.run([python, __file__, kind, str(folder), str(runs)], check=True, stdout=sys.stderr, cwd=folder)


@contextlib.contextmanager
def served(kind: str, python: str, folder: Path) -> Iterator[str]:
    """The URL of its runs page."""
    from ui_servers import process

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = {"PYTHON": python, "BIN": str(Path(python).parent), "FOLDER": str(folder), "PORT": str(port)}
    command = [re.sub("|".join(given), lambda word: given[word[0]], word) for word in BOARDS[kind].command]
    with process(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True):
        _wait(f"http://127.0.0.1:{port}", kind)
        yield f"http://127.0.0.1:{port}{BOARDS[kind].page}"


def _wait(url: str, kind: str) -> None:
    deadline = time.monotonic() + START
    while True:
        try:
            urllib.request.urlopen(url).read()
            return
        except urllib.error.HTTPError:  # Aim has nothing at its root
            return
        except (urllib.error.URLError, ConnectionError):
            pass
        if time.monotonic() > deadline:
            raise RuntimeError(f"{kind} did not answer within {START} s")
        time.sleep(0.5)


# --- in a Python of theirs -------------------------------------------------------------------------------------------


def write_tensorboard(runs: int) -> None:
    from tensorboardX import SummaryWriter

    for place in range(runs):
        writer = SummaryWriter(f"run-{place:05}")
        for metric in range(METRICS):
            writer.add_scalar(f"m{metric}", _value(place, metric), 1)
        writer.close()


def write_aim(runs: int) -> None:
    from aim import Run

    for place in range(runs):
        quiet = {"system_tracking_interval": None, "capture_terminal_logs": False, "log_system_params": False}
        run = Run(repo=os.getcwd(), experiment="runs", **quiet)
        run["params"] = {f"p{param}": str(place % (param + 2)) for param in range(PARAMS)}
        for metric in range(METRICS):
            run.track(_value(place, metric), name=f"m{metric}", step=1)
        run.close()


def _value(place: int, metric: int) -> float:
    return (place * 7919 + metric * 104729) % 1000 / 1000


if __name__ == "__main__":
    os.chdir(sys.argv[2])
    {"tensorboard": write_tensorboard, "aim": write_aim}[sys.argv[1]](int(re.sub(r"\D", "", sys.argv[3])))
