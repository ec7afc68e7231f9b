"""What ``make`` would run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_benchmarks_get_programs_by_whole_paths() -> None:
    """They start them in folders of their own."""
    said = subprocess.run(["make", "--dry-run", "bench"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    words = [word for line in said.splitlines() if "benchmarks/" in line for word in line.split()[2:]]
    programs = [word for word in words if "/bin/" in word]
    assert len(programs) == 4
    assert all(Path(word).is_absolute() for word in programs), programs
