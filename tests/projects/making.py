"""A script that logs, and git, for the tests of projects."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

#: One run, and what it finds, as an unmodified mlflow script logs it.
SCRIPT = """
import sys, os
import mlflow
with mlflow.start_run() as run:
    print("run", run.info.run_id)
    mlflow.log_param("seen", " ".join(sys.argv[1:]))
    mlflow.log_metric("answer", 42)
"""


def git(folder: Path, *command: str) -> str:
    who = {f"GIT_{role}_{what}": "test@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return subprocess.run(
        ["git", "-C", str(folder), "-c", "init.defaultBranch=main", *command],
        env={**os.environ, **who},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
