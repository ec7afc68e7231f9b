"""A large artifact up and down through a server's proxy, and the server's memory, beside mlflow's.

    python benchmarks/artifacts.py [--mib 1024] [--repeat 3] [--peers PYTHON] [--folder FOLDER]

One connection, plain HTTP from this process. ``--peers`` names a Python that has mlflow: its server is asked the same.
``--folder`` is where the stores are made: the disk that is measured. Rates are the best of the repetitions, in MB/s; memory is
the largest that all processes of a server had together, in MiB.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil

FILE = "/api/2.0/mlflow-artifacts/artifacts/0/run/artifacts/large.bin"
BLOCK = os.urandom(1 << 20)


class Memory:
    """Watches a process and its children; ``most`` is in MiB."""

    def __init__(self, process: psutil.Process) -> None:
        self.most, self._process, self._over = 0.0, process, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            try:
                family = [self._process, *self._process.children(recursive=True)]
                self.most = max(self.most, sum(one.memory_info().rss for one in family) / 2**20)
            except psutil.NoSuchProcess:
                continue

    def end(self) -> float:
        self._over.set()
        self._thread.join()
        return self.most


def up(port: int, mib: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=600)) as connection:
        body = (BLOCK for _ in range(mib))
        connection.request("PUT", FILE, body=body, headers={"Content-Length": str(mib << 20)})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()


def down(port: int, mib: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=600)) as connection:
        connection.request("GET", FILE)
        answer = connection.getresponse()
        buffer, taken = bytearray(1 << 20), 0
        while count := answer.readinto(buffer):
            taken += count
        assert taken == mib << 20, taken


def disk(folder: Path, mib: int) -> None:
    """The disk's own speed: as many bytes, flushed."""
    with open(folder / "raw", "wb", buffering=0) as file:
        for _ in range(mib):
            file.write(BLOCK)
        os.fsync(file.fileno())
    (folder / "raw").unlink()


def rate(work: Callable[[], None], mib: int, repeat: int) -> float:
    best = 0.0
    for _ in range(repeat):
        began = time.perf_counter()
        work()
        best = max(best, mib * 1.048576 / (time.perf_counter() - began))
    return best


@contextmanager
def serving(command: list[str], port: int, environment: dict[str, str]) -> Iterator[psutil.Process]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as process:
        try:
            for _ in range(600):
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield psutil.Process(process.pid)
        finally:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def measure(name: str, command: list[str], port: int, mib: int, repeat: int) -> None:
    environment = {key: value for key, value in os.environ.items() if not re.match("MLFLOW_|RUNSTONE_", key)}
    with serving(command, port, environment) as process:
        time.sleep(1)
        idle = Memory(process)
        time.sleep(0.3)
        rest, memory = idle.end(), Memory(process)
        sent = rate(lambda: up(port, mib), mib, repeat)
        taken = rate(lambda: down(port, mib), mib, repeat)
        print(f"{name:<12}{sent:>10.0f}{taken:>10.0f}{rest:>12.0f}{memory.end():>12.0f}", flush=True)


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("--mib", type=int, default=1024)
    read.add_argument("--repeat", type=int, default=3)
    read.add_argument("--peers", default=os.environ.get("RUNSTONE_PEER_PYTHON", ""))
    read.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    given = read.parse_args()
    folder = Path(tempfile.mkdtemp(dir=given.folder))
    try:
        print(f"{given.mib} MiB      up MB/s  down MB/s    idle MiB    most MiB")
        port = free_port()
        ours = [sys.executable, "-m", "runstone.cli.main", "server", "-p", str(port), "--store", str(folder / "ours")]
        measure("runstone", ours, port, given.mib, given.repeat)
        if given.peers:
            port = free_port()
            theirs = [given.peers, "-m", "mlflow", "server", "-p", str(port), "--backend-store-uri", f"sqlite:///{folder}/m.db"]
            theirs += ["--artifacts-destination", str(folder / "theirs"), "--workers", "1"]
            measure("mlflow", theirs, port, given.mib, given.repeat)
        print(f"{'the disk':<12}{rate(lambda: disk(folder, given.mib), given.mib, given.repeat):>10.0f}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
