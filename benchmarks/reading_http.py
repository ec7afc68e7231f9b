"""Reading over MLflow's REST wire, beside ``mlflow server``: searching runs, and the history of a series.

    python benchmarks/reading_http.py --peers PYTHON [--runs 50000] [--points 100000] [--repeat 9]

``--peers`` names a Python that has mlflow. Both servers get the same runs (20 metrics, 20 params, 5 tags each) and the same
series, each straight into its own SQLite tables. Searches (``runs/search``, 100 runs) and histories are plain requests, asked
one after the other on one connection; the last row is ``MlflowClient().get_metric_history`` in a process of that Python, which
takes the JSON apart point by point, whichever server it came from. Milliseconds: median and slowest. mlflow is asked once.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from history import fill
from search import PAGES, fill_mlflow

from artifacts import free_port, serving
from runstone import connect
from runstone.testing.seed import Size, seed

CLIENT = """
import json, statistics, sys, time
from mlflow import MlflowClient
client, times = MlflowClient(sys.argv[1]), []
for _ in range(int(sys.argv[4])):
    began = time.perf_counter()
    found = client.get_metric_history(sys.argv[2], "loss")
    times.append(1000 * (time.perf_counter() - began))
    assert len(found) == int(sys.argv[3]), len(found)
print(json.dumps([statistics.median(times), max(times)]))
"""


def ask(port: int, experiment: str, repeat: int) -> dict[str, tuple[float, float]]:
    """Milliseconds of each kind of search: median and slowest."""
    connection, found = http.client.HTTPConnection("127.0.0.1", port, timeout=600), {}
    for name, (text, order) in PAGES.items():
        times = []
        for turn in range(repeat + 1):
            asked = {
                "experiment_ids": [experiment],
                "filter": text.format(bound=0.5 + turn / 1e4),
                "order_by": order,
                "max_results": 100,
            }
            began = time.perf_counter()
            connection.request("POST", "/api/2.0/mlflow/runs/search", json.dumps(asked), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
            times.append(1000 * (time.perf_counter() - began))
            assert answer.status == 200, body
        found[name] = (statistics.median(times[1:]), max(times[1:]))
    return found


def ask_history(port: int, run: str, points: int, repeat: int) -> tuple[float, float]:
    connection, times = http.client.HTTPConnection("127.0.0.1", port, timeout=600), []
    for _ in range(repeat):
        began = time.perf_counter()
        connection.request("GET", f"/api/2.0/mlflow/metrics/get-history?run_id={run}&metric_key=loss")
        body = connection.getresponse().read()
        times.append(1000 * (time.perf_counter() - began))
        assert body.count(b'"step"') == points, body[:300]
    return statistics.median(times), max(times)


def history(python: str, port: int, run: str, points: int, repeat: int) -> tuple[float, float]:
    command = [python, "-W", "ignore", "-c", CLIENT, f"http://127.0.0.1:{port}", run, str(points), str(repeat)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "GIT_PYTHON_REFRESH": "quiet"}
    )
    middle, most = json.loads(done.stdout.splitlines()[-1])
    return middle, most


def ready(port: int) -> None:
    """Wait until it answers."""
    for _ in range(600):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise SystemExit("the server did not begin to answer")


def ours(folder: Path, given: argparse.Namespace) -> dict[str, tuple[float, float]]:
    store = connect.open_store(folder)
    experiment = seed(folder / "runstone.db", Size(given.runs))
    run = fill(store, given.points)
    connect.close_all()
    port = free_port()
    command = [sys.executable, "-m", "runstone.cli.main", "server", "-p", str(port), "--backend-store-uri", str(folder)]
    with serving(command, port, dict(os.environ)):
        ready(port)
        found = ask(port, experiment, given.repeat)
        found["history, the answer"] = ask_history(port, run, given.points, given.repeat)
        if given.peers:
            found["history by the real client"] = history(given.peers, port, run, given.points, given.repeat)
    return found


def theirs(folder: Path, given: argparse.Namespace) -> dict[str, tuple[float, float]]:
    database = folder / "mlflow.db"
    make = [given.peers, "-W", "ignore", "-c", "import sys, mlflow; mlflow.MlflowClient(sys.argv[1]).search_experiments()"]
    subprocess.run([*make, f"sqlite:///{database}"], check=True, capture_output=True)
    fill_mlflow(database, given.runs)
    with sqlite3.connect(database) as connection:
        run = connection.execute("SELECT run_uuid FROM runs LIMIT 1").fetchone()[0]
        rows = (("loss", 0.5 + step % 7, 1_700_000_000_000 + step, step, 0, run) for step in range(given.points))
        connection.executemany(
            "INSERT INTO metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
    port = free_port()
    command = [
        given.peers,
        "-m",
        "mlflow",
        "server",
        "-p",
        str(port),
        "--workers",
        "2",
        "--backend-store-uri",
        f"sqlite:///{database}",
    ]
    with serving(command, port, {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}):
        ready(port)
        found = ask(port, "0", 1)
        found["history, the answer"] = ask_history(port, run, given.points, 1)
        found["history by the real client"] = history(given.peers, port, run, given.points, 1)
    return found


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("--peers", help="a Python that has mlflow")
    read.add_argument("--runs", type=int, default=50_000)
    read.add_argument("--points", type=int, default=100_000)
    read.add_argument("--repeat", type=int, default=9)
    given = read.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        mine = ours(Path(folder), given)
    peer = {}
    if given.peers:
        with tempfile.TemporaryDirectory() as folder:
            peer = theirs(Path(folder), given)
    print(f"{given.runs:,} runs, {given.points:,} points")
    print(f"{'':<36}{'median ms':>11}{'slowest':>9}{'mlflow':>11}{'slowest':>9}{'ratio':>8}")
    for name, (middle, most) in mine.items():
        other = peer.get(name)
        shown = f"{other[0]:>11.1f}{other[1]:>9.0f}{other[0] / middle:>7.0f}×" if other else ""
        print(f"{name:<36}{middle:>11.2f}{most:>9.1f}{shown}")


if __name__ == "__main__":
    main()
