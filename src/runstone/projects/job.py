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
from runstone.errors import ExecutionException, RunstoneError

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
        found = _image(job, attended)
        around = surroundings.gathering(
            job.source.folder,
            job.command.shown,
            environment.python,
            envs.packages(environment),
            attended,
            found.as_package if found else "",
        )
        with ExitStack() as beside, around:
            server = _server(job, environment, attended.store_uri, beside)
            store = server if server and _in_container(job) else attended.store_uri
            variables = envs.variables(environment, os.environ, attended.run_id, attended.run.info.experiment_id, store, server)
            where = f"image {found.name}" if found else job.source.folder
            notice(f"running in {where}: {job.command.shown.strip()}")
            return _start(job, attended, variables, found).watch(attended, stop)
    except RunstoneError as error:
        attended.document("traceback", "text/plain", error.message)
        return "FAILED", error.message
    except Exception as error:
        attended.document("traceback", "text/plain", traceback.format_exc())
        return "FAILED", f"{type(error).__name__}: {error}"


def _environment(job: Job, attended: Attended) -> Environment:
    environment = envs.prepare(job.project, "local" if job.backend in table.FAR else job.manager, _telling(attended))
    kind = "docker" if job.project.docker else environment.manager
    if kind != "local":
        attended.tags({ENV: kind})
    return environment


def _telling(attended: Attended) -> Callable[[str], None]:
    """For what a build says: shown, and kept in the run's console."""

    def tell(line: str) -> None:
        notice(line)
        attended.heard("stderr", f"{line}\n".encode())
        attended.write()

    return tell


def _in_container(job: Job) -> bool:
    """Whether the command runs in a container that is started from here."""
    return bool(job.project.docker) and job.backend not in table.FAR


def image(job: Job, tell: Callable[[str], object]) -> docker.Image | None:
    """The container's image, fetched or made; ``None`` where there is no container. Raises as :func:`docker.image`."""
    if not _in_container(job):
        return None
    return docker.image(job.project.docker, job.source.folder, job.project.name, job.build_image, tell)


def _image(job: Job, attended: Attended) -> docker.Image | None:
    found = image(job, _telling(attended))
    if found is not None:
        attended.tags(docker.described(found, job.docker_args))
    return found


def _server(job: Job, environment: Environment, store: str, beside: ExitStack) -> str | None:
    """The address of a server for a real mlflow in the environment, where it needs one. Raises ExecutionException."""
    if store.startswith("http") or job.backend in table.FAR:
        return None
    if _in_container(job):  # nobody knows what is in the image, and a server is good for both
        seen = job.backend == table.LOCAL and not docker.has_network(job.docker_args)
        return beside.enter_context(Served(store)) if seen else None
    if not envs.has_real_mlflow(environment):
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


def _start(job: Job, attended: Attended, variables: Mapping[str, str], found: docker.Image | None) -> Process | Followed:
    everything = {**variables, **job.command.variables}
    arguments = ["bash", "-c", job.command.text]
    docker_env = dict(job.project.docker) if job.project.docker else None
    ending: tuple[str, ...] = ()
    if docker_env and found:
        place = attended.run.info.artifact_uri or ""
        made = docker.container(docker_env, found, job.source.folder, job.command, job.docker_args, everything, place)
        arguments, ending = made.arguments, made.ending
    told = {name: variables[name] for name in _TOLD if name in variables} | job.command.variables
    work = Work(
        arguments, job.command, job.source.folder, everything, told, job.config, job.project.name,
        attended.run_id,
        job.source.checkout is not None, docker_env, _packages(job), job.build_image, ending,
    )  # fmt: skip
    return table.start(job.backend, work)
