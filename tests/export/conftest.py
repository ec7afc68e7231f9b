"""Runs of one small experiment, logged by the client into a store of the test's own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from exporting import HOSTILE

import runstone
from runstone import connect


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Ids of four runs: two seeds of two depths; the last one hostile, with NaN."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNSTONE_CAPTURE_CONTEXT", "0")
    runstone.set_tracking_uri(str(tmp_path / "store"))
    runstone.set_experiment("études")
    ids = []
    for depth in (2, 8):
        for seed in (0, 1):
            last = (depth, seed) == (8, 1)
            with runstone.start_run(run_name=HOSTILE if last else f"d{depth}-s{seed}") as run:
                runstone.log_params({"depth": depth, "seed": seed, "note": HOSTILE})
                runstone.set_tag("team", HOSTILE)
                for step in range(50):
                    runstone.log_metric("loss", 1 / (step + depth), step=step)
                runstone.log_metric("accuracy", math.nan if last else 0.8 + depth / 100 + seed / 1000)
            ids.append(run.info.run_id)
    runstone.flush()
    yield ids
    runstone.set_tracking_uri("")
    connect.close_all()
