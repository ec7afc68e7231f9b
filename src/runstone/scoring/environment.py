"""The environment that a model asks for, made from its ``python_env.yaml`` or ``conda.yaml``, with this Runstone in it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from msgspec import structs
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from runstone.environments import Environment, Wants, build, of_conda, of_python_env, of_requirements, ready, wheel
from runstone.errors import InvalidValue, NotSupported, PermissionDenied
from runstone.models import policy
from runstone.models.environment import CONDA, PYTHON_ENV
from runstone.models.folder import inside
from runstone.models.locate import local_folder
from runstone.models.manifest import Model
from runstone.models.pyfunc import FLAVOR_NAME

#: What requests need whatever the model says: it is what tables become.
NEEDED = ("pandas",)
#: The folder beside the environments for what they are made from.
_OWN = "own"


def prepared(
    uri: str, manager: str, tell: build.Tell, override: Iterable[str] = (), further: Iterable[str] = ()
) -> Environment:
    """Make the environment of a model, or find it.

    Args:
        manager: ``uv``, ``virtualenv`` or ``conda``.
        tell: gets the lines that a build prints.
        override: requirements instead of the model's for the same packages.
        further: requirements that are added where the model has none for the package.

    Raises: as :func:`runstone.environments.ready`; NotFound, InvalidValue for what is no model.
        PermissionDenied: the packages are its author's choice, installing them runs their code, and ``RUNSTONE_ALLOW_PICKLE``
        forbids that.
    """
    with policy.loading_from(uri):
        if not policy.lets_code_run():
            raise PermissionDenied(
                f"An environment for {uri} is made of packages that its author chose. Installing them runs their code, which "
                f"RUNSTONE_ALLOW_PICKLE={policy.policy()} does not let. --env-manager local uses the packages that are here."
            )
    wants = wanted(local_folder(uri), manager)
    own, further = str(wheel(build.root() / _OWN)), [*NEEDED, *further]
    if wants.conda is not None:
        return ready(structs.replace(wants, conda=_conda(wants.conda, further, [*override, own])), manager, tell)
    return ready(structs.replace(wants, lines=(*united(united(further, wants.lines), override), own)), manager, tell)


def wanted(folder: Path, manager: str) -> Wants:
    """What the files in the model's folder ask for. Raises NotSupported: they are not there."""
    settings = Model.load(folder).flavors.get(FLAVOR_NAME) or {}
    named: Any = settings.get("env")
    files: Mapping[str, Any] = named if isinstance(named, Mapping) else {"conda": named} if isinstance(named, str) else {}
    conda, python = files.get("conda") or CONDA, files.get("virtualenv") or PYTHON_ENV
    if manager != build.CONDA and (folder / str(python)).exists():
        return of_python_env(inside(folder, python))
    if (folder / str(conda)).exists():
        found = of_conda(inside(folder, conda))
        return found if manager == build.CONDA else structs.replace(found, conda=None)
    missing = conda if manager == build.CONDA else python
    raise NotSupported(
        f"The model in {folder} does not say which environment it needs: it has no {missing}. "
        "--env-manager local runs it with the packages that are here."
    )


def _conda(file: Path, further: Iterable[str], instead: Iterable[str]) -> Path:
    """A copy of the file with more for pip, kept where the environments are: conda reads it when it makes one."""
    told = yaml.safe_load(file.read_text("utf-8"))
    parts = list(told.get("dependencies") or [])
    lines = [str(line) for one in parts if isinstance(one, dict) for line in one.get("pip") or ()]
    read = of_requirements(lines, file.parent)
    limits = [line for line in read.constraints if _name(line) not in {_name(one) for one in read.lines}]
    pip = united(united(further, [*read.lines, *limits]), instead)
    text = yaml.safe_dump({**told, "dependencies": [*(one for one in parts if not isinstance(one, dict)), {"pip": pip}]})
    made = build.root() / _OWN / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.yaml"
    made.write_text(text, "utf-8")
    return made


def united(lines: Iterable[str], instead: Iterable[str]) -> list[str]:
    """Requirements; of the same package the second ones."""
    later = list(instead)
    names = {_name(line) for line in later} - {""}
    return [line for line in lines if _name(line) not in names] + later


def _name(line: str) -> str:
    try:
        return canonicalize_name(Requirement(line).name)
    except InvalidRequirement:
        return ""


def overriding(text: str) -> list[str]:
    """Requirements as ``--pip-requirements-override`` names them, separated by commas. Raises InvalidValue."""
    found = [one.strip() for one in text.split(",") if one.strip()]
    for one in found:
        if not _name(one):
            raise InvalidValue(f"--pip-requirements-override: {one!r} is no requirement; name==version is one.")
    return found


def become(environment: Environment, words: Iterable[str], further: Mapping[str, str]) -> None:
    """End this program and go on as ``runstone`` with these words in the environment. Does not return."""
    base = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    variables = environment.variables({**base, **further})
    command = [str(environment.python), "-m", "runstone.cli.main", *words]
    os.execve(command[0], command, variables)
