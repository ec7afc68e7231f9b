"""A server over a store that may not be written: reads go on, writes are refused with what clients do not repeat."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from runstone import connect
from runstone.contracts import Batch
from runstone.records import Params, RunStarted

# not even root may write what is read-only: capset(2), version 3, no capability at all
SERVER = """
import ctypes, os, sys
if os.getuid() == 0:
    ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
from runstone.cli.main import cli
cli(["server", "--port", "0", "--store", sys.argv[1]])
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """Address of the server; there is a run ``r`` with a file ``a.txt``."""
    folder = tmp_path / "store"
    store = connect.opened_here(str(folder))
    store.write(Batch([RunStarted("r" * 32, "0", 1, "r"), Params("r" * 32, {"p": "1"})]))
    connect.open_artifacts(store.get_run("r" * 32).info.artifact_uri or "").put(io.BytesIO(b"words"), "a.txt")
    store.close()
    for place in (folder, *folder.rglob("*")):
        place.chmod(0o555 if place.is_dir() else 0o444)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("RUNSTONE_", "MLFLOW_"))}
    environment |= {"PYTHONUNBUFFERED": "1", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", SERVER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield line.split()[2]
        process.terminate()
        assert process.stderr is not None
        log = process.stderr.read()
    for place in (folder, *folder.rglob("*")):
        place.chmod(0o755)
    assert str(folder) in log  # who runs it is told which


def test_what_may_not_be_written_can_be_read_and_writes_are_not_repeated(served: str) -> None:
    api = f"{served}/api/2.0/mlflow"
    found = urllib3.request("POST", f"{api}/runs/search", json={"experiment_ids": ["0"]}, retries=False)
    assert found.json()["runs"][0]["data"]["params"] == [{"key": "p", "value": "1"}]
    file = f"/api/2.0/mlflow-artifacts/artifacts/0/{'r' * 32}/artifacts/a.txt"
    assert urllib3.request("GET", served + file, retries=False).data == b"words"
    assert urllib3.request("GET", f"{served}/ready", retries=False).status == 200
    metric = {"run_id": "r" * 32, "key": "m", "value": 1, "timestamp": 1}
    asked = [
        urllib3.request("POST", f"{api}/experiments/create", json={"name": "x"}, retries=False),
        urllib3.request("POST", f"{api}/runs/create", json={"experiment_id": "0"}, retries=False),
        urllib3.request("POST", f"{api}/runs/log-metric", json=metric, retries=False),
        urllib3.request("POST", f"{api}/registered-models/create", json={"name": "x"}, retries=False),
        urllib3.request("PUT", served + file, body=b"x", retries=False),
        urllib3.request("DELETE", served + file, retries=False),
    ]
    for answer in asked:  # MLflow's clients send it again at 503, for minutes
        said = json.loads(answer.data)
        assert (answer.status, said["error_code"]) == (424, "TEMPORARILY_UNAVAILABLE"), said
        assert "writ" in said["message"]
        assert "/store" not in said["message"]
