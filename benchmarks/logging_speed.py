"""What one logged point costs the training loop, as a multiple of an empty Python function with the same arguments.

    python benchmarks/logging_speed.py [--peers PYTHON] [--calls 300000]

Each row is a fresh process: it times the empty function and the tracker in turns, so that both meet the same machine.
``--peers`` names a Python that has mlflow, wandb (offline) and tensorboardX; those that it lacks are left out. The second
table shows every call of a million, one by one, while the shipper works beside.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: tracker -> (what to call it, calls in one turn: slow ones get fewer)
TRACKERS = {
    "runstone": ("runstone.log_metric", 30_000),
    "mlflow-sqlite": ("mlflow.log_metric, SQLite", 100),
    "mlflow-file": ("mlflow.log_metric, files", 200),
    "mlflow-async": ("mlflow.log_metric, SQLite, asynchronous", 2_000),
    "wandb": ("wandb run.log, offline", 2_000),
    "tensorboardX": ("tensorboardX add_scalar", 2_000),
}
TURNS = 15
PAUSES = (0.001, 0.01, 0.1, 0.5, 1.0, 2.0, 5.0)  # milliseconds

Log = Callable[..., Any]


def empty(key, value, step=None, synchronous=None, timestamp=None, run_id=None, model_id=None, dataset=None):  # type: ignore[no-untyped-def]
    pass


def runstone() -> tuple[Log, Callable[[], object]]:
    import runstone

    runstone.set_experiment("speed")
    runstone.start_run()
    return runstone.log_metric, runstone.flush


def mlflow(kind: str) -> tuple[Log, Callable[[], object]]:
    import mlflow

    if kind == "file":
        os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    mlflow.set_tracking_uri("file:./mlruns" if kind == "file" else "sqlite:///mlflow.db")
    mlflow.set_experiment("speed")
    mlflow.start_run()
    if kind != "async":
        return mlflow.log_metric, lambda: None
    mlflow.config.enable_async_logging(True)
    return mlflow.log_metric, mlflow.flush_async_logging


def wandb() -> tuple[Log, Callable[[], object]]:
    import wandb

    run = wandb.init(mode="offline", project="speed", settings=wandb.Settings(silent=True, console="off"))

    def log(key: str, value: float, step: int) -> None:
        run.log({key: value}, step=step)

    return log, lambda: None


def tensorboardX() -> tuple[Log, Callable[[], object]]:
    from tensorboardX import SummaryWriter

    writer = SummaryWriter("board")
    return writer.add_scalar, writer.flush


MAKE: dict[str, Callable[[], tuple[Log, Callable[[], object]]]] = {
    "runstone": runstone,
    "mlflow-sqlite": lambda: mlflow("sqlite"),
    "mlflow-file": lambda: mlflow("file"),
    "mlflow-async": lambda: mlflow("async"),
    "wandb": wandb,
    "tensorboardX": tensorboardX,
}


def turn(call: Log, first: int, count: int) -> float:
    """Nanoseconds a call."""
    began = time.perf_counter_ns()
    for step in range(first, first + count):
        call("loss", 0.5, step)
    return (time.perf_counter_ns() - began) / count


def measure(name: str, limit: int) -> dict[str, float]:
    log, flush = MAKE[name]()
    count = min(limit, TRACKERS[name][1])
    step = 0
    turn(log, step, min(count, 200))
    pairs = []
    for _ in range(TURNS):
        step += count
        pairs.append((turn(empty, step, max(count, 10_000)), turn(log, step, count)))
    flush()
    return {"empty": statistics.median(a for a, _ in pairs), "call": statistics.median(b for _, b in pairs),
            "ratio": statistics.median(b / a for a, b in pairs)}  # fmt: skip


def pauses(calls: int) -> dict[str, Any]:
    """Every call of many timed by itself, with the shipper and the keeper at work."""
    log, flush = MAKE["runstone"]()
    clock, took = time.perf_counter_ns, [0] * calls
    turn(log, 0, 1000)
    gc.disable()  # a collection of the benchmark's own list would be counted
    for step in range(calls):
        began = clock()
        log("loss", 0.5, step)
        took[step] = clock() - began
    began = clock()
    flush()
    waited = (clock() - began) / 1e9
    ordered = sorted(took)
    return {"mean": statistics.fmean(took), "p99": ordered[int(calls * 0.99)], "p99.99": ordered[int(calls * 0.9999)],
            "max": ordered[-1], "flush": waited,
            "over": {f"{limit:g} ms": sum(t > limit * 1e6 for t in took) for limit in PAUSES}}  # fmt: skip


def in_fresh_process(python: str, *arguments: str) -> Any:
    """The answer of this script run with other arguments; ``None`` when that tracker is not there."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "RUNSTONE_", "WANDB_"))}
    environment |= {"RUNSTONE_QUIET": "1", "GIT_PYTHON_REFRESH": "quiet"}
    with tempfile.TemporaryDirectory() as folder:
        command = [python, "-W", "ignore", str(Path(__file__).resolve()), *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        reason = done.stderr.strip().splitlines()[-1:] or ["no answer"]
        print(f"  ({' '.join(arguments)}: {reason[0]})", file=sys.stderr)
        return None
    return json.loads(lines[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", help="a Python that has mlflow, wandb and tensorboardX")
    parser.add_argument("--calls", type=int, default=1_000_000, help="calls timed one by one")
    parser.add_argument("--only", choices=[*TRACKERS, "pauses"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        answer = pauses(options.calls) if options.only == "pauses" else measure(options.only, options.calls)
        print(json.dumps(answer), flush=True)
        os._exit(0)  # ends without waiting for what the tracker would still do
    print(f"{'one point':<42}{'ns a call':>12}{'× empty':>10}{'points/s':>12}")
    for name, (label, _) in TRACKERS.items():
        python = sys.executable if name == "runstone" else options.peers
        answer = python and in_fresh_process(python, "--only", name)
        if answer:
            if name == "runstone":
                print(f"{'an empty Python function':<42}{answer['empty']:>12,.0f}{1:>10.1f}")
            print(f"{label:<42}{answer['call']:>12,.0f}{answer['ratio']:>10.1f}{1e9 / answer['call']:>12,.0f}")
    found = in_fresh_process(sys.executable, "--only", "pauses", "--calls", str(options.calls))
    print(f"\n{options.calls:,} calls one by one while they are shipped (ns; the clock itself included)")
    p99 = f"p99 {found['p99']:,} = {found['p99'] / found['mean']:.1f} × mean"
    print(f"mean {found['mean']:,.0f}   {p99}   p99.99 {found['p99.99']:,}")
    print(f"longest {found['max'] / 1e6:.2f} ms   until all are in the store after the last call: {found['flush']:.2f} s")
    print("calls longer than  " + "   ".join(f"{limit}: {count:,}" for limit, count in found["over"].items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
