"""What one logged point costs the training loop, as a multiple of an empty Python function with the same arguments.

    python benchmarks/logging_speed.py [--peers PYTHON] [--calls 4000000]

Each row is a fresh process: it times an empty loop, the empty function and the tracker in turns, so that all meet the same
machine. "as timed" compares the loops as they are, "without the loop" takes the empty loop off both first.
``--peers`` names a Python that has mlflow, wandb (offline) and tensorboardX; those that it lacks are left out.

The second table shows every call of some millions, one by one, from the first after ``start_run`` on, while shipper, keeper
and the capture of the run's context work beside. Two control loops, each as long, in processes of their own right before and
after, show what the machine and Python do by themselves: an empty function alone, and one beside a thread that counts for
1 ms, sleeps for 0.3 ms, and does nothing else. "taken away" are pauses in whose thousand calls the system gave the
processor to somebody else, as it counts for this very thread.
"""

from __future__ import annotations

import argparse
import array
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
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
PAUSES = (0.01, 0.1, 1.0, 2.0, 5.0, 10.0)  # milliseconds
#: Calls between two looks at what the system did to this thread.
BLOCK = 1000

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


def empty_loop(count: int) -> float:
    began = time.perf_counter_ns()
    for _ in range(count):
        pass
    return (time.perf_counter_ns() - began) / count


def measure(name: str, limit: int) -> dict[str, float]:
    log, flush = MAKE[name]()
    count = min(limit, TRACKERS[name][1])
    often = max(count, 10_000)
    step = 0
    turn(log, step, min(count, 200))
    times = []
    for _ in range(TURNS):
        step += count
        times.append((empty_loop(often), turn(empty, step, often), turn(log, step, count)))
    flush()
    loop, nothing, call = (statistics.median(column) for column in zip(*times, strict=True))
    return {"loop": loop, "empty": nothing, "call": call,
            "ratio": statistics.median(c / b for _, b, c in times),
            "strict": statistics.median((c - a) / (b - a) for a, b, c in times)}  # fmt: skip


def counting() -> None:
    """A thread that takes turns as ours do, and does nothing."""
    while True:
        end = time.perf_counter() + 0.001
        while time.perf_counter() < end:
            pass
        time.sleep(0.0003)


def pauses(name: str, calls: int) -> dict[str, Any]:
    """Every call of many timed by itself."""
    log: Log = empty
    flush: Callable[[], object] = lambda: None  # noqa: E731
    if name == "runstone":
        log, flush = MAKE["runstone"]()
    elif name == "thread":
        from runstone.turns import TURN

        sys.setswitchinterval(TURN)
        threading.Thread(target=counting, daemon=True).start()
    clock, took, usage = time.perf_counter_ns, array.array("q", bytes(8 * calls)), resource.getrusage
    mine = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)
    gc.collect()
    gc.disable()  # a collection of the benchmark's own would be counted
    log("loss", 0.5, 0)  # the series is known from here on
    taken_away = 0
    for block in range(0, calls, BLOCK):
        switches = usage(mine).ru_nivcsw
        for step in range(block, min(block + BLOCK, calls)):
            began = clock()
            log("loss", 0.5, step)
            took[step] = clock() - began
        if usage(mine).ru_nivcsw > switches:
            taken_away += sum(t > PAUSES[-2] * 1e6 for t in took[block : block + BLOCK])
    began = clock()
    flush()
    waited = (clock() - began) / 1e9
    ordered = sorted(took)
    return {"mean": statistics.fmean(took), "p99": ordered[int(calls * 0.99)], "p99.99": ordered[int(calls * 0.9999)],
            "max": ordered[-1], "flush": waited, "away": taken_away,
            "over": [sum(t > limit * 1e6 for t in took) for limit in PAUSES]}  # fmt: skip


#: what is in the loop -> how it is called, in the order of the table
LOOPS = {"alone": "an empty function", "runstone": "runstone.log_metric", "thread": "an empty function, a thread beside"}


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


def show_cost(peers: str | None) -> None:
    print(f"{'one point':<42}{'ns a call':>12}{'× as timed':>13}{'× without the loop':>20}{'points/s':>12}")
    for name, (label, _) in TRACKERS.items():
        python = sys.executable if name == "runstone" else peers
        found = python and in_fresh_process(python, "--only", name)
        if found:
            if name == "runstone":
                print(f"{'an empty loop':<42}{found['loop']:>12,.0f}")
                print(f"{'an empty Python function':<42}{found['empty']:>12,.0f}{1:>13.1f}{1:>20.1f}")
            print(
                f"{label:<42}{found['call']:>12,.0f}{found['ratio']:>13.1f}{found['strict']:>20.1f}"
                f"{1e9 / found['call']:>12,.0f}"
            )


def show_pauses(calls: int) -> None:
    print(f"\n{calls:,} calls one by one, while they are shipped (the clock itself included)")
    limits = "".join(f"{f'> {limit:g} ms':>10}" for limit in PAUSES)
    print(f"{'':<36}{'mean ns':>9}{'p99 ns':>8}{'÷ mean':>8}{'p99.99':>9}{'longest ms':>12}{limits}{'taken away':>12}")
    for name, label in LOOPS.items():
        found = in_fresh_process(sys.executable, "--only", f"pauses-{name}", "--calls", str(calls))
        if not found:
            continue
        over = "".join(f"{count:>10,}" for count in found["over"])
        p99 = f"{found['p99']:>8,}{found['p99'] / found['mean']:>8.1f}{found['p99.99']:>9,}"
        print(f"{label:<36}{found['mean']:>9,.0f}{p99}{found['max'] / 1e6:>12.2f}{over}{found['away']:>12,}", flush=True)
        if name == "runstone":
            waited = found["flush"]
    print(f"until all are in the store, after the last call: {waited:.2f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", help="a Python that has mlflow, wandb and tensorboardX")
    parser.add_argument("--calls", type=int, default=4_000_000, help="calls timed one by one")
    parser.add_argument("--only", choices=[*TRACKERS, *(f"pauses-{name}" for name in LOOPS)], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        what, _, loop = options.only.partition("pauses-")
        answer = pauses(loop, options.calls) if loop else measure(what, options.calls)
        print(json.dumps(answer), flush=True)
        os._exit(0)  # ends without waiting for what the tracker would still do
    show_cost(options.peers)
    show_pauses(options.calls)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
