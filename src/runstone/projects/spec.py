"""What a project can run: ``MLproject``, read and checked.

The file is YAML in MLflow's format: ``name``, one of ``python_env``, ``conda_env``, ``docker_env``, and ``entry_points`` with
``parameters`` and ``command``. A folder without one is a project too: its ``.py`` and ``.sh`` files are its entry points.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml
from msgspec import Struct

from runstone._lazy import later
from runstone.client.notices import warn_once
from runstone.errors import ExecutionException, InvalidValue, MissingConfigException, NotFound, NotSupported

if TYPE_CHECKING:
    import difflib
else:
    difflib = later("difflib")  # only for a file with a mistake

FILE = "MLproject"
#: Kinds of environment, each a key of the file.
PYTHON, CONDA, DOCKER = "python_env", "conda_env", "docker_env"
#: All keys of the file.
_KEYS = {"name", "entry_points", PYTHON, CONDA, DOCKER, "databricks_spark_job"}
#: Files that say what is needed where the project names none, in the order they are looked for.
DEFAULTS = ((PYTHON, "python_env.yaml"), (CONDA, "conda.yaml"))

_SCRIPTS = {".py": "python", ".sh": "bash"}


class Parameter(Struct, frozen=True):
    """``type`` is ``string``, ``float``, ``int``, ``path`` or ``uri``; any other word is read as ``string``, as MLflow does.
    ``default`` ``None`` means that a value must be given."""

    name: str
    type: str = "string"
    default: str | None = None

    def check(self, value: str) -> str:
        """``value``, as this parameter takes it. Raises InvalidValue."""
        if self.type in ("float", "int"):
            try:
                number = float(value) if self.type == "float" else int(value)
                if not math.isnan(number):
                    return value
            except ValueError:
                pass
            kind = "a whole number (int)" if self.type == "int" else "a number (float)"
            raise InvalidValue(f"Parameter {self.name!r} takes {kind}; {value!r} is none.")
        if self.type == "uri" and not urlsplit(value).scheme:
            raise InvalidValue(f"Parameter {self.name!r} is a URI, such as 's3://bucket/data.csv'; {value!r} has no scheme.")
        if "\0" in value:
            raise InvalidValue(f"Parameter {self.name!r} has a NUL character in its value {value!r}; no command can take that.")
        return value


class EntryPoint(Struct, frozen=True):
    name: str
    command: str
    parameters: dict[str, Parameter]

    def values(self, given: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
        """Values of this entry point's parameters, defaults filled in, and those given beside them (passed on as options).

        Raises: InvalidValue, naming what is missing or cannot be read, and what there is.
        """
        texts = {str(key): _text(value) for key, value in given.items()}
        missing = [name for name, one in self.parameters.items() if name not in texts and one.default is None]
        if missing:
            raise InvalidValue(
                f"Entry point {self.name!r} needs a value for {', '.join(map(repr, missing))}. Give it with "
                f"-P {missing[0]}=VALUE. Its parameters: {self.described}."
            )
        own = {name: one.check(texts.get(name, one.default or "")) for name, one in self.parameters.items()}
        return own, {key: value for key, value in texts.items() if key not in own}

    @property
    def described(self) -> str:
        """Its parameters, as a person reads them: ``alpha (float, 0.5 if not given), data (path)``."""
        shown = [
            f"{p.name} ({p.type}{'' if p.default is None else f', {p.default or repr(p.default)} if not given'})"
            for p in self.parameters.values()
        ]
        return ", ".join(shown) or "none"


class Project(Struct, frozen=True):
    """``environment`` is the kind (:data:`PYTHON`, :data:`CONDA`, :data:`DOCKER`) and the file that describes it, absolute;
    ``None`` for a project that asks for nothing. ``docker`` is the ``docker_env`` entry as it stands."""

    folder: Path
    name: str
    entry_points: dict[str, EntryPoint]
    environment: tuple[str, Path | None] | None = None
    docker: dict[str, Any] = {}

    def entry_point(self, name: str) -> EntryPoint:
        """The entry point of this name, or the script of this name in the project's folder.

        Raises: NotFound, listing what there is; InvalidValue for a script outside the project.
        """
        found = self.entry_points.get(name)
        if found is not None:
            return found
        program = _SCRIPTS.get(os.path.splitext(name)[1])
        if program is not None:
            script = inside(self.folder, name, "entry point")
            if script.is_file():
                return EntryPoint(name, f"{program} {_quoted_path(name)}", {})
        there = ", ".join(map(repr, self.entry_points)) or "none"
        scripts = sorted(one.name for one in self.folder.iterdir() if one.suffix in _SCRIPTS and one.is_file())
        more = f"; scripts there: {', '.join(scripts[:8])}" if scripts else ""
        raise NotFound(f"Could not find {name!r} among the entry points of {self.folder}: {there}{more}.")


def load(folder: Path) -> Project:
    """The project in a folder.

    Raises: InvalidValue (the file cannot be read, or says what makes no sense), MissingConfigException (a file that it names is
        not there), NotSupported (Databricks' own fields).
    """
    file = next((one for one in sorted(folder.iterdir()) if one.name.lower() == FILE.lower() and one.is_file()), None)
    if file is None:
        return Project(folder, folder.name, {}, _default_environment(folder))
    content = _read(file)
    if "databricks_spark_job" in content:
        raise NotSupported(f"{file} is for a Spark job on Databricks, which cannot be run here.")
    for key in sorted(set(map(str, content)) - _KEYS):
        near = next(iter(difflib.get_close_matches(key, sorted(_KEYS), 1)), "")
        warn_once(f"{file} {key}", f"{file} has {key!r}, which means nothing{f'; {near!r} does' if near else ''}")
    kinds = [kind for kind in (PYTHON, CONDA, DOCKER) if content.get(kind) is not None]
    if len(kinds) > 1:
        raise InvalidValue(f"Project cannot contain multiple environment fields: {file} has {', '.join(kinds)}. Keep one.")
    points = _mapping(file, "entry_points", content.get("entry_points") or {})
    entry_points = {str(name): _entry_point(file, str(name), spec) for name, spec in points.items()}
    name = str(content.get("name") or folder.name)
    if kinds == [DOCKER]:
        return Project(folder, name, entry_points, (DOCKER, None), _docker(file, content[DOCKER]))
    if kinds:
        named = str(content[kinds[0]])
        environment = inside(folder, named, kinds[0])
        if not environment.is_file():
            raise MissingConfigException(f"{file} says {kinds[0]}: {named}, but there is no such file in {folder}.")
        return Project(folder, name, entry_points, (kinds[0], environment))
    return Project(folder, name, entry_points, _default_environment(folder))


def inside(folder: Path, path: str, what: str) -> Path:
    """``path`` below ``folder``, links followed. Raises InvalidValue where it leads out."""
    found = (folder / path).resolve()
    if not found.is_relative_to(folder.resolve()):
        raise InvalidValue(f"The {what} {path!r} leaves the project's folder {folder}; it must lie below it.")
    return found


def _read(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as cause:
        place = getattr(cause, "problem_mark", None)
        where = f", line {place.line + 1}" if place else ""
        raise InvalidValue(f"{file}{where} is no YAML: {getattr(cause, 'problem', None) or cause}.") from cause
    return _mapping(file, "the file", {} if content is None else content)


def _default_environment(folder: Path) -> tuple[str, Path | None] | None:
    return next(((kind, folder / name) for kind, name in DEFAULTS if (folder / name).is_file()), None)


def _entry_point(file: Path, name: str, spec: Any) -> EntryPoint:
    fields = _mapping(file, f"entry point {name!r}", spec)
    command = fields.get("command")
    if not isinstance(command, str) or not command.strip():
        raise InvalidValue(
            f'{file}: entry point {name!r} has no command; say what it runs, such as command: "python train.py".'
        )
    parameters = _mapping(file, f"the parameters of {name!r}", fields.get("parameters") or {})
    return EntryPoint(name, command, {str(key): _parameter(file, str(key), one) for key, one in parameters.items()})


def _parameter(file: Path, name: str, spec: Any) -> Parameter:
    if isinstance(spec, str):
        return Parameter(name, spec)
    fields = _mapping(file, f"parameter {name!r}", {} if spec is None else spec)
    default = fields.get("default")
    found = Parameter(name, str(fields.get("type", "string")), None if default is None else _text(default))
    if found.default is not None and found.type in ("float", "int"):
        try:
            found.check(found.default)
        except InvalidValue as wrong:
            raise InvalidValue(f"{file}: the default of a parameter cannot be used. {wrong.message}") from None
    return found


def _docker(file: Path, spec: Any) -> dict[str, Any]:
    fields = _mapping(file, DOCKER, spec)
    if not fields.get("image"):
        raise ExecutionException(f"{file}: {DOCKER} has no image; say which, such as image: python:3.12.")
    volumes = fields.get("volumes") or []
    if not (isinstance(volumes, list) and all(isinstance(one, str) for one in volumes)):
        raise ExecutionException(f'{file}: volumes must be a list of texts, such as ["/data:/data"]; they are {volumes!r}.')
    variables = fields.get("environment") or []
    good = isinstance(variables, list) and all(isinstance(v, str) or (isinstance(v, list) and len(v) == 2) for v in variables)
    if not good:
        raise ExecutionException(
            f'{file}: environment must be a list of names to pass on and pairs to set, such as ["HOME", ["SEED", "1"]]; '
            f"it is {variables!r}."
        )
    return fields


def _mapping(file: Path, what: str, value: Any) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise InvalidValue(f"{file}: {what} must be a mapping of names to values; it is {value!r:.200}.")
    return value


def _text(value: Any) -> str:
    """A value as a command takes it; YAML's ``true`` is ``True``, as MLflow writes it."""
    return value if isinstance(value, str) else str(value)


def _quoted_path(path: str) -> str:
    """A script's name inside a command: braces are doubled, since commands are templates."""
    plain = path if re.fullmatch(r"[\w./-]+", path) else "'" + path.replace("'", "'\"'\"'") + "'"
    return plain.replace("{", "{{").replace("}", "}}")
