"""How long from the first call until all is in the store, what it costs in CPU, memory and bytes on disk.

    python benchmarks/ingest.py [--points 1000000] [--runs 1000] [--peers PYTHON] [--store sqlite|postgresql]

Each row is a fresh process with a store of its own, through the public API. ``--peers`` names a Python that has mlflow, wandb
and tensorboardX: they log as many points as they can in reasonable time, mlflow in batches of 1,000. With ``--store
postgresql`` a server of its own is started on this machine, with commits that reach the disk.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from peers import ask

SERIES = 10
PEERS = {"mlflow": 20_000, "wandb": 100_000, "tensorboardX": 100_000}


def log_points(count: int) -> dict[str, float]:
    import numpy as np

    import runstone

    steps = np.arange(count // SERIES)
    noise = np.random.default_rng(0).normal(0, 0.05, (len(steps), SERIES))
    losses = (2 * np.exp(-steps / 30_000)[:, None] + noise).tolist()
    with runstone.start_run():
        runstone.log_metric("warm", 1.0)
        runstone.flush()
        memory, began, cpu = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter(), time.process_time()
        keys = [f"loss{number}" for number in range(SERIES)]
        for step, row in enumerate(losses):
            for key, value in zip(keys, row, strict=True):
                runstone.log_metric(key, value, step)
        logged = time.perf_counter() - began
        runstone.flush()
        stored, cpu = time.perf_counter() - began, time.process_time() - cpu
        extra = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    return {"logged s": logged, "in store s": stored, "CPU s": cpu, "extra MB": extra / 1024, "per s": count / stored}


def log_runs(count: int) -> dict[str, float]:
    import runstone

    params = {f"p{number}": f"value {number}" for number in range(50)}
    metrics = {f"m{number}": number / 7 for number in range(50)}
    tags = {f"t{number}": f"tag {number}" for number in range(10)}
    with runstone.start_run():
        runstone.log_metric("warm", 1.0)
    runstone.flush()
    memory, began, cpu = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter(), time.process_time()
    for _ in range(count):
        with runstone.start_run():
            runstone.log_params(params)
            runstone.log_metrics(metrics)
            runstone.set_tags(tags)
    logged = time.perf_counter() - began
    runstone.flush()
    stored, cpu = time.perf_counter() - began, time.process_time() - cpu
    extra = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    return {"logged s": logged, "in store s": stored, "CPU s": cpu, "extra MB": extra / 1024, "per s": count / stored}


def child(kind: str, count: int, store: str) -> None:
    import runstone
    from runstone import connect

    runstone.set_tracking_uri(store)
    found = {"points": log_points, "runs": log_runs}[kind](count)
    if store.startswith("postgresql:"):
        size = int(connect.open_store(store).health().facts["bytes"])
    else:
        connect.close_all()  # what lies in the log goes into the file
        size = (Path(store) / "runstone.db").stat().st_size
    found["bytes each"] = size / count
    print(json.dumps(found))


def measure(kind: str, count: int, new_store: Callable[[], str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="ingest-") as folder:
        command = [sys.executable, str(Path(__file__).resolve()), "--child", kind, "--count", str(count)]
        command += ["--folder", new_store() or folder]
        environment = {**os.environ, "RUNSTONE_JOURNAL_DIR": folder}
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)
        if done.returncode:
            raise SystemExit(done.stderr)
        return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--peers", help="a Python that has mlflow, wandb and tensorboardX")
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--child", choices=["points", "runs"], help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child, given.count, given.folder)
        return
    wanted = {
        f"{given.points:,} points, {SERIES} series": ("points", given.points),
        f"{given.runs:,} runs of 50 params, 50 metrics, 10 tags": ("runs", given.runs),
    }
    with ExitStack() as stack:
        new_store: Callable[[], str] = str
        if given.store == "postgresql":
            from runstone.testing.postgres_server import serving_postgres

            new_store = stack.enter_context(serving_postgres(safe=True)).new_database
        rows = {name: measure(*what, new_store) for name, what in wanted.items()}
    columns = list(next(iter(rows.values())))
    for tracker, count in PEERS.items():
        answer = ask(given.peers, "points", tracker, count)
        if answer:
            rows[f"{tracker}: {count:,} points, {SERIES} series"] = answer
    print(f"{'what':<48}" + "".join(f"{column:>13}" for column in columns))
    for name, row in rows.items():
        print(f"{name:<48}" + "".join(f"{row[column]:>13,.2f}" if column in row else f"{'':>13}" for column in columns))


if __name__ == "__main__":
    main()
