"""A project's run, once everything about it is decided: its environment is made, its command started and watched."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from msgspec import Struct

from runstone.client.attended import Attended
from runstone.client.notices import notice
from runstone.environments import Environment, of_conda, of_python_env
from runstone.errors import ExecutionException

from . import docker, spec, surroundings
from . import environment as envs
from .backends import table
from .backends.following import Followed, Work
from .backends.local import Process
from .command import Command
from .served import Served
from .source import Source

#: MLflow's tag of what made the environment.
ENV = "mlflow.project.env"
#: Variables that tell of the run, and hold no secret.
_NAMES = ("RUN_ID", "EXPERIMENT_ID", "TRACKING_URI", "RUN_CONTEXT")
_TOLD = [f"{family}_{name}" for family in ("RUNSTONE", "MLFLOW") for name in _NAMES]


class Job(Struct, frozen=True):
    """Everything decided before the run begins."""

    source: Source
    project: spec.Project
    entry_point: spec.EntryPoint
    params: dict[str, str]
    command: Command
    manager: str | None
    docker_args: dict[str, Any]
    build_image: bool
    backend: str
    config: Mapping[str, Any]


def work(job: Job, attended: Attended, stop: Callable[[], str | None]) -> tuple[str, str | None]:
    """Make the environment, run the command, watch it."""
    try:
        environment = _environment(job, attended)
        around = surroundings.gathering(
            job.source.folder, job.command.shown, environment.python, envs.packages(environment), attended
        )
        with ExitStack() as beside, around:
            server = _server(job, environment, attended.store_uri, beside)
            variables = envs.variables(
                environment, os.environ, attended.run_id, attended.run.info.experiment_id, attended.store_uri, server
            )
            notice(f"running {job.command.shown!r} in {job.source.folder}")
            return _start(job, attended.run_id, variables).watch(attended, stop)
    except ExecutionException as error:
        attended.document("traceback", "text/plain", error.message)
        return "FAILED", error.message
    except Exception as error:
        attended.document("traceback", "text/plain", traceback.format_exc())
        return "FAILED", f"{type(error).__name__}: {error}"


def _environment(job: Job, attended: Attended) -> Environment:
    def tell(line: str) -> None:
        notice(line)
        attended.heard("stderr", f"{line}\n".encode())
        attended.write()

    environment = envs.prepare(job.project, "local" if job.backend in table.FAR else job.manager, tell)
    kind = "docker" if job.project.docker else environment.manager
    if kind != "local":
        attended.tags({ENV: kind})
    return environment


def _server(job: Job, environment: Environment, store: str, beside: ExitStack) -> str | None:
    """The address of a server for a real mlflow in the environment, where it needs one. Raises ExecutionException."""
    if store.startswith("http") or job.backend in table.FAR or not envs.has_real_mlflow(environment):
        return None
    if job.backend != table.LOCAL:
        raise ExecutionException(
            f"The project's environment has the real mlflow, which cannot open the store {store} from another machine. "
            "Start `runstone server` and name its address by --store."
        )
    return beside.enter_context(Served(store))


def _packages(job: Job) -> tuple[str, ...]:
    """What a back end that makes environments itself is to install."""
    kind, file = job.project.environment or (None, None)
    if job.backend not in table.FAR or job.manager == "local" or file is None or kind == spec.DOCKER:
        return ()
    wants = of_conda(file) if kind == spec.CONDA else of_python_env(file)
    return tuple(wants.lines)


def _start(job: Job, run_id: str, variables: Mapping[str, str]) -> Process | Followed:
    everything = {**variables, **job.command.variables}
    arguments = ["bash", "-c", job.command.text]
    docker_env = dict(job.project.docker) if job.project.docker else None
    if docker_env and job.backend not in table.FAR:
        if job.build_image:
            docker_env["image"] = docker.build(docker_env, job.source.folder, job.project.name)
        arguments = docker.docker_command(docker_env, job.source.folder, job.command, job.docker_args, everything)
    told = {name: variables[name] for name in _TOLD if name in variables} | job.command.variables
    work = Work(
        arguments, job.command, job.source.folder, everything, told, job.config, job.project.name, run_id,
        job.source.checkout is not None, docker_env, _packages(job), job.build_image,
    )  # fmt: skip
    return table.start(job.backend, work)
