"""The container engine of this machine: docker, or podman, which takes its words."""

from __future__ import annotations

import shutil
import subprocess

from runstone.errors import ExecutionException, NotSupported


def engine(wanted: str) -> str:
    """Its program.

    Args:
        wanted: who asks, to begin the message: ``This project asks for docker_env``.

    Raises: NotSupported where none is installed; ExecutionException where none answers.
    """
    docker = shutil.which("docker") or shutil.which("podman")
    if docker is None:
        raise NotSupported(f"{wanted}, and neither docker nor podman is installed here.")
    answer = subprocess.run([docker, "info"], capture_output=True, text=True, check=False)
    if answer.returncode:
        last = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ExecutionException(f"{docker} is installed, but no engine answers: {last}")
    return docker
