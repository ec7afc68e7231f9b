"""What a model needs to be loaded: requirements.txt, conda.yaml and python_env.yaml beside it."""

from __future__ import annotations

import functools
import inspect
import os
import platform
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import yaml

from runstone._lazy import later
from runstone.client.notices import warn_once
from runstone.errors import InvalidValue

from . import yaml_text

if TYPE_CHECKING:
    from packaging import requirements, utils
else:  # what is pinned to what is here, as in most models that are loaded, is told without them
    requirements, utils = later("packaging.requirements"), later("packaging.utils")

P = ParamSpec("P")

REQUIREMENTS, CONSTRAINTS = "requirements.txt", "constraints.txt"
CONDA, PYTHON_ENV = "conda.yaml", "python_env.yaml"

#: A requirement of one version, and nothing else.
_PINNED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9.+!_-]+)")
#: Modules whose distribution has another name, and that are worth knowing without searching all distributions.
_DISTRIBUTIONS = {"sklearn": "scikit-learn", "yaml": "PyYAML", "PIL": "pillow", "cv2": "opencv-python"}


def distribution_of(module: str) -> str | None:
    """The name of the installed distribution that a module comes from; None for the standard library and loose files."""
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or top == "__main__":
        return None
    name = _DISTRIBUTIONS.get(top, top)
    if _version(name) is not None:
        return name
    # until 3.11 the library knows those only that list their modules, which few tools do that build packages today
    found = (metadata.packages_distributions() if sys.version_info >= (3, 11) else by_their_files()).get(top)
    return found[0] if found else None


def by_their_files() -> dict[str, list[str]]:
    """The installed distributions of each top module, by the files that they brought."""
    found: dict[str, list[str]] = {}
    for one in metadata.distributions():
        listed = (one.read_text("top_level.txt") or "").split()
        files = (file.parts[0] if len(file.parts) > 1 else inspect.getmodulename(file.name) for file in one.files or ())
        for top in listed or dict.fromkeys(files):
            if top and "." not in top:  # no folder of metadata, no way out
                found.setdefault(top, []).append(one.metadata["Name"])
    return found


def pinned(distributions: Iterable[str]) -> list[str]:
    """``name==version`` for each that is installed, sorted."""
    versions = {name: _version(name) for name in set(distributions)}
    return sorted(f"{name}=={version.partition('+')[0]}" for name, version in versions.items() if version is not None)


def write_environment(
    folder: Path,
    found: Sequence[str],
    conda_env: Mapping[str, Any] | str | os.PathLike[str] | None = None,
    pip_requirements: Iterable[str] | str | os.PathLike[str] | None = None,
    extra_pip_requirements: Iterable[str] | str | os.PathLike[str] | None = None,
) -> None:
    """Write the three files, and constraints.txt where constraints were given.

    Args:
        folder: the model's.
        found: requirements that the flavor found; used unless the caller gives others.
        conda_env: a whole conda environment, a dict or a YAML file; excludes the other two.
        pip_requirements: instead of those found, a list of lines or a requirements file.
        extra_pip_requirements: beside them; a package named here replaces the one found.

    Raises:
        InvalidValue: arguments that exclude each other, or a line that pip would not take.
    """
    if conda_env is not None and (pip_requirements is not None or extra_pip_requirements is not None):
        raise InvalidValue("conda_env cannot be given together with pip_requirements or extra_pip_requirements.")
    if conda_env is not None:
        conda = _read_conda(conda_env)
        lines = _pip_part(conda)
        constraints: list[str] = []
    else:
        lines, constraints = read_requirements(found if pip_requirements is None else pip_requirements)
        extra, more = read_requirements(extra_pip_requirements or ())
        lines, constraints = _united(lines, extra), constraints + more
        if constraints:
            lines.append(f"-c {CONSTRAINTS}")
            (folder / CONSTRAINTS).write_text("\n".join(constraints) + "\n", encoding="utf-8")
        conda = conda_of(lines)
    (folder / REQUIREMENTS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / CONDA).write_text(yaml_text.dumps(conda, sort_keys=False), encoding="utf-8")
    (folder / PYTHON_ENV).write_text(yaml_text.dumps(_python_env(), sort_keys=False), encoding="utf-8")


def read_requirements(given: Iterable[str] | str | os.PathLike[str]) -> tuple[list[str], list[str]]:
    """Lines and constraints, with files that they name (``-r``, ``-c``) read in. Raises InvalidValue."""
    if isinstance(given, str | os.PathLike):
        return _read_file(Path(given))
    if not isinstance(given, Iterable):
        raise InvalidValue(f"Requirements are a list of lines or the path of a file; they are {type(given).__name__}.")
    return _read_lines(given, Path())


def _read_file(file: Path) -> tuple[list[str], list[str]]:
    try:
        return _read_lines(file.read_text(encoding="utf-8").splitlines(), file.parent)
    except OSError as cause:
        raise InvalidValue(f"The requirements file {os.fspath(file)!r} cannot be read: {cause}") from cause


def _read_lines(given: Iterable[str], base: Path) -> tuple[list[str], list[str]]:
    lines: list[str] = []
    constraints: list[str] = []
    for raw in given:
        line = str(raw).split(" #")[0].strip()
        option, _, rest = line.partition(" ")
        if not line or line.startswith("#"):
            continue
        if option in ("-r", "--requirement", "-c", "--constraint"):
            inner, more = _read_file(base / rest.strip())
            (lines if option in ("-r", "--requirement") else constraints).extend(inner)
            constraints.extend(more)
        else:
            name_of(line)
            lines.append(line)
    return lines, constraints


def name_of(line: str) -> str | None:
    """The package that a line asks for; None for options, paths and URLs. Raises InvalidValue."""
    before, at, _ = line.partition("@")
    elsewhere = "://" in before or (line.endswith((".whl", ".tar.gz")) and not at)
    if not line or line.startswith(("-", ".", "/", "#")) or elsewhere:
        return None
    try:
        return utils.canonicalize_name(requirements.Requirement(line).name)
    except requirements.InvalidRequirement as cause:
        raise InvalidValue(f"{line!r} is no requirement that pip takes: {cause}") from cause


def _united(lines: Sequence[str], extra: Sequence[str]) -> list[str]:
    named = {name for name in map(name_of, extra) if name}
    return [line for line in lines if name_of(line) not in named] + list(extra)


def _read_conda(given: Mapping[str, Any] | str | os.PathLike[str]) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return dict(given)
    try:
        told = yaml_text.loads(Path(given).read_text(encoding="utf-8"))
    except (OSError, TypeError, yaml.YAMLError) as cause:
        raise InvalidValue(f"conda_env={given!r} cannot be read as a YAML file: {cause}") from cause
    if not isinstance(told, dict):
        raise InvalidValue(f"conda_env={given!r} holds no conda environment; 'dependencies' is what one needs at least.")
    return told


def _pip_part(conda: Mapping[str, Any]) -> list[str]:
    parts = [item["pip"] for item in conda.get("dependencies") or () if isinstance(item, Mapping) and "pip" in item]
    return [str(line) for part in parts for line in part or ()]


def pip_lines(conda: Path) -> list[str]:
    """What the pip part of a ``conda.yaml`` asks for. Raises InvalidValue where it is none."""
    return _pip_part(_read_conda(conda))


def change_conda(conda: Any, change: Callable[[list[str]], list[str]]) -> list[str]:
    """Change the lines for pip of a conda environment in place; what they are then. Raises InvalidValue for what is none."""
    if not isinstance(conda, dict) or not isinstance(conda.get("dependencies"), list):
        raise InvalidValue(f"The model's {CONDA} has no list of dependencies, so it is no conda environment.")
    parts: list[Any] = conda["dependencies"]
    lines = change(_pip_part(conda))
    others = [one for one in parts if not (isinstance(one, Mapping) and "pip" in one)]
    if lines and not any(str(one).startswith("pip") for one in others):
        others.append("pip")
    conda["dependencies"] = [*others, {"pip": lines}] if lines else others
    return lines


def conda_from(requirements: Callable[P, list[str]]) -> Callable[P, dict[str, Any]]:
    """A flavor's ``get_default_conda_env``, from its ``get_default_pip_requirements`` and with the same arguments."""

    def get_default_conda_env(*args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
        """A conda environment with the requirements that every model has, for ``conda_env=``."""
        return conda_of(requirements(*args, **kwargs))

    get_default_conda_env.__signature__ = inspect.signature(requirements)  # type: ignore[attr-defined]
    return get_default_conda_env


def conda_of(lines: Sequence[str], packages: Sequence[str] = (), channels: Sequence[str] = ()) -> dict[str, Any]:
    """A conda environment: Python as here, lines for pip, and packages of conda's own from further channels."""
    pip = _version("pip")
    own = [f"python={platform.python_version()}", *packages, f"pip<={pip}" if pip else "pip"]
    return {"channels": ["conda-forge", *channels], "dependencies": [*own, {"pip": list(lines)}], "name": "mlflow-env"}


def _python_env() -> dict[str, Any]:
    build = [f"{name}=={version}" if (version := _version(name)) else name for name in ("pip", "setuptools", "wheel")]
    return {"python": platform.python_version(), "build_dependencies": build, "dependencies": [f"-r {REQUIREMENTS}"]}


def warn_of_differences(folder: Path) -> None:
    """Say once which of a model's requirements this environment meets with another version, or lacks."""
    file = folder / REQUIREMENTS
    if not file.is_file():
        return
    differences = []
    for raw in file.read_text(encoding="utf-8").splitlines():
        pinned = _PINNED.fullmatch(raw)
        if pinned and _version_of_a_build(pinned[1]) == pinned[2]:
            continue
        try:
            wanted = requirements.Requirement(raw.split(" #")[0].strip())
        except requirements.InvalidRequirement:
            continue
        here = _version_of_a_build(wanted.name)
        if utils.canonicalize_name(wanted.name) in ("mlflow", "mlflow-skinny") or (
            wanted.marker and not wanted.marker.evaluate()
        ):
            continue
        if here is None or not wanted.specifier.contains(here, prereleases=True):
            differences.append(
                f"{wanted.name} is {here or 'not installed'}, the model was saved with {wanted.specifier or 'it'}"
            )
    if differences:
        told = "; ".join(differences)
        warn_once(
            f"requirements {told}",
            f"this environment differs from the model's: {told}. pip install -r {file} evens it out; "
            "--env-manager uv makes one for it, where a command loads it.",
        )


def _version_of_a_build(distribution: str) -> str | None:
    """Of the package, or of its build for another kind of processor, such as tensorflow-cpu."""
    plain = distribution.removesuffix("-cpu").removesuffix("-gpu")
    builds = dict.fromkeys((distribution, plain, f"{plain}-cpu", f"{plain}-gpu"))
    return next((version for name in builds if (version := _version(name)) is not None), None)


@functools.lru_cache(maxsize=256)
def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
