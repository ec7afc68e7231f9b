"""What the benchmarks ask of other trackers, in the Python that has them: mlflow (SQLite), wandb (offline), tensorboardX.

    PYTHON benchmarks/peers.py points|runs|history|size TRACKER COUNT     (used by the other scripts)

Each tracker is used as its manual says is fast. Prints one JSON object; ends with an error for a tracker that is not there.
"""

from __future__ import annotations

import importlib.metadata
import json
import math
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TRACKERS = ("mlflow", "wandb", "tensorboardX")
SERIES = 10
PARAMS = {f"p{number}": f"value {number}" for number in range(50)}
METRICS = {f"m{number}": number / 7 for number in range(50)}
TAGS = {f"t{number}": f"tag {number}" for number in range(10)}

#: Takes a list of {key: value} for the steps 0, 1, …; returns when all is where the tracker keeps it.
LogPoints = Callable[[list[dict[str, float]]], object]


def beside(script: str, python: str | None, turns: int) -> dict[str, Any] | None:
    """What ``script --one TRACKER`` found for Runstone here, and for mlflow in a Python that has it; ``None`` if one failed.

    Each runs in a process and a folder of its own, and says ``FOUND`` and one JSON object.
    """
    found = {}
    for tracker, interpreter in (("runstone", sys.executable), ("mlflow", python)):
        if interpreter:
            command = [interpreter, str(Path(script).resolve()), "--one", tracker, "--turns", str(turns)]
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if "FOUND" not in done.stdout:
                print(done.stderr, file=sys.stderr)
                return None
            found[tracker] = json.loads(done.stdout.partition("FOUND")[2])
    return found


def mlflow_client() -> Any:
    import mlflow

    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    return mlflow.MlflowClient()


def mlflow_points() -> LogPoints:
    from mlflow.entities import Metric

    client = mlflow_client()
    run_id = client.create_run(client.create_experiment("points")).info.run_id

    def log(rows: list[dict[str, float]]) -> None:
        for start in range(0, len(rows), 1000 // SERIES):
            part = enumerate(rows[start : start + 1000 // SERIES], start)
            now = time.time_ns() // 1_000_000
            client.log_batch(run_id, [Metric(key, value, now, step) for step, row in part for key, value in row.items()])

    return log


def wandb_run(**more: Any) -> Any:
    import wandb

    return wandb.init(mode="offline", project="bench", settings=wandb.Settings(silent=True, console="off"), **more)


def wandb_points() -> LogPoints:
    run = wandb_run()

    def log(rows: list[dict[str, float]]) -> None:
        for step, row in enumerate(rows):
            run.log(row, step=step)
        run.finish()

    return log


def tensorboardX_points() -> LogPoints:
    from tensorboardX import SummaryWriter

    writer = SummaryWriter("board")

    def log(rows: list[dict[str, float]]) -> None:
        for step, row in enumerate(rows):
            for key, value in row.items():
                writer.add_scalar(key, value, step)
        writer.close()

    return log


def points(tracker: str, count: int) -> dict[str, float]:
    log: LogPoints = {"mlflow": mlflow_points, "wandb": wandb_points, "tensorboardX": tensorboardX_points}[tracker]()
    before, rows = folder_size(), [
        {f"loss{key}": 2 * math.exp(-step / 30_000) + math.sin(step * (key + 1)) / 20 for key in range(SERIES)}
        for step in range(count // SERIES)
    ]  # fmt: skip
    memory, began, cpu = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter(), time.process_time()
    log(rows)
    stored = time.perf_counter() - began
    extra = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    return {"in store s": stored, "CPU s": time.process_time() - cpu, "extra MB": extra / 1024, "per s": count / stored,
            "bytes each": (folder_size() - before) / count}  # fmt: skip


def folder_size() -> int:
    return sum(path.stat().st_size for path in Path().rglob("*") if path.is_file())


def runs(tracker: str, count: int) -> dict[str, float]:
    """Runs of 50 params, 50 metrics, 10 tags a second, and milliseconds of an empty run."""

    def fill(full: bool) -> None:
        if tracker == "mlflow":
            import mlflow

            with mlflow.start_run(tags=TAGS if full else None):
                if full:
                    mlflow.log_params(PARAMS)
                    mlflow.log_metrics(METRICS)
        elif tracker == "wandb":
            run = wandb_run(config=PARAMS if full else None, tags=list(TAGS) if full else None)
            if full:
                run.log(METRICS)
            run.finish()
        else:
            from tensorboardX import SummaryWriter

            writer = SummaryWriter(tempfile.mkdtemp(dir="."))
            if full:
                writer.add_hparams(PARAMS, METRICS)
                for key, text in TAGS.items():
                    writer.add_text(key, text)
            writer.close()

    if tracker == "mlflow":
        mlflow_client()
    fill(True)
    began = time.perf_counter()
    for _ in range(count):
        fill(True)
    stored = count / (time.perf_counter() - began)
    empty = []
    for _ in range(max(3, count // 4)):
        began = time.perf_counter()
        fill(False)
        empty.append(time.perf_counter() - began)
    return {"stored": stored, "empty_ms": statistics.median(empty) * 1000}


def history(tracker: str, count: int) -> dict[str, float]:
    """Milliseconds to read one series. Only mlflow reads: the other two write files for another program."""
    import mlflow
    from mlflow.entities import Metric

    client = mlflow_client()
    run_id = client.create_run(client.create_experiment("history")).info.run_id
    for start in range(0, count, 1000):
        client.log_batch(run_id, [Metric("loss", 1 / (step + 1), step, step) for step in range(start, start + 1000)])
    times = []
    for _ in range(3):
        began = time.perf_counter()
        assert len(client.get_metric_history(run_id, "loss")) == count
        times.append(time.perf_counter() - began)
    return {"whole ms": statistics.median(times) * 1000, "version": float(mlflow.__version__.split(".")[0])}


def size(tracker: str, count: int) -> dict[str, float]:
    """Packages and megabytes (10^6, without bytecode) that the tracker needs, itself included."""
    found: dict[str, float] = {}
    wanted = [tracker]
    while wanted:
        name = re.sub(r"[-_.]+", "-", wanted.pop()).lower()
        if name in found:
            continue
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform, or an extra
        files = [Path(str(distribution.locate_file(file))) for file in distribution.files or () if file.suffix != ".pyc"]
        found[name] = sum(os.path.getsize(file) for file in files if file.is_file()) / 1e6
        needs = [line for line in distribution.requires or () if "extra ==" not in line]
        wanted += [match[0] for line in needs if (match := re.match(r"[A-Za-z0-9._-]+", line))]
    return {"packages": float(len(found)), "MB": sum(found.values())}


def ask(python: str | None, what: str, tracker: str, count: int) -> dict[str, float] | None:
    """The answer of another Python, in a folder of its own; ``None`` when the tracker is not there."""
    if not python:
        return None
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "WANDB_"))}
    with tempfile.TemporaryDirectory() as folder:
        command = [python, "-W", "ignore", os.path.abspath(__file__), what, tracker, str(count)]
        environment = {**keep, "GIT_PYTHON_REFRESH": "quiet"}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        print(f"  ({what} {tracker}: {(done.stderr.strip().splitlines() or ['no answer'])[-1]})", file=sys.stderr)
        return None
    return dict(json.loads(lines[-1]))


def main() -> None:
    what, tracker, count = sys.argv[1:4]
    print(json.dumps({"points": points, "runs": runs, "history": history, "size": size}[what](tracker, int(count))), flush=True)
    os._exit(0)  # without waiting for what a tracker would still do


if __name__ == "__main__":
    main()
