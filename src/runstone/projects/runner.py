"""``run``: from a project's URI to a finished run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from runstone import plugins, settings
from runstone._lazy import later
from runstone.client import same
from runstone.client.attended import Attended, attend
from runstone.client.experiments import check_experiment_name, chosen_experiment, experiment_for_run, experiment_named
from runstone.client.notices import notice
from runstone.client.session import session
from runstone.client.surroundings import user
from runstone.environments import MANAGERS
from runstone.errors import ExecutionException, InvalidValue, NotFound, WrongState

from . import environment as envs
from . import spec, surroundings
from .backends import table
from .command import Command, build
from .job import Job, image, work
from .source import fetch
from .submitted import SubmittedRun

if TYPE_CHECKING:
    from runstone.client import downloads
else:
    downloads = later("runstone.client.downloads")  # only for parameters that are URIs

#: MLflow's tags of a project's run.
ENTRY_POINT, BACKEND = "mlflow.project.entryPoint", "mlflow.project.backend"


def run(
    uri: str,
    entry_point: str = "main",
    version: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    docker_args: Mapping[str, Any] | None = None,
    experiment_name: str | None = None,
    experiment_id: str | None = None,
    backend: str = "local",
    backend_config: Mapping[str, Any] | str | None = None,
    storage_dir: str | None = None,
    synchronous: bool = True,
    run_id: str | None = None,
    run_name: str | None = None,
    env_manager: str | None = None,
    build_image: bool = False,
    docker_auth: Mapping[str, Any] | None = None,
) -> SubmittedRun:
    """Run a project. The script inside logs to the same run: it finds the run's id and the store in its environment.

    Args:
        uri: a folder, ``file:`` URI or git repository (``https://…``, ``ssh://…``, ``git@host:…``); ``#folder`` a part of it.
        entry_point: of the ``MLproject`` file, or a ``.py`` or ``.sh`` file of the project.
        version: commit, branch or tag; git only. A local working tree is left as it is.
        parameters: values by name. Those that the entry point does not have are passed on as ``--name value``.
        docker_args: options for ``docker run``; a value of ``True`` means a flag.
        experiment_name: where the run belongs, made if it is not there; the project's name if none is given or set. Or
        experiment_id: its id.
        backend: ``local``, ``slurm``, ``kubernetes`` or ``ray``, or what a plug-in brings (``mlflow.project_backend``).
        backend_config: what a back end needs, a mapping or the path of a JSON file.
        storage_dir: where files behind URIs are brought to for parameters of type ``path``; a temporary folder if ``None``.
        synchronous: wait for the end. If not, a thread of this process watches; the process waits for it before it ends.
        run_id: a run that was made for this before.
        run_name: its name; a pleasant one if ``None``.
        env_manager: ``local``, ``uv``, ``virtualenv`` or ``conda``; chosen by what the project asks for if ``None``.
        build_image: put the project's files into an image of its own (docker projects).
        docker_auth: not used; `docker login` is.

    Raises:
        NotFound, InvalidValue, MissingConfigException: the project, its entry point or a parameter is wrong; no run is begun.
        ExecutionException: the run failed (only when ``synchronous``). Its status and cause are stored.
    """
    if backend not in (table.LOCAL, *table.ELSEWHERE) and (brought := plugins.backend(backend)) is not None:
        config = table.configuration(backend_config)
        return _by_plugin(brought, uri, entry_point, parameters, version, config, experiment_id, experiment_name, synchronous)
    config = table.check(backend, backend_config)
    if env_manager is not None and env_manager not in MANAGERS:
        raise InvalidValue(f"{env_manager!r} is no environment manager. What works: {', '.join(MANAGERS)}.")
    if experiment_name and experiment_id:
        raise InvalidValue("Specify only one of 'experiment_name' or 'experiment_id'.")
    for name, given in (("parameters", parameters), ("docker_args", docker_args)):
        if given is not None and not isinstance(given, Mapping):
            raise InvalidValue(f"{name} must be a mapping of names to values; they are {given!r:.200}.")
    if docker_auth:
        notice("docker_auth is not used: what `docker login` keeps for the registry is")
    source = fetch(uri, version)
    cleaning = ExitStack()
    cleaning.callback(source.discard)
    try:
        project = spec.load(source.folder)
        point, params, command = _command(project, entry_point, parameters or {}, storage_dir, cleaning)
        if (docker_args or build_image) and not project.docker:
            notice(f"{project.name!r} has no docker_env: options of docker are left aside")
        job = Job(source, project, point, params, command, env_manager, dict(docker_args or {}), build_image, backend, config)
        experiment = experiment_id or _experiment(experiment_name, project.name)
        done = None if run_id else _made_before(job, experiment)
        if done is not None:
            cleaning.close()
            return done
        attended = attend(experiment, run_name, _tags(job, version), run_id)
    except BaseException:
        cleaning.close()
        raise
    attended.params(job.params)
    submitted = SubmittedRun(attended.run_id, lambda stop: work(job, attended, stop), _ending(attended, cleaning))
    if not synchronous:
        submitted.attend_aside()
    elif not submitted.attend():
        raise ExecutionException(f"Run (ID '{attended.run_id}') {submitted.get_status().lower()}: {submitted.cause}")
    return submitted


def _by_plugin(
    brought: Any, uri: str, entry_point: str, parameters: Mapping[str, Any] | None, version: str | None,
    config: Mapping[str, Any], experiment_id: str | None, experiment_name: str | None, synchronous: bool,
) -> SubmittedRun:  # fmt: skip
    """Handed to the back end of an MLflow plug-in, with the arguments that MLflow gives it."""
    here = session()
    experiment = experiment_id or experiment_for_run(here, _experiment(experiment_name, Path(uri).name)).experiment_id
    told = {**config, "STORAGE_DIR": None, "SYNCHRONOUS": synchronous, "DOCKER_ARGS": {}}
    submitted: SubmittedRun = brought.run(uri, entry_point, dict(parameters or {}), version, told, here.uri, experiment)
    if synchronous and not submitted.wait():
        raise ExecutionException(f"Run (ID '{submitted.run_id}') failed")
    return submitted


def _experiment(name: str | None, project: str) -> str | None:
    """The id of the experiment of this name, made if missing. Without a name: of the one that is set (``None``), else of
    one that is called like the project."""
    here = session()
    if not name and chosen_experiment(here) is not None:
        return None
    return experiment_named(here, check_experiment_name(name or project)).experiment_id


def _made_before(job: Job, experiment: str | None) -> SubmittedRun | None:
    """Where the setting ``RUNSTONE_SAME_RUN`` is ``reuse``: a finished run with the same code, environment and command.

    Raises: WrongState where it is ``refuse`` and there is one.
    """
    chosen, here = settings.SAME_RUN.get(), session()
    if chosen not in (same.REUSE, same.REFUSE):
        return None
    environment = envs.prepare(job.project, job.manager, notice)
    found_image = image(job, notice)
    looked = surroundings.look(
        job.source.folder, job.command.shown, environment.python, envs.packages(environment),
        found_image.as_package if found_image else "",
    )  # fmt: skip
    tags: dict[str, str | None] = dict(looked.tags)
    found = same.find(here, tags, (experiment_for_run(here, experiment).experiment_id,))
    if not found:
        return None
    if chosen == same.REFUSE:
        raise WrongState(f"This exact run exists (same code, environment and command): {same.described(found)}.")
    notice(f"this exact run exists and is not made again: {same.described(found)}")
    return SubmittedRun.ended(found[0].info.run_id)


def _command(
    project: spec.Project, name: str, given: Mapping[str, Any], storage: str | None, cleaning: ExitStack
) -> tuple[spec.EntryPoint, dict[str, str], Command]:
    """The entry point, the params of the run, and the command."""
    entry_point = project.entry_point(name)
    values, options = entry_point.values(given)
    if options and entry_point.parameters:
        passed = " ".join(f"--{key}" for key in options)
        notice(
            f"{passed}: no parameters of entry point {name!r}, passed on as options. Its parameters: {entry_point.described}"
        )
    brought, seen = dict(values), {}
    for key, value in values.items():
        if entry_point.parameters[key].type == "path":
            brought[key] = _path(entry_point.parameters[key], value, key in given, project.folder, storage, cleaning)
            seen[key] = _as_recorded(brought[key], value, project.folder)
    return entry_point, {**values, **options}, build(entry_point.command, brought, options, seen)


def _as_recorded(place: str, value: str, folder: Path) -> str:
    """A path below the project's folder counts from there, and a URI stays one: the same run elsewhere has the same command."""
    if len(urlsplit(value).scheme) > 1 and urlsplit(value).scheme != "file":
        return value
    try:
        inner = str(Path(place).relative_to(folder.resolve()))
    except ValueError:
        return place
    return f"./{inner}" if inner.startswith("-") else inner


def _path(parameter: spec.Parameter, value: str, given: bool, folder: Path, storage: str | None, cleaning: ExitStack) -> str:
    """An absolute path for a parameter of type ``path``: a value that was given counts from the working folder, a default from
    the project's. What is behind a URI is brought here."""
    scheme = urlsplit(value).scheme
    if len(scheme) > 1 and scheme != "file":
        if storage is None:
            storage = tempfile.mkdtemp(prefix="runstone-parameter-")
            cleaning.callback(shutil.rmtree, storage, ignore_errors=True)
        place = Path(storage, f"param_{parameter.name}")
        place.mkdir(parents=True, exist_ok=True)
        return str(downloads.download_artifacts(artifact_uri=value, dst_path=str(place)))
    path = Path(urlsplit(value).path if scheme == "file" else value).expanduser()
    places = (Path.cwd(), folder) if given else (folder, Path.cwd())
    found = next((base / path for base in places if (base / path).exists()), None)
    if found is None:
        raise NotFound(
            f"Got value {value!r} for parameter {parameter.name!r}, but there is no such file or folder "
            f"in {' or '.join(dict.fromkeys(map(str, places)))}."
        )
    return str(found.resolve())


def _tags(job: Job, version: str | None) -> dict[str, str]:
    tags = {
        "mlflow.user": user(),
        "mlflow.source.name": job.source.uri,
        "mlflow.source.type": "PROJECT",
        ENTRY_POINT: job.entry_point.name,
        BACKEND: job.backend,
    }
    if version:
        tags["mlflow.project.version"] = version
    if job.source.branch:
        tags["mlflow.source.git.branch"] = job.source.branch
    return tags


def _ending(attended: Attended, cleaning: ExitStack) -> Callable[[str, str | None], str]:
    def over(status: str, cause: str | None) -> str:
        cleaning.close()
        stands: str = attended.end(status, cause)
        return stands

    return over
