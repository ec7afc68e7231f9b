"""A store as a team would have it: logged by the real client, names as people give them. Run as a script:
``python realistic.py FOLDER``; prints JSON with the ids that the tests need."""

from __future__ import annotations

import json
import math
import random
import struct
import sys
import zlib
from pathlib import Path

import runstone

SPIKE_STEP, SPIKE = 7_321, 1234.5
HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
REPORT = {
    "accuracy": 0.97,
    "classes": {"0": {"precision": 0.99}, "1": {"precision": 0.95}},
    "note": "<script>alert(1)</script>",
}
#: One grey pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000 1f15c4890000000d49444154789c636860606000000004000168 4d2a6d"
    "0000000049454e44ae426082".replace(" ", "")
)


def forest(trees: int, depth: int, seed: int) -> str:
    """One finished run of the experiment that most tests look at."""
    rng = random.Random(f"{trees} {depth} {seed}")
    with runstone.start_run(run_name=f"forest-{trees}-{depth}-{seed}") as run:
        runstone.log_params({"n_estimators": trees, "max_depth": depth, "seed": seed, "criterion": "gini", "dataset": "digits"})
        runstone.set_tag("team", "vision")
        top = 0.9 + 0.03 * math.log10(trees) + 0.002 * depth
        for step in range(30):
            runstone.log_metric("train/loss", math.exp(-step / 8) + rng.random() * 0.05, step=step)
            runstone.log_metric("val/loss", 0.1 + math.exp(-step / 9) + rng.random() * 0.08, step=step)
        runstone.log_metrics(
            {"accuracy": top - rng.random() * 0.01, "f1": top - 0.01 - rng.random() * 0.01, "fit_seconds": trees / 40}
        )
    return str(run.info.run_id)


def picture(level: int) -> bytes:
    """A PNG of 32 × 32 grey pixels with a brighter square in it."""
    rows = b"".join(b"\0" + bytes(level if 8 <= x < 24 and 8 <= y < 24 else 60 for x in range(32)) for y in range(32))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 32, 32, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def compared(folder: Path, runs: list[str]) -> None:
    """Files of two runs that are alike, and not the same."""
    client = runstone.MlflowClient()
    for place, run_id in enumerate(runs):
        client.log_dict(run_id, {"layers": [64, 32 * (place + 1)], "loss": "ce"}, "config.json")
        client.log_text(run_id, f"id,label,p\n7,cat,0.{5 + place}\n8,dog,0.9\n{20 + place},owl,0.1\n", "tables/predictions.csv")
        matrix = [[40 + place, 10 - place], [6, 44]]
        client.log_dict(run_id, {"labels": ["cat", "dog"], "confusion_matrix": matrix}, "tables/confusion.json")
        client.log_text(run_id, f"first line\nlr = 0.{place}\nlast line\n", "notes.txt")
        (folder / "plot.png").write_bytes(picture(160 + 40 * place))
        client.log_artifact(run_id, str(folder / "plot.png"))
    client.log_text(runs[1], "alone", "alone.txt")


def rich(folder: Path) -> str:
    """One run with something on every tab: long series with a spike, NaN, console, system metrics, files."""
    with runstone.start_run(run_name="deep-dive", description="Why does class 8 look like class 3?") as run:
        runstone.log_params({"n_estimators": 400, "max_depth": 20, "seed": 0, "criterion": "entropy", "dataset": "digits"})
        rng = random.Random(0)
        for step in range(20_000):
            value = SPIKE if step == SPIKE_STEP else math.exp(-step / 5_000) + rng.random() * 0.1
            runstone.log_metric("train/loss", value, step=step)
        runstone.log_metrics({"accuracy": 0.9812, "f1": 0.979, "fit_seconds": 12.5})
        for step in range(12):
            runstone.log_metric("all_nan", math.nan, step=step + 3)
        runstone.log_metric("system/cpu_utilization_percentage", 42.0, step=0)
        runstone.log_metric("system/cpu_utilization_percentage", 61.0, step=1)
        later = run.info.start_time + 30_000
        runstone.log_metric("system/memory_used", 1.0, step=0, timestamp=later)
        runstone.log_metric("system/memory_used", 2.0, step=1, timestamp=later + 30_000)
        runstone.log_dict(REPORT, "report.json")
        runstone.log_text("id,label,p\n0,zero,0.91\n1,one,0.42\n2,two,0.77\n", "tables/predictions.csv")
        runstone.log_text("# Notes\n\n<script>document.title='owned'</script>\n", "notes.md")
        runstone.log_text("<script>document.title='owned'</script>", "page.html")
        runstone.log_text("flavors:\n  python_function:\n    loader_module: runstone.sklearn\n", "model/MLmodel")
        (folder / "confusion.png").write_bytes(PNG)
        runstone.log_artifact(str(folder / "confusion.png"))
    return str(run.info.run_id)


def wide() -> str:
    """One run with more metrics than any page shows."""
    with runstone.start_run(run_name="wide") as run:
        runstone.log_metrics({f"layer/{layer}/norm/{part}": layer + part / 10 for layer in range(70) for part in range(10)})
        for step in range(3):
            runstone.log_metric("layer/69/curve", step, step=step)
    return str(run.info.run_id)


MANIFEST = """\
flavors:
  python_function: {loader_module: mlflow.sklearn, python_version: 3.11.7}
  sklearn: {sklearn_version: 1.9.1}
model_size_bytes: 1453
runstone_version: 0.1.0
signature:
  inputs: '[{"type": "double", "name": "pixel_0", "required": true}, {"type": "double", "name": "pixel_1", "required": true}]'
  outputs: '[{"type": "long", "name": "digit", "required": true}]'
"""


def registered(runs: list[str]) -> None:
    """A registered model with three versions, one of them hostile, and one without any."""
    client = runstone.MlflowClient()
    client.create_registered_model("digits", {"team": "vision"}, "Which digit is it? Trained on 8 × 8 pixels.")
    client.create_registered_model("next-year", description=HOSTILE)
    for number, (run_id, text) in enumerate(zip(runs, ("The first", HOSTILE, "Deeper trees"), strict=True), 1):
        client.log_text(run_id, MANIFEST.replace('digit"', 'class"') if number == 1 else MANIFEST, "forest/MLmodel")
        client.create_model_version("digits", f"runs:/{run_id}/forest", run_id, {"checked": "yes"}, description=text)
    client.set_registered_model_alias("digits", "champion", 2)
    client.set_registered_model_alias("digits", "challenger", 3)
    client.transition_model_version_stage("digits", "1", "Archived")
    client.transition_model_version_stage("digits", "2", "Production")


def main(folder: Path) -> dict[str, object]:
    runstone.set_tracking_uri(str(folder / "store"))
    experiment = runstone.set_experiment("digits-forest")
    runs = [forest(trees, depth, seed) for trees in (50, 100, 200) for depth in (5, 10) for seed in range(3)]
    deep = rich(folder)
    with runstone.start_run(run_name=HOSTILE) as run:
        runstone.log_param("note", HOSTILE)
        runstone.log_metric("accuracy", math.nan)
        hostile = run.info.run_id
    try:
        with runstone.start_run(run_name="too-deep"):
            runstone.log_metric("accuracy", 0.5)
            raise ValueError("max_depth must be positive")
    except ValueError:
        pass
    with runstone.start_run(run_name="search") as parent:
        for seed in range(2):
            with runstone.start_run(run_name=f"trial-{seed}", nested=True):
                runstone.log_metric("accuracy", 0.9 + seed / 100)
    compared(folder, runs[1:3])
    registered([runs[0], runs[4], runs[-1]])
    runstone.set_experiment("of-many-layers")
    layers = wide()
    empty = runstone.create_experiment("not-started-yet")
    runstone.flush()
    return {
        "experiment": experiment.experiment_id,
        "runs": runs,
        "deep": deep,
        "hostile": hostile,
        "wide": layers,
        "parent": parent.info.run_id,
        "empty": empty,
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
