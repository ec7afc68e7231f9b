"""The place of the artifacts fails: a full disk, an S3 that refuses, one that dies half-way. One clear error each."""

from __future__ import annotations

import io
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from running_servers import Running

from runstone import connect
from runstone.errors import PlaceRefused
from runstone.testing.s3_server import serving_s3

ROUTE = "/api/2.0/mlflow-artifacts/artifacts"
Serve = Callable[..., Running]


def ask(running: Running, method: str, path: str, body: Any = None) -> urllib3.BaseHTTPResponse:
    return urllib3.request(method, f"{running.url}{ROUTE}{path}", body=body, retries=False, timeout=100)


def others_are_answered(running: Running) -> None:
    assert urllib3.request("GET", running.url + "/health", retries=False).data == b"OK"
    made = urllib3.request("POST", f"{running.url}/api/2.0/mlflow/experiments/search", json={"max_results": 1}, retries=False)
    assert made.status == 200


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Two megabytes of memory as a file system, where this user may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a small file system; test_uploads_that_break.py tries it with a limit instead")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk(serve: Serve, small_disk: Path) -> None:
    running = serve("--artifacts-destination", str(small_disk))
    assert ask(running, "PUT", "/kept", b"x" * 1_000_000).status == 200
    answer = ask(running, "PUT", "/large", b"x" * 5_000_000)
    assert (answer.status, answer.json()["error_code"]) == (507, "RESOURCE_EXHAUSTED")
    assert "full" in answer.json()["message"] or "space" in answer.json()["message"]
    assert os.listdir(small_disk) == ["kept"]
    assert ask(running, "PUT", "/fits", b"x" * 500_000).status == 200
    assert ask(running, "GET", "/kept").data == b"x" * 1_000_000
    others_are_answered(running)


def clear(answer: urllib3.BaseHTTPResponse, statuses: tuple[int, ...]) -> None:
    assert answer.status in statuses, (answer.status, answer.data[:500])
    message = answer.json()["message"]
    assert len(message) < 1000
    assert not re.search(r"Traceback|a secret of tests|127\.0\.0\.1|s3:|://", message), message


def test_an_s3_that_refuses(serve: Serve, tmp_path: Path) -> None:
    with serving_s3(tmp_path / "s3") as s3:
        wrong = {**s3.environment, "AWS_SECRET_ACCESS_KEY": "not this one"}
        running = serve("--artifacts-destination", s3.place(), environment=wrong)
        for method, path, body in (("PUT", "/a", b"x"), ("GET", "/a", None), ("GET", "?path=a", None)):
            clear(ask(running, method, path, body), (424,))  # MLflow's clients would send it again at 503, for minutes
        parts = f"{running.url}/api/2.0/mlflow-artifacts/mpu/create/run"
        clear(urllib3.request("POST", parts, json={"path": "a", "num_parts": 2}, retries=False), (424,))
        others_are_answered(running)
        refused = urllib3.request("GET", f"{running.url}{ROUTE}/nothing", retries=False)
        assert s3.url not in refused.json()["message"]
        with pytest.raises(PlaceRefused, match="credentials"):
            connect.open_artifacts("mlflow-artifacts:/run", running.url).put(io.BytesIO(b"x"), "a")


def test_an_s3_that_dies_half_way_and_comes_not_back(serve: Serve, tmp_path: Path) -> None:
    with serving_s3(tmp_path / "s3") as s3:
        running = serve("--artifacts-destination", s3.place(), environment=s3.environment)
        assert ask(running, "PUT", "/whole", b"x" * 100_000).status == 200
        dying = threading.Event()

        def pieces() -> Iterator[bytes]:
            for number in range(40):
                if number == 20:
                    s3.process.kill()
                    s3.process.wait()
                    dying.set()
                yield b"x" * (1 << 20)

        clear(ask(running, "PUT", "/half", pieces()), (502, 503))
        assert dying.is_set()
        others_are_answered(running)
        clear(ask(running, "GET", "/whole"), (502, 503))
        assert not [file for file in (tmp_path / "s3").rglob("half*")]
