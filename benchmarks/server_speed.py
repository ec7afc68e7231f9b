"""Logging over MLflow's REST wire, 16 connections, beside ``mlflow server`` and fasttrackml on the same machine and database.

    python benchmarks/server_speed.py [--seconds 5] [--peers PYTHON] [--fml PROGRAM] [--store sqlite|postgresql]

Each connection logs to a run of its own. ``--peers`` names a Python that has mlflow, ``--fml`` the program of fasttrackml. For
``--store postgresql`` a server of its own is started on this machine, with commits that reach the disk; its CPU is not counted.
Servers run as they come: ours with one process, mlflow's with four. Times are milliseconds, ``CPU`` is the
server's for one request (on a busy machine the figure that can be compared); memory (MiB) is
that of all processes, idle.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psutil
from load import drive

from artifacts import free_port, serving
from runstone.testing.postgres_server import PostgresServer, serving_postgres

CONNECTIONS, POINTS = 16, 100
START = 1_700_000_000_000


def metric(run: str) -> Callable[[int], bytes]:
    form = '{"run_id":"%s","key":"loss","value":0.5,"timestamp":%%d,"step":%%d}' % run  # noqa: UP031
    return lambda n: (form % (START + n, n)).encode()


def batch(run: str) -> Callable[[int], bytes]:
    """100 points: ten steps of ten metrics."""

    def make(n: int) -> bytes:
        points = (f'{{"key":"m{i % 10}","value":0.5,"timestamp":{START + n},"step":{n * 10 + i // 10}}}' for i in range(POINTS))
        return f'{{"run_id":"{run}","metrics":[{",".join(points)}]}}'.encode()

    return make


def new_run(port: int) -> str:
    """Of a server that may still be starting."""
    for _ in range(300):
        try:
            return _new_run(port)
        except OSError:
            time.sleep(0.2)
    return _new_run(port)


def _new_run(port: int) -> str:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/2.0/mlflow/runs/create",
        json.dumps({"experiment_id": "0", "start_time": START}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["run"]["info"]["run_id"])


def busy(family: list[psutil.Process]) -> float:
    """Seconds of CPU that these processes had."""
    return float(sum(one.cpu_times().user + one.cpu_times().system for one in family))


def measure(name: str, command: list[str], port: int, seconds: float, environment: dict[str, str]) -> None:
    with serving(command, port, environment) as process:
        runs = [new_run(port) for _ in range(CONNECTIONS)]
        family = [process, *process.children(recursive=True)]
        memory = sum(one.memory_info().rss for one in family) / 2**20
        for what, bodies, path in (("log-metric", metric, "runs/log-metric"), ("log-batch", batch, "runs/log-batch")):
            before = busy(family)
            found = drive(port, f"/api/2.0/mlflow/{path}", [bodies(run) for run in runs], seconds)
            each = 1e6 * (busy(family) - before) / max(1.0, found.rate * seconds)
            times = f"{1000 * found.quantile(0.5):>10.1f}{1000 * found.quantile(0.99):>10.1f}{each:>10.0f}"
            print(f"{name:<14}{what:<14}{found.rate:>10.0f}{times}{found.bad:>6}{memory:>10.0f}", flush=True)


def databases(server: PostgresServer) -> Callable[[], str]:
    """What makes an empty database, of a user whose password needs no escapes."""
    server.run("CREATE ROLE bench SUPERUSER LOGIN PASSWORD 'bench'")
    return lambda: server.uri(server.new_database().rpartition("/")[2], "bench", "bench")


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("--seconds", type=float, default=5)
    read.add_argument("--peers")
    read.add_argument("--fml")
    read.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    given = read.parse_args()
    environment = {
        key: value for key, value in psutil.Process().environ().items() if not key.startswith(("MLFLOW_", "RUNSTONE_"))
    }
    print(f"{'':<28}{'requests/s':>10}{'p50':>10}{'p99':>10}{'CPU µs':>10}{'bad':>6}{'idle':>10}")
    with ExitStack() as stack:
        folder, port = Path(stack.enter_context(tempfile.TemporaryDirectory())), free_port()
        database = databases(stack.enter_context(serving_postgres(safe=True))) if given.store == "postgresql" else None
        ours = [sys.executable, "-m", "runstone.cli.main", "server", "-p", str(port)]
        ours += ["--backend-store-uri", database() if database else str(folder / "ours")]
        measure("runstone", ours, port, given.seconds, environment)
        if given.peers:
            port = free_port()
            theirs = [given.peers, "-m", "mlflow", "server", "-p", str(port)]
            there = database().replace(":", "+psycopg2:", 1) if database else f"sqlite:///{folder}/m.db"
            theirs += ["--backend-store-uri", there]
            measure("mlflow", theirs, port, given.seconds, {**environment, "MLFLOW_DISABLE_TELEMETRY": "true"})
        if given.fml:
            port = free_port()
            theirs = [
                given.fml,
                "server",
                "-a",
                f"localhost:{port}",
                "-d",
                database() if database else f"sqlite://{folder}/f.db",
            ]
            measure("fasttrackml", theirs, port, given.seconds, environment)


if __name__ == "__main__":
    main()
