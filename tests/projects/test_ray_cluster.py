"""A project as a job of a real Ray cluster of two nodes on this machine; RUNSTONE_RAY_PYTHON names a Python with ray."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import runstone
from ray_here import PYTHON, WHY, Cluster, wait_until
from runstone import connect, projects

pytestmark = [pytest.mark.skipif(not PYTHON, reason=WHY), pytest.mark.xdist_group("ray"), pytest.mark.timeout(600)]

TRAIN = """
import sys, time, runstone
with runstone.start_run() as run:
    print("run", run.info.run_id, sys.argv[1], flush=True)
    runstone.log_metric("answer", 42)
    time.sleep(float(sys.argv[2]))
"""
MLPROJECT = 'entry_points: {main: {parameters: {x: string, s: {type: float, default: 0}}, command: "python train.py {x} {s}"}}'


def test_it_runs_on_the_second_node_and_is_stopped(ray_cluster: Cluster, project: Callable[..., Path]) -> None:
    config = {"address": ray_cluster.dashboard, "entrypoint_resources": {"second": 1}, "entrypoint_num_cpus": 1}
    folder = project(train__py=TRAIN, MLproject=MLPROJECT, secret__env="KEY", __gitignore="*.env\n")
    done = projects.run(str(folder), parameters={"x": "a $(id) b"}, backend="ray", backend_config=config)
    run = runstone.get_run(done.run_id)
    assert (run.info.status, run.data.metrics) == ("FINISHED", {"answer": 42.0})
    assert run.data.tags["runstone.job.node"]
    store = connect.open_store(runstone.get_tracking_uri())
    assert f"run {done.run_id} a $(id) b" in "".join(piece.text for piece in store.console(done.run_id))

    slow = projects.run(str(folder), parameters={"x": "1", "s": 600}, backend="ray", backend_config=config, synchronous=False)
    wait_until(lambda: runstone.get_run(slow.run_id).data.metrics == {"answer": 42.0})
    slow.cancel()
    assert runstone.get_run(slow.run_id).info.status == "KILLED"
