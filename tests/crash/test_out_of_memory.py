"""The system really ends a process that wants more memory than its control group has; the run says so, and has its points."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

import runstone
from runstone.client.session import session

GROUPS = Path("/sys/fs/cgroup")
LIMIT = 300 << 20
SCRIPT = """
import os, sys
open(sys.argv[1] + "/cgroup.procs", "w").write(str(os.getpid()))
import runstone
runstone.start_run(run_name="greedy")
for step in range(1000):
    runstone.log_metric("loss", 1 / (step + 1), step)
hoard = []
while True:
    hoard.append(bytearray(b"x") * (16 << 20))
"""


@pytest.fixture
def group() -> Iterator[Path]:
    """A control group with little memory; only where this user may make one."""
    first = (GROUPS / "memory", "memory.limit_in_bytes"), (GROUPS, "memory.max")
    root, limit = next(((root, limit) for root, limit in first if (root / "cgroup.procs").exists()), (None, ""))
    if root is None:
        pytest.skip("no control groups here")
    made = root / f"runstone-test-{uuid.uuid4().hex[:8]}"
    try:
        made.mkdir()
    except OSError as cause:
        pytest.skip(f"no control group can be made here: {cause.strerror}")
    try:
        (made / limit).write_text(str(LIMIT))
    except OSError as cause:
        made.rmdir()
        pytest.skip(f"no control group of memory can be made here: {cause.strerror}")
    yield made
    made.rmdir()


def test_a_process_that_ran_out_of_memory(group: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(group)],
        capture_output=True,
        text=True,
        env=dict(os.environ),
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    with runstone.start_run(run_name="next"):
        pass
    assert session().close(30)
    runs = {run.info.run_name: run for run in runstone.search_runs(search_all_experiments=True, output_format="list")}
    greedy = runs["greedy"]
    assert greedy.info.status == "CRASHED"
    assert "out of memory" in str(greedy.info.cause)
    assert runstone.get_run(greedy.info.run_id).data.summaries["loss"].count == 1000
