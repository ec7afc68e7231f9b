"""The command of a project with a ``docker_env``."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runstone.environments import engine
from runstone.errors import ExecutionException, InvalidValue

from .command import Command

#: Where the project's folder is seen inside, as with MLflow.
WORKDIR = "/mlflow/projects/code/"
#: Variables of a run that the container must see.
_PASSED = ("RUN_ID", "EXPERIMENT_ID", "TRACKING_URI", "TRACKING_USERNAME", "TRACKING_PASSWORD", "TRACKING_TOKEN")


def docker_command(
    spec: Mapping[str, Any], folder: Path, command: Command, options: Mapping[str, Any], variables: Mapping[str, str]
) -> list[str]:
    """Arguments of ``docker run``; values of secret variables are taken from the environment, not put on the command line.

    Args:
        spec: the ``docker_env`` entry: ``image``, ``volumes``, ``environment``.
        folder: the project's.
        options: further options of ``docker run``; ``True`` means a flag.
        variables: of the process that runs ``docker``.

    Raises: NotSupported where no docker is installed; ExecutionException where no engine answers.
    """
    docker = engine("This project asks for docker_env")
    arguments = [docker, "run", "--rm", "--volume", f"{folder}:{WORKDIR}", "--workdir", WORKDIR]
    names = [f"{family}_{name}" for family in ("RUNSTONE", "MLFLOW") for name in _PASSED]
    arguments += [part for name in names if name in variables for part in ("--env", name)]
    store = variables.get("RUNSTONE_TRACKING_URI", "")
    if store.startswith("/"):
        arguments += ["--volume", f"{store}:{store}"]  # an embedded store is reached under the same path
    arguments += [part for name in command.variables for part in ("--env", name)]
    for one in spec.get("environment") or ():
        arguments += ["--env", one if isinstance(one, str) else f"{one[0]}={one[1]}"]
    for volume in spec.get("volumes") or ():
        arguments += ["--volume", volume]
    return [*arguments, *_options(options), str(spec["image"]), "bash", "-c", command.text]


def _options(options: Mapping[str, Any]) -> list[str]:
    found = []
    for name, value in options.items():
        if not name.replace("-", "").isalnum():
            raise InvalidValue(f"{name!r} is no option of docker run; give it without dashes, such as gpus=all.")
        dashes = "-" if len(name) == 1 else "--"
        found += [f"{dashes}{name}"] if value is True else [f"{dashes}{name}", str(value)]
    return found


def build(spec: Mapping[str, Any], folder: Path, name: str) -> str:
    """Make an image of the project's files on top of its own; the new image's name. Raises ExecutionException."""
    docker = shutil.which("docker") or shutil.which("podman") or "docker"
    tag = f"{''.join(char if char.isalnum() else '-' for char in name.lower())}:runstone"
    text = f"FROM {spec['image']}\nCOPY . {WORKDIR}\nWORKDIR {WORKDIR}\n"
    made = subprocess.run(
        [docker, "build", "-t", tag, "-f", "-", str(folder)], input=text, text=True, capture_output=True, check=False
    )
    if made.returncode:
        raise ExecutionException(f"The image for {folder} could not be built: {made.stderr.strip()[-2000:]}")
    return tag


def push(image: str, target: str) -> str:
    """Push an image under another name; that name. Raises ExecutionException."""
    docker = shutil.which("docker") or shutil.which("podman") or "docker"
    for command in ([docker, "tag", image, target], [docker, "push", target]):
        done = subprocess.run(command, text=True, capture_output=True, check=False)
        if done.returncode:
            raise ExecutionException(f"{' '.join(command[:2])} {target}: {done.stderr.strip()[-2000:]}")
    return target
