"""Get a run back and check it: its code, environment and command again, and its metrics compared."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from runstone.client import packages
from runstone.client.attended import Attended, attend
from runstone.client.notices import notice
from runstone.client.session import session
from runstone.environments import Environment, Wants, build, of_requirements, ready
from runstone.errors import ExecutionException, RunstoneError
from runstone.query.difference import Evidence
from runstone.query.identity import command_text, host_of

from . import docker, reads, spec, surroundings
from . import environment as envs
from .backends.local import Process
from .code import Origin, comes_along, lay_out, origin, unreachable
from .command import Command
from .evidence import evidence
from .family import Family, below, family, matched
from .judging import CANNOT, DIFFERS, OF_TAG, REPRODUCED, VERDICT_TAG, Verdict, allowed, in_words, judged, keep
from .served import Served
from .submitted import SubmittedRun

__all__ = ["CANNOT", "DIFFERS", "OF_TAG", "REPRODUCED", "VERDICT_TAG", "Plan", "Verdict", "in_words", "plan", "reproduce"]


class Plan(Struct, frozen=True):
    """What will be done for a run, and in words what would be missing (then it cannot be done) or different.

    ``code`` and ``environment`` say in words where they are taken from.
    """

    family: Family
    origin: Origin
    command: str
    words: Sequence[str]
    missing: Sequence[str]
    remarks: Sequence[str]
    code: str = ""
    environment: str = ""

    @property
    def evidence(self) -> Evidence:
        """Of the run that the command begins with."""
        return self.family.first


def plan(run_id: str) -> Plan:
    """What it takes to make a run again, without doing it. Raises NotFound."""
    runs = family(evidence(run_id), session())
    old = runs.first
    host = host_of(old.documents)
    code = origin(old)
    data = [one for one in _data(runs) if not comes_along(code, one[1])]
    missing = [*code.missing, *_data_missing(data)]
    if why := unreachable(code.repository):
        missing.append(f"commit {code.commit[:12]} ({code.repository} cannot be fetched from: {why})")
    words, command = host.get("command") or [], command_text(host)
    if not command:
        missing.append("the command line (none was recorded)")
    elif "***" in command:
        missing.append(f"secrets of the command line, which are not recorded: {command}")
    elif host.get("notebook") or command == "python":
        missing.append("a command line: the run was made in a notebook or by hand")
    options = docker.options_of(old.run.data.tags)
    if secret := docker.hidden(options):
        missing.append(f"secrets of docker's options, which are not recorded: {docker.as_given(secret)}")
    remarks = []
    if runs.others:
        begins = f"the command made {len(runs.others) + 1} runs, the first was {old.run.info.run_name}"
        remarks.append(f"{begins}: all are made again and compared")
    if docker.IMAGE_URI in old.run.data.tags:
        remarks.append(
            f"it runs in the image {old.run.data.tags[docker.IMAGE_URI]}, as the run did {docker.as_given(options)}".strip()
        )
    elif not old.documents.get("packages"):
        remarks.append("no packages were recorded: the environment here is used")
    elif not _same_environment(old) and _kept(old) is None:
        remarks.append("the environment here differs from the run's: it is rebuilt (or --env-manager local)")
    remarks += _data_changed(data)
    words = words if isinstance(words, list) else []
    return Plan(runs, code, command, words, missing, remarks, code.described, _environment_in_words(old))


def reproduce(run_id: str, tolerance: str | float = 0.0, env_manager: str | None = None) -> Verdict:
    """Make a run again and compare, with all runs that its command made: children, and several one after the other.

    New runs are in the old ones' experiments and linked to them; all keep their verdict.

    Args:
        run_id: the run.
        tolerance: how far a metric may be off, relative to the larger of both values; 0 is exact. ``"seeds"``: two standard
            deviations of the runs that have the same code and params and differ only in their seeds, at least three.
        env_manager: what makes the environment. ``None``: this one if it has the same packages, else uv.

    Raises: NotFound, InvalidValue (tolerance).
    """
    here = session()
    found = plan(run_id)
    allowed(tolerance, found.evidence, here)  # a wrong one is said before the work
    first = found.evidence.run
    if found.missing:
        verdict = Verdict(CANNOT, first.info.run_id, missing=found.missing)
        keep(here, verdict)
        return verdict
    for remark in found.remarks:
        notice(remark)
    new_id, trouble = _make_again(found, env_manager)
    if trouble is not None:
        verdict = Verdict(CANNOT, first.info.run_id, new_id, missing=[f"the command failed: {trouble}"])
    else:
        verdict = judged(matched([first, *found.family.others], below([here.run(new_id)], here)), tolerance, here)
    keep(here, verdict)
    return verdict


def _make_again(found: Plan, manager: str | None) -> tuple[str, str | None]:
    """The new run's id, and why it failed, if it did."""
    info = found.evidence.run.info
    tags = {
        OF_TAG: info.run_id,
        "mlflow.source.name": found.evidence.run.data.tags.get("mlflow.source.name", ""),
        "mlflow.source.type": "PROJECT",
        "mlflow.project.backend": "local",
    }
    attended = attend(info.experiment_id, f"{info.run_name} again", tags)
    folder = Path(tempfile.mkdtemp(prefix="runstone-reproduce-"))

    def over(status: str, cause: str | None) -> str:
        shutil.rmtree(folder, ignore_errors=True)
        return attended.end(status, cause) or status

    submitted = SubmittedRun(attended.run_id, lambda stop: _work(found, folder, manager, attended, stop), over)
    return attended.run_id, None if submitted.attend() else submitted.cause or submitted.get_status()


def _work(
    found: Plan, folder: Path, manager: str | None, attended: Attended, stop: Callable[[], str | None]
) -> tuple[str, str | None]:
    try:
        lay_out(found.origin, folder)
        boxed = docker.IMAGE_URI in found.evidence.run.data.tags
        environment = ready(Wants(), build.LOCAL) if boxed else _environment(found.evidence, manager)
        inner = folder / found.origin.inner
        inner.mkdir(parents=True, exist_ok=True)
        attended.params(_given(found.evidence, inner, found.command))
        image = _image(found.evidence, inner, attended) if boxed else None
        listed = image.as_package if image else ""
        looked = surroundings.look(inner, found.command, environment.python, envs.packages(environment), listed)
        surroundings.write(looked, attended)
        _link_data(found, folder)
        options = docker.options_of(found.evidence.run.data.tags)
        store, of = attended.store_uri, (attended.run_id, attended.run.info.experiment_id)
        arguments = _arguments(found, folder, inner, environment)
        needed = not docker.has_network(options) if image else envs.has_real_mlflow(environment)
        served = needed and not store.startswith("http")
        with Served(store) if served else nullcontext() as server:
            variables = envs.variables(environment, os.environ, *of, server or store, server)
            if image is None:
                return Process(arguments, inner, variables).watch(attended, stop)
            command = Command(arguments[-1], {}, arguments[-1])
            place = attended.run.info.artifact_uri or ""
            box = docker.container(spec.load(inner).docker, image, inner, command, options, variables, place)
            return Process(box.arguments, inner, variables, box.ending).watch(attended, stop)
    except RunstoneError as error:
        return "FAILED", error.message


def _image(old: Evidence, folder: Path, attended: Attended) -> docker.Image:
    project = spec.load(folder)
    if not project.docker:
        raise ExecutionException(f"The run was made in a container, and {folder} has no docker_env now.")
    found = docker.same_image(old.run.data.tags, project.docker, folder, project.name, notice)
    attended.tags(docker.described(found, docker.options_of(old.run.data.tags)))
    return found


def _paths(old: Evidence, folder: Path) -> dict[str, str]:
    """The values of a project's parameters of type ``path``."""
    name, params = old.run.data.tags.get("mlflow.project.entryPoint"), old.run.data.params
    try:
        known = spec.load(folder).entry_point(name).parameters if name else {}
    except RunstoneError:
        known = {}
    return {key: params[key] for key, one in known.items() if one.type == "path" and key in params}


def _given(old: Evidence, folder: Path, command: str) -> dict[str, str]:
    """The parameters of a project's run, which `runstone run` logged and not the script."""
    name = old.run.data.tags.get("mlflow.project.entryPoint")
    if name is None:
        return {}
    try:
        named = set(spec.load(folder).entry_point(name).parameters)
    except RunstoneError:
        named = set()
    return {key: value for key, value in old.run.data.params.items() if key in named or f" --{key} " in command}


def _arguments(found: Plan, folder: Path, inner: Path, environment: Environment) -> list[str]:
    """The command; paths below the old folder of the code mean the new one, unless they are in the old one alone."""
    host = host_of(found.evidence.documents)
    old = Path(str(host.get("working_dir") or ""))
    brought = reads.bring(_paths(found.evidence, inner), folder / ".runstone-inputs")
    if not found.words:
        return ["bash", "-c", reads.in_text(found.command, inner, old, brought)]
    git = host.get("git")
    root = str(git.get("folder")) if isinstance(git, dict) else str(host.get("code_folder") or host.get("working_dir"))
    words = [str(folder) + word[len(root) :] if word == root or word.startswith(root + "/") else word for word in found.words]
    words = reads.in_words(words, inner, old, brought)
    if found.command.startswith("python"):
        words[0] = str(environment.python)
    return words


def _environment(old: Evidence, manager: str | None) -> Environment:
    if manager == build.LOCAL or (manager is None and (_same_environment(old) or not old.documents.get("packages"))):
        return ready(Wants(), build.LOCAL)
    if manager is None and (made := _kept(old)) is not None:
        return made
    lines = [line for line in old.documents["packages"].splitlines() if line]
    own = [envs.own_requirement("runstone" if line.startswith("runstone==") else line) for line in lines]
    python = str(host_of(old.documents).get("python", ""))
    chosen = manager or (build.UV if build.find_uv() else build.VIRTUALENV)
    return ready(of_requirements(own, Path.cwd(), python), chosen, notice)


def _environment_in_words(old: Evidence) -> str:
    """Which environment it is made again in, unless another manager is asked for."""
    if docker.IMAGE_URI in old.run.data.tags:
        return f"image {old.run.data.tags[docker.IMAGE_URI]}"
    listed = len(old.documents.get("packages", "").splitlines())
    if not listed or _same_environment(old):
        return f"this one{f', which has the same {listed} packages' if listed else ''}"
    if (made := _kept(old)) is not None:
        return f"the kept one that it was made in, {made.folder}"
    return f"Python {host_of(old.documents).get('python', '')} with its {listed} packages, built anew"


def _kept(old: Evidence) -> Environment | None:
    """The environment that the run was made in, if it is still here with the packages that it had."""
    found = build.kept(Path(str(host_of(old.documents).get("executable", ""))))
    same = found is not None and packages.installed(envs.packages(found)) == old.documents.get("packages")
    return found if same else None


def _same_environment(old: Evidence) -> bool:
    return old.documents.get("packages", "") == packages.installed()


def _link_data(found: Plan, folder: Path) -> None:
    """Datasets that lay beside the code and do not come with it are seen where they were."""
    top = found.origin.top
    for _, path, _ in _data(found.family) if top else ():
        if os.path.exists(path) and Path(path).is_relative_to(top):
            place = folder / Path(path).relative_to(top)
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(path)


def _data_missing(data: Sequence[tuple[str, str, int]]) -> list[str]:
    """Datasets of local files that are not there."""
    return [f"dataset {name!r} ({path})" for name, path, _ in data if not os.path.exists(path)]


def _data_changed(data: Sequence[tuple[str, str, int]]) -> list[str]:
    """Those written to since; whether what is read from them is the same, only the digests of the new run will tell."""
    return [
        f"dataset {name!r} ({path}) was written to after the run began"
        for name, path, begun in data
        if os.path.exists(path) and os.path.getmtime(path) * 1000 > begun
    ]


def _data(runs: Family) -> list[tuple[str, str, int]]:
    """Datasets of local files: name, absolute path, and when the run that read it began, milliseconds; each path once."""
    found: dict[str, tuple[str, str, int]] = {}
    for run in (runs.first.run, *runs.others):
        for one in run.inputs.dataset_inputs:
            try:
                place = json.loads(one.dataset.source)
            except ValueError:
                continue
            uri = str(place.get("uri", "")) if isinstance(place, dict) else ""
            parts = urlsplit(uri)
            path = unquote(parts.path) if parts.scheme == "file" else uri
            if os.path.isabs(path):
                found.setdefault(path, (one.dataset.name, path, run.info.start_time or 0))
    return list(found.values())
