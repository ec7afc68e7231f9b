"""How fast one client's points come into a store behind a server.

    python benchmarks/remote_ingest.py [--points 4000000] [--store URI]

Batches of 131,072 points of ten series each, as a client's shipper sends them, over HTTP on this machine, into an empty store
(SQLite, or ``--store postgresql://…``). The time until the last one is acknowledged; making the points is not counted.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time

import numpy as np

from runstone.contracts import Batch, Origin
from runstone.records import Metrics, RunStarted
from runstone.remote.store import open_remote

SERIES, BATCH = 10, 1 << 17


def batches(points: int) -> list[Batch]:
    made, position = [], 8
    for first in range(0, points, BATCH):
        steps = np.arange(first, first + BATCH, dtype="<i8") // SERIES
        series = (np.arange(BATCH) % SERIES).astype("<u4")
        values = (1 / (steps + 1.0) + np.random.default_rng(first).normal(0, 0.01, BATCH)).astype("<f8")
        keys = [f"loss{number}" for number in range(SERIES)]
        record = Metrics("b" * 32, keys, series.tobytes(), steps.tobytes(), values.tobytes(), (steps * 10).tobytes())
        made.append(Batch([record], Origin("c" * 32, position, position + BATCH * 40)))
        position += BATCH * 40
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=4_000_000)
    parser.add_argument("--store", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "runstone.cli.main", "server", "--port", "0"]
        command += ["--backend-store-uri", options.store or folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found
            remote = open_remote(found[0])
            start = RunStarted("b" * 32, "0", 1, "benchmark")
            remote.write(Batch([start], Origin("c" * 32, 0, 8)))
            todo = batches(options.points)
            began = time.perf_counter()
            for batch in todo:
                remote.write_all([batch])
            took = time.perf_counter() - began
            server.terminate()
    count = len(todo) * BATCH
    print(f"{count:,} points in {len(todo)} requests: {took:.2f} s, {count / took:,.0f} points/s (target 2,000,000)")


if __name__ == "__main__":
    main()
