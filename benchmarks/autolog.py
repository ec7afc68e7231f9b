"""What autologging adds to ``RandomForestClassifier().fit`` on 1,000 × 20.

    python benchmarks/autolog.py [--peers PYTHON] [--turns 5]

Each row is a fresh process: it times fits without and with autologging in turns, the first of each left out. The overhead is
the median of the one less that of the other: params, metrics, figures, dataset, the model with its signature. Beside the
time on the clock stands the processor time, of children too, which other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
import warnings
from pathlib import Path

from peers import beside


def measure(tracker: str, turns: int) -> dict[str, float]:
    """Medians in milliseconds."""
    warnings.simplefilter("ignore")
    if tracker == "runstone":
        import runstone as mlflow
    else:
        import mlflow
    from sklearn.datasets import make_classification
    from sklearn.ensemble import RandomForestClassifier

    folder = Path.cwd()
    mlflow.set_tracking_uri(str(folder / "store") if tracker == "runstone" else f"sqlite:///{folder}/mlflow.db")
    mlflow.set_experiment("autolog")
    x, y = make_classification(n_samples=1000, n_features=20, random_state=42)
    times: dict[bool, list[float]] = {False: [], True: []}
    busy: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(turns + 1):
        for logging in (False, True):
            mlflow.sklearn.autolog(disable=not logging, silent=True)
            begun, used = time.perf_counter(), sum(os.times()[:4])
            RandomForestClassifier(random_state=turn).fit(x, y)
            times[logging].append(1000 * (time.perf_counter() - begun))
            busy[logging].append(1000 * (sum(os.times()[:4]) - used))
    plain, logged = (statistics.median(times[logging][1:]) for logging in (False, True))
    cpu = statistics.median(busy[True][1:]) - statistics.median(busy[False][1:])
    return {"plain": plain, "logged": logged, "overhead": logged - plain, "cpu": cpu}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", help="a Python that has mlflow")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print("FOUND" + json.dumps(measure(options.one, options.turns)))
        return 0
    found = beside(__file__, options.peers, options.turns)
    if found is None:
        return 1
    print(f"{'':10} {'fit, ms':>10} {'with autolog':>14} {'overhead':>10} {'of processors':>14}")
    for tracker, told in found.items():
        print(f"{tracker:10} {told['plain']:10.0f} {told['logged']:14.0f} {told['overhead']:10.0f} {told['cpu']:14.0f}")
    if "mlflow" in found:
        ratio, busy = (found["mlflow"][what] / found["runstone"][what] for what in ("overhead", "cpu"))
        print(f"mlflow's overhead is {ratio:.1f} times ours (target: at least 5), {busy:.1f} times in processor time")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
