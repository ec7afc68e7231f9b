"""A project's run in the browser: where its job stands, its end by the Stop button, the verdict when it was made again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from browsing import environment
from playwright.sync_api import expect

from runstone import MlflowClient

SLOW = 'name: slow\nentry_points: {main: {command: "echo up; exec sleep 600"}}\n'


def test_a_job_is_followed_and_another_is_stopped(
    serve: Callable[..., Any], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    server = serve()
    (tmp_path / "MLproject").write_text(SLOW, "utf-8")
    words = [sys.executable, "-m", "runstone.cli.main", "run", str(tmp_path), "--store", server.url, "--run-name", "slow one"]
    with subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        page = open_page(f"{server.url}/runs").page  # the run comes a moment after its command has begun
        page.get_by_role("link", name="slow one").click()
        header = page.get_by_role("main")
        expect(header).to_contain_text("Running")
        page.get_by_role("button", name="Stop").click()
        expect(header).to_contain_text("stopped by the UI")
        expect(page.get_by_role("button", name="Stop")).to_have_count(0)
        assert process.wait(60) == 1

    client = MlflowClient(server.url)
    experiment = client.get_experiment_by_name("slow")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    job = {"mlflow.source.type": "PROJECT", "mlflow.project.backend": "slurm", "runstone.job.id": "17"}
    other = client.create_run(experiment.experiment_id, run_name="far one", tags={**job, "runstone.job.state": "queued"})
    run_id = other.info.run_id
    client.log_param(run_id, "alpha", "0.5")
    client.update_run(run_id, "SCHEDULED")
    page = open_page(f"{server.url}/runs/{run_id}").page
    header = page.get_by_role("main")
    expect(header).to_contain_text("slurm job 17 queued")
    expect(page.get_by_role("button", name="Stop")).to_have_count(1)
    client.set_tag(run_id, "runstone.job.state", "running")
    client.set_tag(run_id, "runstone.job.node", "n3")
    client.update_run(run_id, "RUNNING")
    expect(header).to_contain_text("slurm job 17 running on n3")
    verdict = {"status": "differs", "of": run_id, "run_id": run.info.run_id, "layers": ["data"], "metrics": [{}], "compared": 2}
    client.set_tag(run_id, "runstone.reproduction", json.dumps(verdict))
    client.set_tag(run_id, "runstone.job.state", "finished")
    client.set_terminated(run_id)
    expect(header).to_contain_text("slurm job 17 finished")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    changes = page.get_by_role("region", name="What changed")
    expect(changes).to_contain_text("alpha")  # from the run before, which had none
    badge = page.get_by_test_id("reproduction")
    expect(badge).to_contain_text("Does not reproduce 1 of 2 metrics differ; differs in data")
    badge.get_by_role("link", name="other run").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("slow one")
