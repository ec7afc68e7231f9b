"""Which environment a project runs in, and what its process finds in its variables."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from runstone.dropin.bridge import real_mlflow
from runstone.dropin.launch import environment as drop_in
from runstone.environments import Environment, Wants, build, of_conda, of_python_env, ready
from runstone.errors import InvalidValue

from .spec import CONDA, DOCKER, PYTHON, Project

#: Tag of a run that was begun inside a project's run, or inside a reproduction: that run's id.
LAUNCHED_BY = "runstone.launched_by"


def prepare(project: Project, manager: str | None, tell: build.Tell) -> Environment:
    """The environment for a project, made if it is not there.

    Args:
        manager: one of :data:`~runstone.environments.MANAGERS`. ``None``: the running environment for a project that asks for
            nothing, conda for a conda project where conda is installed, else uv, else virtualenv.

    Raises: as :func:`~runstone.environments.ready`; InvalidValue for a ``python_env`` project with conda.
    """
    kind, file = project.environment or (None, None)
    if kind == DOCKER or file is None:
        if manager in (None, build.LOCAL) or kind == DOCKER:
            return ready(Wants(), build.LOCAL)
        return ready(Wants(), str(manager), tell)
    if manager == build.LOCAL:
        return ready(Wants(), build.LOCAL)
    wants = of_conda(file) if kind == CONDA else of_python_env(file)
    chosen = manager or _manager(kind)
    if kind == PYTHON and chosen == build.CONDA:
        raise InvalidValue(f"{file} is a python_env, which conda cannot make. Use --env-manager uv, virtualenv or local.")
    lines = tuple(own_requirement(line) for line in wants.lines)
    return ready(Wants(wants.python, lines, wants.constraints, wants.conda if chosen == build.CONDA else None), chosen, tell)


def _manager(kind: str | None) -> str:
    if kind == CONDA and build.find_conda() is not None:
        return build.CONDA
    return build.UV if build.find_uv() is not None else build.VIRTUALENV


def own_requirement(line: str) -> str:
    """A line that asks for Runstone, when this one was installed from a folder, means that folder."""
    if not line.lower().startswith("runstone"):
        return line
    from importlib import metadata

    from packaging.requirements import InvalidRequirement, Requirement  # only who asks for Runstone pays for its import
    from packaging.utils import canonicalize_name

    try:
        wanted = Requirement(line)
        told = metadata.distribution("runstone").read_text("direct_url.json")
    except (InvalidRequirement, metadata.PackageNotFoundError):
        return line
    if canonicalize_name(wanted.name) != "runstone" or wanted.url or not told:
        return line
    origin = json.loads(told)
    place = Path(unquote(urlsplit(origin.get("url", "")).path))
    if not place.is_dir():
        return line
    extras = f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else ""
    return f"-e {place}{extras}" if origin.get("dir_info", {}).get("editable") else f"runstone{extras} @ {place.as_uri()}"


def packages(environment: Environment) -> list[str] | None:
    """The folders of the environment's packages; ``None`` for those of this process."""
    if environment.folder is None:
        return None
    return [str(one) for one in sorted(environment.folder.glob("lib/python3*/site-packages"))]


def has(environment: Environment, package: str) -> bool:
    """Whether a package can be imported there."""
    folders = packages(environment)
    if folders is None:
        return importlib.util.find_spec(package) is not None
    names = (
        package,
        f"{package}.py",
        f"__editable__.{package}*",
        f"_{package}.pth",
        f"{package}.pth",
        f"_editable_impl_{package}.pth",
    )
    return any(next(Path(folder).glob(name), None) is not None for folder in folders for name in names)


def has_real_mlflow(environment: Environment) -> bool:
    """Whether ``import mlflow`` there gives the real one."""
    return real_mlflow(sys.path) is not None if environment.folder is None else has(environment, "mlflow")


def variables(
    environment: Environment, base: Mapping[str, str], run_id: str, experiment_id: str, store: str, server: str | None
) -> dict[str, str]:
    """What the project's process finds: its run, experiment and store under both families of names.

    Args:
        server: the address for a real mlflow, which cannot use our store by itself; ``None`` where there is none.
    """
    changed = environment.variables(dict(base))
    for family, address in (("RUNSTONE", store), ("MLFLOW", server or store)):
        changed[f"{family}_RUN_ID"] = run_id
        changed[f"{family}_EXPERIMENT_ID"] = experiment_id
        changed[f"{family}_TRACKING_URI"] = address
        changed.pop(f"{family}_EXPERIMENT_NAME", None)
        changed.pop(f"{family}_RUN_NAME", None)
        changed[f"{family}_RUN_CONTEXT"] = _context(changed.get(f"{family}_RUN_CONTEXT", ""), run_id)
    if server is not None:
        changed.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # it is not there when somebody looks
    changed["PYTHONUNBUFFERED"] = base.get("PYTHONUNBUFFERED", "1")  # its log is shown as it comes
    if not has_real_mlflow(environment) and has(environment, "runstone"):
        changed = drop_in(changed)
    return changed


def _context(given: str, run_id: str) -> str:
    """Tags that runs begun inside start with: those that were given, and which run they were begun in."""
    try:
        tags = json.loads(given or "{}")
    except ValueError:
        return given  # it is refused, in words, by whoever begins a run
    return json.dumps({**tags, LAUNCHED_BY: run_id}) if isinstance(tags, dict) else given
