"""How fast runs begin, are filled and end, and what an import costs.

    python benchmarks/runs_per_second.py [--runs 1000] [--peers PYTHON]

1,000 runs of 50 params, 50 metrics and 10 tags through the public API, the time until all are stored included; a run with
nothing in it; ``import``. ``--peers`` names a Python that has mlflow (on its SQLite store), wandb (offline) and
tensorboardX: they get fewer runs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from peers import ask

#: tracker -> runs
PEERS = {"mlflow": 50, "wandb": 3, "tensorboardX": 50}
PARAMS = {f"param{number}": str(number) for number in range(50)}
METRICS = {f"metric{number}": number * 0.5 for number in range(50)}
TAGS = {f"tag{number}": "text" for number in range(10)}


def fill(runs: int) -> dict[str, float]:
    """In a process of its own: runs a second until logged and until stored, median milliseconds of an empty one."""
    import runstone

    runstone.set_experiment("benchmark")
    with runstone.start_run():  # warm-up
        runstone.log_params(PARAMS)
        runstone.log_metrics(METRICS)
    runstone.flush()
    began = time.perf_counter()
    for _ in range(runs):
        with runstone.start_run(tags=TAGS):
            runstone.log_params(PARAMS)
            runstone.log_metrics(METRICS)
    logged = time.perf_counter() - began
    runstone.flush()
    stored = time.perf_counter() - began
    empty = []
    for _ in range(50):
        began = time.perf_counter()
        with runstone.start_run():
            pass
        empty.append(time.perf_counter() - began)
    return {"logged": runs / logged, "stored": runs / stored, "empty_ms": statistics.median(empty) * 1000}


def import_ms(python: str, module: str, repeat: int) -> float:
    """Median milliseconds that ``import module`` adds to a bare interpreter."""

    def seconds(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([python, "-c", code], check=True, capture_output=True)
        return time.perf_counter() - began

    seconds(f"import {module}")
    bare, whole = zip(*((seconds("pass"), seconds(f"import {module}")) for _ in range(repeat)), strict=True)
    return (statistics.median(whole) - statistics.median(bare)) * 1000


def measure(runs: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, os.path.abspath(__file__), "--child", "--runs", str(runs)],
            cwd=folder,
            env={**os.environ, "RUNSTONE_QUIET": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
    found = json.loads(done.stdout.splitlines()[-1])
    cost = import_ms(sys.executable, "runstone", 15)
    return ["runstone", f"{found['stored']:,.0f}", f"{found['logged']:,.0f}", f"{found['empty_ms']:.2f}", f"{cost:.0f}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--peers", help="a Python that has mlflow, wandb and tensorboardX")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(fill(options.runs)))
        return 0
    rows = [["", "runs/s stored", "runs/s logged", "empty run, ms", "import, ms"]]
    rows.append(measure(options.runs))
    rows.append(["limit", "300", "", "5", "40"])
    for tracker, count in PEERS.items():
        found = ask(options.peers, "runs", tracker, count)
        if found and options.peers:
            cost = import_ms(options.peers, tracker, 3)
            rows.append([tracker, f"{found['stored']:,.1f}", "", f"{found['empty_ms']:.2f}", f"{cost:.0f}"])
    for row in rows:
        print("  ".join([row[0].ljust(14), *(cell.rjust(14) for cell in row[1:])]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
