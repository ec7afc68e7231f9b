"""A framework's own ``autolog`` after the one for all, where that is what imports the framework: in a fresh process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
import runstone
from runstone.autolog import core

runstone.autolog(log_datasets=False)
assert {name!r} not in sys.modules
own = runstone.{name}.autolog
assert core.chosen({name!r}).for_all and not core.chosen({name!r}).log_datasets
own(silent=True)
assert not core.chosen({name!r}).for_all and core.chosen({name!r}).silent
print("whole")
"""


@pytest.mark.parametrize("name", ["catboost", "optuna"])
def test_one_after_all(name: str, tmp_path: Path) -> None:
    pytest.importorskip(name, reason=f"{name} is not installed (pip install {name})")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(name=name)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (done.stdout, done.returncode) == ("whole\n", 0), done.stderr[-2000:]
    assert "WARNING" not in done.stderr
