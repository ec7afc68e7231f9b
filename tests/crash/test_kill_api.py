"""SIGKILL while a script logs through the public API into the real store: 0 lost, 0 doubled, store and journal sound.

A full test run kills a few times. ``benchmarks/kills.py`` kills as often as the figures promise, 500 times;
``RUNSTONE_TEST_KILLS=500`` makes these tests do so.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runstone.testing.crash import Verdict
from runstone.testing.kills import SHAPES, Shape, killed_at_random, killed_by_itself, verdict_after_recovery

KILLS = int(os.environ.get("RUNSTONE_TEST_KILLS", "12"))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_killed_at_random_moments(tmp_path: Path, shape: Shape) -> None:
    for seed in range(-(-KILLS // len(SHAPES))):
        folder = tmp_path / str(seed)
        folder.mkdir()
        verdict = killed_at_random(folder, shape, seed)
        assert (verdict.lost, verdict.doubled) == (0, 0), f"seed {seed}: {verdict}"


def test_killed_right_after_the_last_of_ten_thousand_calls(tmp_path: Path) -> None:
    for number in range(max(1, KILLS // 6)):
        folder = tmp_path / str(number)
        folder.mkdir()
        killed_by_itself(folder, 10_000)
        assert verdict_after_recovery(folder) == Verdict(10_000, 0, 0)


def test_the_next_run_brings_the_dead_one_in_by_itself(tmp_path: Path) -> None:
    killed_by_itself(tmp_path, 10_000)
    script = (
        "import sys, runstone\n"
        "runstone.set_tracking_uri(sys.argv[1]); runstone.set_experiment('next')\n"
        "with runstone.start_run(): pass\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "store")], check=True, timeout=60, cwd=tmp_path)
    assert verdict_after_recovery(tmp_path) == Verdict(10_000, 0, 0)
