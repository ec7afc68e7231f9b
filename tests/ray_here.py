"""A Ray cluster of two nodes on this machine, for the tests of this process that want one."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from msgspec import Struct

from runstone.server import listen

#: A Python with ``ray[serve]`` and this Runstone.
PYTHON = os.environ.get("RUNSTONE_RAY_PYTHON", "")
WHY = "RUNSTONE_RAY_PYTHON names no Python with ray[serve]"
NODES = 2


class Cluster(Struct, frozen=True):
    """``address`` is for ray itself, ``dashboard`` for its Jobs API. The second node alone has the resource ``second``."""

    address: str
    dashboard: str


@contextmanager
def serving() -> Iterator[Cluster]:
    env = {**os.environ, "PATH": f"{Path(PYTHON).parent}:{os.environ['PATH']}", "RAY_USAGE_STATS_ENABLED": "0"}
    few = ["--num-cpus=1", "--object-store-memory=80000000", "--disable-usage-stats", "--block"]
    port, dashboard, agent = (listen.free_port("127.0.0.1", 0) for _ in range(3))
    cluster = Cluster(f"127.0.0.1:{port}", f"http://127.0.0.1:{dashboard}")
    nodes: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> None:
        command = [str(Path(PYTHON).with_name("ray")), "start", *words, *few]
        quiet = subprocess.DEVNULL
        nodes.append(subprocess.Popen(command, env=env, stdout=quiet, stderr=quiet, start_new_session=True))

    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as place:  # sockets have short paths
        head = [f"--port={port}", f"--dashboard-port={dashboard}", f"--temp-dir={place}", "--include-dashboard=true"]
        start("--head", *head)
        try:
            wait_until(lambda: os.path.exists(f"{place}/ray_current_cluster"))
            start(f"--address={cluster.address}", '--resources={"second": 1}', f"--dashboard-agent-listen-port={agent}")
            wait_until(lambda: _answers(f"{cluster.dashboard}/api/version"))
            yield cluster
        finally:
            for node in reversed(nodes):
                os.killpg(node.pid, signal.SIGKILL)  # its children end with it
                node.wait(60)


def _answers(address: str) -> bool:
    try:
        urlopen(address, timeout=5).close()
    except OSError:
        return False
    return True


def wait_until(true: Callable[[], object], seconds: float = 120) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.1)
