"""The real mlflow client's artifacts through our server, over a folder and over S3 (there in parts, past the server)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from running_servers import Running

from runstone.testing.s3_server import S3Server

PEER = os.environ.get("RUNSTONE_PEER_PYTHON", "")
SCRIPT = Path(__file__).with_name("artifacts_by_mlflow.py")

pytestmark = [pytest.mark.peer, pytest.mark.skipif(not PEER, reason="RUNSTONE_PEER_PYTHON names no Python with mlflow")]

#: Small enough that the test's file goes in three parts, and comes back in several.
PARTS = {
    "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": str(6 << 20),
    "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": str(5 << 20),
    "MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE": str(5 << 20),
}


def by_mlflow(url: str, mode: str, folder: Path, **environment: str) -> dict[str, Any]:
    known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    said = subprocess.run(
        [PEER, str(SCRIPT), url, mode],
        env={**known, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert said.returncode == 0, said.stderr[-3000:]
    found: dict[str, Any] = json.loads(said.stdout.strip().splitlines()[-1])
    return found


def check(said: dict[str, Any]) -> None:
    assert said["uri"].startswith("mlflow-artifacts:/")
    assert said["walked"] == ["d.json", "data/big.bin", "notes/t.txt", "tree/a.txt", "tree/sub/c (1).bin", "tree/sub/ü b.txt"]
    assert said["same"]
    assert (said["text"], said["dict"]) == ("text", {"a": 1})
    assert said["listed"] == {
        "": [["d.json", False, 12], ["data", True, None], ["notes", True, None], ["tree", True, None]],
        "tree": [["tree/a.txt", False, 5], ["tree/sub", True, None]],
        "tree/sub": [["tree/sub/c (1).bin", False, 13], ["tree/sub/ü b.txt", False, 12]],
        "tree/a.txt": [],
        "nothing": [],
    }
    assert said["left"] == ["tree/a.txt"]
    assert said["missing"] != "found"


def test_over_a_folder(over_folder: Running, tmp_path: Path) -> None:
    check(by_mlflow(over_folder.url, "whole", tmp_path))


def test_over_s3_in_parts(over_s3: Running, s3: S3Server, tmp_path: Path) -> None:
    check(by_mlflow(over_s3.url, "parts", tmp_path, **PARTS))
