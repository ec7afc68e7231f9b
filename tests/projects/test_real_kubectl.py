"""A project as a Kubernetes Job by the real kubectl, which asks a server that plays the cluster."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kubernetes_here import Cluster, serving

import runstone
from runstone import projects
from runstone.client.session import session
from runstone.projects.served import Served

pytestmark = pytest.mark.skipif(
    "kubectl" not in os.environ.get("RUNSTONE_ENGINES", "").split() or shutil.which("kubectl") is None,
    reason="RUNSTONE_ENGINES does not name kubectl, or there is none",
)

CONFIG = {"kube-context": "here", "poll_seconds": 0.1}
MLPROJECT = 'docker_env: {image: "me/forest:1"}\nname: k\nentry_points: {main: {command: "echo hello"}}\n'


@pytest.fixture
def cluster(tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setenv("HOME", str(tmp_path))
    with Served(store) as server, serving(found := Cluster(), tmp_path) as conf:
        monkeypatch.setenv("KUBECONFIG", str(conf))
        runstone.set_tracking_uri(server)
        yield found
        runstone.set_tracking_uri(store)


def until(true: Callable[[], object]) -> None:
    give_up = time.monotonic() + 60
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def begun(project: Callable[..., Path]) -> projects.SubmittedRun:
    folder = project(MLproject=MLPROJECT)
    return projects.run(str(folder), backend="kubernetes", backend_config=CONFIG, synchronous=False)


def state(run: projects.SubmittedRun) -> tuple[str, str]:
    found = runstone.get_run(run.run_id)
    return found.info.status, found.data.tags.get("runstone.job.node", "")


def test_a_job_from_queue_to_end(project: Callable[..., Path], cluster: Cluster) -> None:
    run = begun(project)
    until(lambda: state(run) == ("SCHEDULED", ""))
    cluster.pod = {"spec": {"nodeName": "seven"}, "status": {"phase": "Running"}}
    cluster.log = b"2026-01-01T00:00:01.5Z hello\n"
    until(lambda: state(run) == ("RUNNING", "seven"))
    cluster.log += b"2026-01-01T00:00:03.5Z at last\n"
    cluster.status = {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}
    assert run.wait()
    assert state(run) == ("FINISHED", "seven")
    assert "".join(piece.text for piece in session().fresh_store().console(run.run_id)).endswith("hello\nat last\n")


def test_a_stop_deletes_the_job_with_its_pod(project: Callable[..., Path], cluster: Cluster) -> None:
    run = begun(project)
    until(lambda: cluster.job)
    run.cancel()
    assert state(run)[0] == "KILLED"
    assert cluster.deleted is not None
    assert cluster.deleted["propagationPolicy"] == "Foreground"
