"""A server that is killed at random moments under load: what was acknowledged is there, and nothing twice.

``RUNSTONE_SERVER_KILLS=100`` makes it that many; a full run of the tests makes a few.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from runstone import connect

KILLS = int(os.environ.get("RUNSTONE_SERVER_KILLS", "3"))

#: Two runs from two threads; after each hundred points it says how many calls have returned.
LOAD = r"""
import sys, threading, runstone
runstone.set_experiment("load")
def work(name):
    with runstone.start_run(run_name=name) as run:
        step = 0
        while not stop.is_set():
            for _ in range(100):
                runstone.log_metric("m", float(step), step=step)
                step += 1
            stop.wait(0.005)
        sys.stdout.write(f"{run.info.run_id} {step}\n")  # in one piece: two threads write
stop = threading.Event()
threads = [threading.Thread(target=work, args=(f"r{number}",)) for number in range(2)]
[one.start() for one in threads]
sys.stdin.readline()
stop.set()
[one.join() for one in threads]
"""


def start(port: int, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "runstone.cli.main", "server", "--port", str(port), "--backend-store-uri", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = start(port, tmp_path / "store")
    while not answers(port):
        time.sleep(0.05)
    env = {**os.environ, "RUNSTONE_TRACKING_URI": f"http://127.0.0.1:{port}", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    env.pop("RUNSTONE_STRICT", None)
    load = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(LOAD)], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        for _ in range(KILLS):
            time.sleep(random.uniform(0.2, 1.0))
            server.send_signal(signal.SIGKILL)
            server.wait()
            server = start(port, tmp_path / "store")
            while not answers(port):
                time.sleep(0.05)
        said, _ = load.communicate("\n", timeout=100)
    finally:
        load.kill()
        server.terminate()
        server.wait()
    store = connect.open_store(str(tmp_path / "store"))
    lines = [line.split() for line in said.splitlines()]
    assert len(lines) == 2
    for run_id, calls in lines:
        steps = store.history(run_id, "m").steps.tolist()
        assert steps == list(range(int(calls))), (KILLS, len(steps), calls)
        assert store.get_run(run_id).info.status == "FINISHED"
    connect.close_all()
