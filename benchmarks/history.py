"""How long it takes to read a series into arrays, whole and as a sample for a chart.

    python benchmarks/history.py [--repeat 7] [--peers PYTHON]

The store is filled as shippers do, in pieces of 20,000 points; times are medians of reads in one process.
``--peers`` names a Python that has mlflow: its client reads 100,000 points from its SQLite store. wandb and tensorboardX write
files for other programs and read nothing back.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable

import numpy as np
from peers import ask

from runstone import connect
from runstone.contracts import Batch, Store
from runstone.records import Metrics, RunStarted

PIECE = 20_000


def fill(store: Store, count: int) -> str:
    run, noise = f"run{count}", np.random.default_rng(0)
    store.write(Batch([RunStarted(run, "0", 1, run)]))
    for start in range(0, count, PIECE):
        steps = np.arange(start, min(start + PIECE, count))
        values = 2 * np.exp(-steps / 30_000) + noise.normal(0, 0.05, len(steps))
        clock = 1_700_000_000_000 + steps * 250 + noise.integers(0, 20, len(steps))
        columns = (np.zeros(len(steps), "<u4"), steps.astype("<i8"), values, clock.astype("<i8"))
        store.write(Batch([Metrics(run, ["loss"], *(column.tobytes() for column in columns))]))
    return run


def median(read: Callable[[], object], repeat: int) -> float:
    times = []
    for _ in range(repeat):
        began = time.perf_counter()
        read()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--peers", help="a Python that has mlflow")
    given = parser.parse_args()
    repeat = given.repeat
    print(f"{'points':>10}{'whole ms':>12}{'tenth ms':>12}{'page ms':>12}{'sample ms':>12}{'bytes/point':>13}")
    for count in (1_000, 100_000, 1_000_000):
        with tempfile.TemporaryDirectory() as folder:
            store = connect.open_store(folder)
            empty = int(store.health().facts["bytes"])
            run = fill(store, count)
            times = (
                median(lambda: store.history(run, "loss"), repeat),  # noqa: B023  (called at once)
                median(lambda: store.history(run, "loss", start=count // 2, end=count * 6 // 10), repeat),  # noqa: B023
                median(lambda: store.history(run, "loss", after=count // 2, limit=1000), repeat),  # noqa: B023
                median(lambda: store.sample([run], ["loss"], 1000), repeat),  # noqa: B023
            )
            connect.close_all()
            size = (connect.database(folder).stat().st_size - min(empty, 180_000)) / count
            print(f"{count:>10,}" + "".join(f"{one:>12.2f}" for one in times) + f"{size:>13.2f}")
    found = ask(given.peers, "history", "mlflow", 100_000)
    if found:
        print(f"mlflow: {100_000:,} points whole {found['whole ms']:,.0f} ms")


if __name__ == "__main__":
    main()
