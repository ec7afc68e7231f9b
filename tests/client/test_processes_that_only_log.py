"""Processes that begin no run of their own and log to one by its id: what they logged is stored when they have ended."""

from __future__ import annotations

import subprocess
import sys

import pytest

import runstone

FLUENT = """
for step in range(200):
    runstone.log_metric("m", step, step, run_id=run_id)
"""
CLIENT = """
client = runstone.MlflowClient()
for step in range(200):
    client.log_metric(run_id, "m", step, step=step)
client.set_terminated(run_id)
client.log_param(run_id, "late", 1)
"""


@pytest.mark.parametrize("lines", [FLUENT, CLIENT])
def test_what_they_logged_is_stored_at_their_end(lines: str) -> None:
    run_id = runstone.MlflowClient().create_run("0").info.run_id
    code = f"import sys, runstone\nrun_id = sys.argv[1]\n{lines}"
    done = subprocess.run([sys.executable, "-c", code, run_id], capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found = runstone.get_run(run_id)
    assert found.data.summaries["m"].count == 200
    assert found.data.params == ({"late": "1"} if lines == CLIENT else {})
