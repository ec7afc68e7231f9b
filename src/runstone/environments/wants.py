"""What an environment must have, read from ``python_env.yaml``, ``conda.yaml`` or requirements."""

from __future__ import annotations

import hashlib
import platform
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from runstone.errors import InvalidValue, MissingConfigException

_CONDA_PYTHON = re.compile(r"^python\s*(?:={1,2}|<=|>=)?\s*([\d.*]*)$")
#: What conda installs beside Python that pip knows under the same name.
_BUILD = ("pip", "setuptools", "wheel")
_INCLUDES = ("-r", "--requirement", "-c", "--constraint")


class Wants(Struct, frozen=True):
    """``python`` is a version, whole or in part (``3.12``), empty for the running one. ``lines`` are requirements as pip takes
    them, without includes: those are read in; relative paths are made absolute. ``conda`` is the file that conda reads."""

    python: str = ""
    lines: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    conda: Path | None = None

    def key(self, manager: str) -> str:
        """16 hexadecimal digits: equal for equal content, whatever its files are called. Folders that are to be installed
        count by the files that describe and make them."""
        version = self.python or platform.python_version()
        parts = [manager, version, sys.platform, platform.machine(), *self.lines, "--", *self.constraints]
        if self.conda is not None:
            parts.append(self.conda.read_text("utf-8"))
        for line in self.lines:
            parts += _local_content(line)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def of_requirements(lines: Iterable[str], base: Path, python: str = "") -> Wants:
    """From lines of a requirements file; ``base`` is the folder that they count from.

    Raises: MissingConfigException (a file that is included is not there), InvalidValue (files that include each other).
    """
    found: list[str] = []
    constraints: list[str] = []
    _read(lines, base, found, constraints, ())
    return Wants(python, tuple(found), tuple(constraints))


def of_python_env(file: Path) -> Wants:
    """From MLflow's ``python_env.yaml``: ``python``, ``build_dependencies``, ``dependencies``. Raises InvalidValue."""
    content = _yaml(file)
    python = content.get("python")
    if python is not None and not isinstance(python, str):
        raise InvalidValue(f'{file}: python must be a text, such as "3.12"; YAML reads {python!r} as a number. Quote it.')
    lines = _list(file, content, "build_dependencies") + _list(file, content, "dependencies")
    return of_requirements(lines, file.parent, python or "")


def of_conda(file: Path) -> Wants:
    """From a conda environment: what conda makes itself, and what comes nearest without conda (Python and pip's part).

    Raises: InvalidValue.
    """
    content = _yaml(file)
    python, lines = "", []
    for one in content.get("dependencies") or []:
        if isinstance(one, dict) and isinstance(one.get("pip"), list):
            lines += [str(line) for line in one["pip"]]
        elif isinstance(one, str):
            version = _CONDA_PYTHON.match(one.strip())
            if version:
                python = version.group(1).rstrip(".*")
            else:
                lines.append(_as_pip(one))
        else:
            raise InvalidValue(f"{file}: dependency {one!r} is neither a text nor a list under 'pip'.")
    wants = of_requirements(lines, file.parent, python)
    return Wants(wants.python, wants.lines, wants.constraints, file)


def _as_pip(line: str) -> str:
    """conda's ``name=1.2`` in pip's words; channels and builds have none."""
    name = line.rpartition("::")[2].strip()
    found = re.match(r"^([\w.-]+)\s*=\s*([\w.*]+)(=\w+)?$", name)
    if not found:
        return name
    version = found.group(2)
    return (
        f"{found.group(1)}=={version}" if version.count(".") > 1 or version.endswith("*") else f"{found.group(1)}=={version}.*"
    )


def _read(lines: Iterable[str], base: Path, found: list[str], constraints: list[str], inside: tuple[Path, ...]) -> None:
    for raw in lines:
        line = re.split(r"(?:^|\s)#", str(raw), maxsplit=1)[0].strip()
        option, _, rest = line.partition("=" if line.startswith("--") and "=" in line.partition(" ")[0] else " ")
        if not line:
            continue
        if option in _INCLUDES:
            file = (base / rest.strip()).resolve()
            if file in inside:
                circle = " includes ".join(str(one) for one in (*inside[inside.index(file) :], file))
                raise InvalidValue(f"Requirements include each other: {circle}.")
            target = constraints if option in ("-c", "--constraint") else found
            _read(_text(file).splitlines(), file.parent, target, constraints, (*inside, file))
        else:
            found.append(_absolute(line, base))


def _absolute(line: str, base: Path) -> str:
    """A line with a path, made independent of the working folder."""
    option, _, rest = line.partition(" ") if line.startswith(("-e ", "--editable ")) else ("", "", line)
    if rest.strip().startswith((".", "~")) and "://" not in rest:
        place = (base / Path(rest.strip()).expanduser()).resolve()
        return f"{option} {place}".strip()
    return line


def _local_content(line: str) -> list[str]:
    path = Path(line.removeprefix("-e ").removeprefix("--editable ").strip())
    if not path.is_absolute() or not path.exists():
        return []
    files = [path] if path.is_file() else [path / name for name in ("pyproject.toml", "setup.py", "setup.cfg")]
    if path.is_dir() and not line.startswith("-"):  # installed as a copy: its code counts too
        files += sorted(one for one in path.rglob("*.py") if not {"node_modules", ".venv", ".git"} & set(one.parts))
    return [f"{one}:{hashlib.sha256(one.read_bytes()).hexdigest()}" for one in files if one.is_file()]


def _list(file: Path, content: dict[str, Any], key: str) -> list[str]:
    value = content.get(key) or []
    if not isinstance(value, list):
        raise InvalidValue(f"{file}: {key} must be a list of requirements; it is {value!r}.")
    return [str(one) for one in value]


def _yaml(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(_text(file))
    except (yaml.YAMLError, RecursionError) as cause:
        raise InvalidValue(f"{file} is no YAML: {cause}") from cause
    if not isinstance(content, dict):
        raise InvalidValue(f"{file} must be a mapping, with 'dependencies' in it; it is {content!r:.100}.")
    return content


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise MissingConfigException(f"The file of requirements {file} cannot be read: {cause}") from cause
