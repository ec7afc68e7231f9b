"""A project as a job of a real Ray cluster of two nodes on this machine; RUNSTONE_RAY_PYTHON names a Python with ray."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

import runstone
from runstone import connect, projects

RAY = os.environ.get("RUNSTONE_RAY_PYTHON", "")
pytestmark = pytest.mark.skipif(not RAY, reason="RUNSTONE_RAY_PYTHON names no Python with ray")

TRAIN = """
import sys, time, runstone
with runstone.start_run() as run:
    print("run", run.info.run_id, sys.argv[1], flush=True)
    runstone.log_metric("answer", 42)
    time.sleep(float(sys.argv[2]))
"""
MLPROJECT = 'entry_points: {main: {parameters: {x: string, s: {type: float, default: 0}}, command: "python train.py {x} {s}"}}'
#: A resource that only the second node has.
CONFIG = {"address": "http://127.0.0.1:8285", "entrypoint_resources": {"second": 1}, "entrypoint_num_cpus": 1}


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    folder = Path(RAY).parent
    env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "RAY_USAGE_STATS_ENABLED": "0"}
    nodes: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> None:
        few = ["--num-cpus=1", "--object-store-memory=80000000", "--disable-usage-stats", "--block"]
        command = [str(folder / "ray"), "start", *words, *few]
        nodes.append(
            subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        )

    with tempfile.TemporaryDirectory(
        prefix="ray", dir="/tmp", ignore_cleanup_errors=True
    ) as place:  # its sockets' paths are short
        start("--head", "--port=6399", "--dashboard-port=8285", f"--temp-dir={place}", "--include-dashboard=true")
        try:
            answers(f"{CONFIG['address']}/api/version")
            start("--address=127.0.0.1:6399", '--resources={"second": 1}', "--dashboard-agent-listen-port=52399")
            yield
        finally:
            for node in reversed(nodes):
                os.killpg(node.pid, signal.SIGTERM)
                node.wait(60)


def answers(address: str) -> None:
    give_up = time.monotonic() + 120
    while True:
        try:
            urlopen(address, timeout=5).close()
        except OSError:
            assert time.monotonic() < give_up
            time.sleep(0.5)
        else:
            return


def test_it_runs_on_the_second_node_and_is_stopped(cluster: None, project: Callable[..., Path]) -> None:
    folder = project(train__py=TRAIN, MLproject=MLPROJECT, secret__env="KEY", __gitignore="*.env\n")
    done = projects.run(str(folder), parameters={"x": "a $(id) b"}, backend="ray", backend_config=CONFIG)
    run = runstone.get_run(done.run_id)
    assert (run.info.status, run.data.metrics) == ("FINISHED", {"answer": 42.0})
    assert run.data.tags["runstone.job.node"]
    store = connect.open_store(runstone.get_tracking_uri())
    assert f"run {done.run_id} a $(id) b" in "".join(piece.text for piece in store.console(done.run_id))

    slow = projects.run(str(folder), parameters={"x": "1", "s": 600}, backend="ray", backend_config=CONFIG, synchronous=False)
    give_up = time.monotonic() + 120
    while runstone.get_run(slow.run_id).data.metrics != {"answer": 42.0}:
        assert time.monotonic() < give_up
        time.sleep(0.2)
    slow.cancel()
    assert runstone.get_run(slow.run_id).info.status == "KILLED"
