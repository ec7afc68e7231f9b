"""``models serve --engine ray`` on a real Ray cluster of two nodes on this machine; RUNSTONE_RAY_PYTHON names a Python with
``ray[serve]`` and this Runstone."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import runstone
from ray_here import NODES, PYTHON, WHY, Cluster, wait_until
from runstone.cli.main import cli
from runstone.scoring import ray_serve
from runstone.server import listen

#: A model that says where it is, and which it is.
MODEL = """
import runstone
def predict(model_input: list[str]) -> list[str]:
    import ray
    return [f"NUMBER on {ray.get_runtime_context().get_node_id()}"]
runstone.models.set_model(predict)
"""

needs_ray = pytest.mark.skipif(not PYTHON, reason=WHY)
pytestmark = pytest.mark.xdist_group("ray")


class Serving:
    def __init__(self, cluster: str, *words: str) -> None:
        self._start(cluster, *words)
        while "No Ray cluster answers" in self.said:  # its head is still beginning
            self.ended()
            self._start(cluster, *words)

    def _start(self, cluster: str, *words: str) -> None:
        command = [PYTHON, "-m", "runstone.cli.main", "models", "serve", *words, "--engine", "ray", "--ray-address", cluster]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        assert self.process.stderr is not None
        self.said = ""
        for line in self.process.stderr:
            self.said += line
            if " answers at " in line:
                break

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> int:
        self.process.communicate(timeout=60)
        return self.process.returncode


def answer(url: str, body: Any) -> tuple[int, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as got:
            return got.status, json.load(got)
    except urllib.error.HTTPError as fault:
        return fault.code, json.load(fault)


@needs_ray
@pytest.mark.timeout(600)
def test_replicas_on_both_nodes_follow_an_alias(ray_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSTONE_TRACKING_URI", runstone.get_tracking_uri())
    client = runstone.MlflowClient()
    for number in ("first", "second"):
        file = tmp_path / f"{number}.py"
        file.write_text(MODEL.replace("NUMBER", number))
        with runstone.start_run():
            runstone.pyfunc.log_model(name="model", python_model=str(file), registered_model_name="told", pip_requirements=[])
    client.set_registered_model_alias("told", "champion", "1")
    port = listen.free_port("127.0.0.1", 0)
    words = ["-m", "models:/told@champion", "-p", str(port), "-w", str(NODES), "--route-prefix", "/told"]
    serving = Serving(ray_cluster.address, *words, "--follow-alias", "--follow-every", "0.2")
    try:
        url = f"http://127.0.0.1:{port}/told"
        assert f"models:/told@champion answers at {url}/invocations, 2 times, on Ray" in serving.said

        def seen() -> set[str]:
            return {answer(f"{url}/invocations", {"inputs": ["x"]})[1]["predictions"][0] for _ in range(12)}

        wait_until(lambda: len(seen()) == NODES)
        assert {one.partition(" on ")[0] for one in seen()} == {"first"}
        client.set_registered_model_alias("told", "champion", "2")
        wait_until(lambda: {one.partition(" on ")[0] for one in seen()} == {"second"})
        status, fault = answer(f"{url}/invocations", {"inputs": [1]})
        assert (status, fault["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
        again = Serving(ray_cluster.address, *words)
        assert again.ended() == 1
        assert "has an application 'runstone' already" in again.said
    finally:
        assert serving.end() == 0
    broken = tmp_path / "broken.py"
    broken.write_text(MODEL + "import nowhere_to_be_found\n")
    runstone.pyfunc.save_model(tmp_path / "broken", python_model=str(tmp_path / "first.py"), pip_requirements=[])
    (tmp_path / "broken" / "first.py").write_text(broken.read_text())
    failed = Serving(ray_cluster.address, "-m", str(tmp_path / "broken"), "-p", str(port))
    assert failed.ended() == 1
    assert "nowhere_to_be_found" in failed.said


def test_mistakes_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*words: str) -> str:
        done = CliRunner().invoke(cli, ["models", "serve", "-m", str(tmp_path), "-p", "0", *words])
        assert done.exit_code == 1
        return done.output

    assert "are for --engine ray" in told("--route-prefix", "/a")
    assert "begins with a slash" in told("--engine", "ray", "--route-prefix", "a")
    assert "do not go together" in told("--engine", "ray", "--env-manager", "uv")
    assert "has no MLmodel file" in told("--engine", "ray")
    (tmp_path / "MLmodel").write_text("flavors: {python_function: {loader_module: mlflow.sklearn}}")
    monkeypatch.setitem(sys.modules, "ray", None)
    assert "pip install 'runstone[ray]'" in told("--engine", "ray")


def test_no_secret_is_told_to_the_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSTONE_TRACKING_TOKEN", "a secret")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "a secret")
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "deny")
    told = ray_serve._told_to_replicas()
    assert told["RUNSTONE_ALLOW_PICKLE"] == "deny"
    assert told["RUNSTONE_TRACKING_URI"] == runstone.get_tracking_uri()
    assert "a secret" not in told.values()
    monkeypatch.setattr(runstone, "get_tracking_uri", lambda: "postgresql://me:secret@there/runs", raising=False)
    assert "RUNSTONE_TRACKING_URI" not in ray_serve._told_to_replicas()
