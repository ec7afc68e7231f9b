"""A store with curves: written straight into it, so that long ones cost nothing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from runstone import connect
from runstone.contracts import Batch
from runstone.records import ExperimentCreated, Metrics, Params, Record, RunChanged, RunStarted

SPIKE = 1234.5
LONG = 100_000
#: Runs of the experiment that is drawn as lines, and of the one that is drawn as a band.
FEW, MANY = 20, 48


def series(run_id: str, key: str, values: Sequence[float] | np.ndarray) -> Metrics:
    count = len(values)
    steps = np.arange(count, dtype="<i8")
    times = steps * 100 + 1_700_000_000_000
    return Metrics(
        run_id, [key], np.zeros(count, "<u4").tobytes(), steps.tobytes(), np.asarray(values, "<f8").tobytes(), times.tobytes()
    )


def decay(count: int, speed: float, draw: np.random.Generator) -> np.ndarray:
    return np.exp(-np.arange(count) / (count / speed)) + draw.random(count) * 0.05


def few(experiment: str, draw: np.random.Generator) -> list[Record]:
    """Twenty runs, each with one wild step; the first is long."""
    made: list[Record] = []
    for place in range(FEW):
        run_id = uuid.UUID(int=place + 1).hex
        count = LONG if place == 0 else 2_000
        loss = decay(count, 3 + place / 10, draw)
        loss[int(draw.integers(count // 4, count))] = SPIKE + place
        made.append(RunStarted(run_id, experiment, 1_700_000_000_000 + place, f"few-{place:02}"))
        made.append(
            Params(
                run_id,
                {
                    "lr": str([0.1, 0.01, 0.001][place % 3]),
                    "optimizer": ["adam", "sgd"][place % 2],
                    "depth": str(2 + place % 5),
                    "seed": str(place),
                },
            )
        )
        made += [series(run_id, "train/loss", loss), series(run_id, "val/loss", decay(200, 4, draw))]
        made += [series(run_id, "tokens", np.arange(2_000) * 64.0)]
        made += [
            series(run_id, "accuracy", [0.8 + 0.05 * (place % 3) + 0.01 * (place % 5)]),
            series(run_id, "seconds", [10.0 + place]),
        ]
        made.append(RunChanged(run_id, 1_700_000_060_000, status="FINISHED", end_time=1_700_000_060_000))
    return made


def many(experiment: str, draw: np.random.Generator) -> list[Record]:
    made: list[Record] = []
    for place in range(MANY):
        run_id = uuid.UUID(int=1000 + place).hex
        loss = decay(300, 2 + place % 4, draw)
        if place == 7:
            loss[123] = SPIKE
        made.append(RunStarted(run_id, experiment, 1_700_000_000_000 + place, f"many-{place:02}"))
        made += [Params(run_id, {"lr": str(10.0 ** -(1 + place % 4)), "seed": str(place)}), series(run_id, "loss", loss)]
        made.append(RunChanged(run_id, 1_700_000_060_000, status="FINISHED", end_time=1_700_000_060_000))
    return made


def write(folder: Path) -> dict[str, str]:
    """Ids of the experiments by name."""
    store = connect.open_store(str(folder))
    draw = np.random.default_rng(3)
    ids = {}
    for name, make in (("few", few), ("many", many)):
        store.write(Batch([ExperimentCreated(name, tags={}, time=1)]))
        found = store.find_experiment(name)
        assert found is not None
        ids[name] = found.experiment_id
        store.write(Batch(make(found.experiment_id, draw)))
    store.close()
    return ids
