"""What packaging a model costs: ``log_model`` of a 100-tree forest, and a registered model from name to object.

    python benchmarks/models.py [--peers PYTHON] [--turns 7]

Each row is a fresh process; the first turn is left out, medians of the rest. ``dump`` is ``cloudpickle.dump`` of the forest to
a file and ``load`` reads it back: what the framework itself needs. ``promote`` registers the logged model, moves an alias to
the new version and loads it by the alias.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from peers import beside


def measure(tracker: str, turns: int) -> dict[str, float]:
    """Medians in milliseconds."""
    warnings.simplefilter("ignore")
    if tracker == "runstone":
        import runstone as mlflow
    else:
        import mlflow
    import cloudpickle
    from sklearn.datasets import make_classification
    from sklearn.ensemble import RandomForestClassifier

    folder = Path.cwd()
    mlflow.set_tracking_uri(str(folder / "store") if tracker == "runstone" else f"sqlite:///{folder}/mlflow.db")
    mlflow.set_experiment("models")
    x, y = make_classification(n_samples=1000, n_features=20, random_state=42)
    forest = RandomForestClassifier(random_state=0).fit(x, y)
    client = mlflow.MlflowClient()
    further: dict[str, Any] = {} if tracker == "runstone" else {"serialization_format": "cloudpickle"}
    times: dict[str, list[float]] = {}

    def timed(name: str, call: Callable[[], Any]) -> Any:
        begun = time.perf_counter()
        found = call()
        times.setdefault(name, []).append(1000 * (time.perf_counter() - begun))
        return found

    def dump() -> None:
        with (folder / "forest.pkl").open("wb") as file:
            cloudpickle.dump(forest, file)

    def load() -> None:
        with (folder / "forest.pkl").open("rb") as file:
            cloudpickle.load(file)

    def promote(uri: str) -> None:
        version = mlflow.register_model(uri, "x")
        client.set_registered_model_alias("x", "champion", version.version)
        mlflow.sklearn.load_model("models:/x@champion")

    for _ in range(turns + 1):
        timed("dump", dump)
        timed("load", load)
        with mlflow.start_run():
            info = timed("log_model", lambda: mlflow.sklearn.log_model(forest, name="model", **further))
        with contextlib.redirect_stdout(sys.stderr):
            timed("promote", lambda uri=info.model_uri: promote(uri))
    return {name: statistics.median(told[1:]) for name, told in times.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", help="a Python that has mlflow")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print("FOUND" + json.dumps(measure(options.one, options.turns)))
        return 0
    found = beside(__file__, options.peers, options.turns)
    if found is None:
        return 1
    columns = ("dump", "load", "log_model", "promote")
    print(f"{'ms':10}" + "".join(f"{column:>12}" for column in columns))
    for tracker, told in found.items():
        print(f"{tracker:10}" + "".join(f"{told[column]:12.1f}" for column in columns))
    ours = found["runstone"]
    limit = 1.3 * ours["dump"] + 50
    print(f"log_model took {ours['log_model']:.0f} ms (target: at most 1.3 × dump + 50 ms, which is {limit:.0f})")
    print(f"promote took {ours['promote'] - ours['load']:.0f} ms beside the framework's own load (target: at most 20)")
    if "mlflow" in found:
        ratio = found["mlflow"]["log_model"] / ours["log_model"]
        print(f"mlflow's log_model took {ratio:.1f} times ours (target: at least 5)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
