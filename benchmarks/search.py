"""How long searches take while a store grows, beside mlflow's on the same runs.

    python benchmarks/search.py [--runs 1000 10000 100000] [--repeat 7] [--peers PYTHON] [--peer-runs 10000]

Every run has 20 metrics, 20 params and 5 tags. ``--peers`` names a Python that has mlflow: its own SQLite store is filled
with the same runs, at most ``--peer-runs`` of them, and asked through its client. Times are medians in milliseconds. Each
repetition asks a slightly different question, so that no answer is remembered; rows marked * ask the same one again. The
runs of a page that was seen before are: rows that end in "cold" ask a store that was opened for this one question.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FILTER = "metrics.m3 > {bound} and params.p2 = '{value}'"
ORDER = ("metrics.m5 DESC",)
COLUMNS = ("metrics.m0", "metrics.m1", "metrics.m2", "metrics.m3:max", "params.p0", "params.p1", "params.p2", "tags.t0")

#: name -> (filter, order); 100 whole runs of each are asked for
PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "first page, newest first": ("", ()),
    "filter 50 %, by another metric": (FILTER.replace("{value}", "half"), ORDER),
    "filter 5 %, by another metric": (FILTER.replace("{value}", "x"), ORDER),
    "filter 0.01 %, by another metric": (FILTER.replace("{value}", "rare"), ORDER),
    "filter that nothing meets": (FILTER.replace("{value}", "nothing"), ORDER),
}
COLD = list(PAGES.items())[:2]


def median(ask: Callable[[float], object], repeat: int) -> float:
    times = []
    for turn in range(repeat + 1):
        began = time.perf_counter()
        ask(0.5 + turn / 1e4)
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:]) * 1000


def median_cold(folder: Path, query: Any, repeat: int) -> float:
    """Of stores that have read nothing but how many runs there are."""
    from runstone.connect import open_store

    times = []
    for _ in range(repeat):
        store = open_store(folder)
        store.count_runs(query)
        began = time.perf_counter()
        store.search_runs(query)
        times.append(time.perf_counter() - began)
        store.close()
    return statistics.median(times) * 1000


def ask_runstone(folder: Path, runs: int, repeat: int) -> dict[str, float]:
    from runstone.connect import open_store
    from runstone.contracts import RunQuery
    from runstone.testing.seed import Size, seed

    store = open_store(folder)
    experiment = seed(folder / "runstone.db", Size(runs))

    def query(bound: float, text: str = "", **more: Any) -> RunQuery:
        return RunQuery(experiment_ids=(experiment,), filter=text.format(bound=bound), **{"limit": 100, **more})

    half, middle = PAGES["filter 50 %, by another metric"][0], runs // 2
    times = {
        name: median(lambda bound: store.search_runs(query(bound, text, order_by=order)), repeat)  # noqa: B023  (called at once)
        for name, (text, order) in PAGES.items()
    }
    times |= {f"{name}, cold": median_cold(folder, query(0.5, text, order_by=order), repeat) for name, (text, order) in COLD}
    times |= {
        "table: 8 columns, counts": median(lambda bound: store.table(query(bound), COLUMNS), repeat),
        "table: filter 50 %, counts": median(lambda bound: store.table(query(bound, half, order_by=ORDER), COLUMNS), repeat),
        "table: filter 50 %, counts *": median(lambda bound: store.table(query(0.5, half, order_by=ORDER), COLUMNS), repeat),
        "table: half-way down *": median(
            lambda bound: store.table(query(bound, offset=middle, order_by=ORDER), COLUMNS), repeat
        ),
        "count, one condition (50 %)": median(lambda bound: store.count_runs(query(bound, "metrics.m3 > {bound}")), repeat),
        "count, two conditions (25 %)": median(lambda bound: store.count_runs(query(bound, half)), repeat),
        "keys of metrics": median(lambda bound: store.keys("metrics", [experiment]), repeat),
    }
    store.close()
    return times


def ask_mlflow(python: str, folder: Path, runs: int, repeat: int) -> dict[str, float]:
    """In a process of that Python: once to make mlflow's tables, once to ask."""
    database = folder / "mlflow.db"

    def inside(what: str) -> str:
        command = [python, __file__, "--inside", what, str(database), str(repeat)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    inside("make")
    fill_mlflow(database, runs)
    return dict(json.loads(inside("ask").splitlines()[-1]))


def fill_mlflow(database: Path, runs: int) -> None:
    """The same runs in mlflow's own tables, experiment 0."""
    from runstone.testing.seed import Size, made_runs

    connection = sqlite3.connect(database)
    for run in made_runs(Size(runs)):
        row = (run.run_id, run.name, "LOCAL", "", "", "seed", run.status, run.start, run.end, "", "active", "", 0)
        connection.execute(
            "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, "
            f"end_time, source_version, lifecycle_stage, artifact_uri, experiment_id) VALUES ({', '.join('?' * 13)})",
            row,
        )
        points = [(key, value, run.start + step, step, 0, run.run_id) for key, (step, value) in run.metrics.items()]
        for table in ("metrics", "latest_metrics"):
            insert = f"INSERT INTO {table} (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, ?, ?)"
            connection.executemany(insert, points)
        for table, values in (("params", run.params), ("tags", run.tags)):
            rows = [(key, value, run.run_id) for key, value in values.items()]
            connection.executemany(f"INSERT INTO {table} (key, value, run_uuid) VALUES (?, ?, ?)", rows)
    connection.commit()
    connection.close()


def inside_mlflow(what: str, database: str, repeat: int) -> None:
    """Runs where mlflow is installed and runstone is not."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{database}")
    client.search_experiments()
    if what == "ask":
        times = {
            name: median(
                lambda bound: client.search_runs(["0"], text.format(bound=bound), order_by=list(order), max_results=100),  # noqa: B023
                repeat,
            )
            for name, (text, order) in PAGES.items()
        }
        print(json.dumps(times))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--peers", help="a Python that has mlflow")
    parser.add_argument("--peer-runs", type=int, default=10_000)
    parser.add_argument("--inside", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        what, database, repeat = given.inside
        return inside_mlflow(what, database, int(repeat))
    columns: dict[str, dict[str, float]] = {}
    for runs in given.runs:
        with tempfile.TemporaryDirectory() as folder:
            columns[f"{runs:,}"] = ask_runstone(Path(folder), runs, given.repeat)
        if given.peers and runs <= given.peer_runs:
            with tempfile.TemporaryDirectory() as folder:
                columns[f"mlflow {runs:,}"] = ask_mlflow(given.peers, Path(folder), runs, given.repeat)
    names = list(columns[f"{given.runs[0]:,}"])
    print(f"{'ms':<40}" + "".join(f"{name:>16}" for name in columns))
    for name in names:
        cells = (f"{times[name]:>16.2f}" if name in times else f"{'':>16}" for times in columns.values())
        print(f"{name:<40}" + "".join(cells))
    return None


if __name__ == "__main__":
    main()
