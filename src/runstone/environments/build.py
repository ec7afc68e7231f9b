"""Make an environment, or find the one that was made from the same content.

Environments lie in ``RUNSTONE_ENV_DIR`` (default: ``runstone/environments`` in the user's cache), each in a folder named by the
digest of its content. Who builds holds a lock; others wait for it and find the environment ready.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from runstone import settings
from runstone.errors import ExecutionException, InvalidValue, NotSupported

from .wants import Wants

LOCAL, UV, VIRTUALENV, CONDA = "local", "uv", "virtualenv", "conda"
MANAGERS = (LOCAL, UV, VIRTUALENV, CONDA)
#: Written last: what has it is whole.
_MARK = "runstone-environment.json"
#: Nobody is there to answer mamba's question; not every conda and mamba takes --yes for this, and not every one reads "1".
_ALWAYS_YES = {"CONDA_ALWAYS_YES": "true", "MAMBA_ALWAYS_YES": "true"}
#: Lines of a failed build that are shown.
_LAST_WORDS = 12

Tell = Callable[[str], None]


class Environment(Struct, frozen=True):
    """``python`` is its interpreter, ``folder`` where it lies (``None`` for the one that is running)."""

    manager: str
    python: Path
    folder: Path | None = None

    def variables(self, base: dict[str, str]) -> dict[str, str]:
        """``base`` changed so that its programs are found first."""
        rest = base.get("PATH", os.defpath)
        changed = {**base, "PATH": os.pathsep.join([str(self.python.parent), rest])}
        if self.folder is not None:
            for name in ("VIRTUAL_ENV", "PYTHONHOME"):
                changed.pop(name, None)
            changed["CONDA_PREFIX" if self.manager == CONDA else "VIRTUAL_ENV"] = str(self.folder)
        return changed


def ready(wants: Wants, manager: str, tell: Tell = lambda line: None) -> Environment:
    """The environment that has what is wanted.

    Args:
        manager: one of :data:`MANAGERS`; ``local`` is the environment of this process, whatever is wanted.
        tell: gets the lines that a build prints, as they come.

    Raises:
        InvalidValue: no such manager.
        NotSupported: the manager, or the Python version, is not installed.
        ExecutionException: it could not be built; the last words of the resolver are in the message.
    """
    if manager not in MANAGERS:
        raise InvalidValue(f"{manager!r} is no environment manager. What works: {', '.join(MANAGERS)}.")
    if manager == LOCAL:
        return Environment(LOCAL, Path(sys.executable))
    folder = root() / wants.key(manager)
    if not (folder / _MARK).is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder.with_name(folder.name + ".lock"), tell):
            if not (folder / _MARK).is_file():
                shutil.rmtree(folder, ignore_errors=True)  # what somebody who was killed left
                _BUILD[manager](wants, folder, tell)
                made = {"manager": manager, "python": wants.python, "lines": wants.lines, "constraints": wants.constraints}
                (folder / _MARK).write_text(json.dumps(made, indent=1), "utf-8")
    with contextlib.suppress(OSError):
        os.utime(folder / _MARK)  # when it was last used
    return Environment(manager, folder / "bin" / "python", folder)


def kept(python: Path) -> Environment | None:
    """The environment of this interpreter, if it is one that was made here and is still there."""
    folder = python.parent.parent
    mark = folder / _MARK
    if folder.parent != root() or not mark.is_file():
        return None
    return Environment(str(json.loads(mark.read_text("utf-8")).get("manager", UV)), python, folder)


def root() -> Path:
    """Where environments are kept."""
    chosen = settings.ENV_DIR.get()
    if chosen:
        return Path(chosen).absolute()
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(cache, "runstone", "environments")


def find_uv() -> str | None:
    """The program ``uv``: beside this Python, or on the PATH."""
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.is_file() else shutil.which("uv")


def find_conda() -> str | None:
    """conda, or a program that takes its words."""
    names = (os.environ.get("CONDA_EXE", ""), "micromamba", "mamba", "conda")
    return next((found for name in names if name and (found := shutil.which(name))), None)


@contextlib.contextmanager
def _alone(lock: Path, tell: Tell) -> Iterator[None]:
    with open(lock, "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            tell("another process is making this environment; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _with_uv(wants: Wants, folder: Path, tell: Tell) -> None:
    uv = find_uv()
    if uv is None:
        raise NotSupported(
            "--env-manager uv needs uv, which is not installed. Try: pip install uv; or --env-manager virtualenv."
        )
    _run([uv, "venv", "--quiet", "--python", _interpreter(wants.python, uv), str(folder)], folder, "make", tell)
    if wants.lines:
        with _files(wants) as files:
            command = [uv, "pip", "install", "--python", str(folder / "bin" / "python"), *files]
            _run(command, folder, "fill", tell)


def _with_virtualenv(wants: Wants, folder: Path, tell: Tell) -> None:
    _run([_interpreter(wants.python, find_uv()), "-m", "venv", str(folder)], folder, "make", tell)
    if wants.lines:
        with _files(wants) as files:
            command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", *files]
            _run(command, folder, "fill", tell)


def _with_conda(wants: Wants, folder: Path, tell: Tell) -> None:
    conda = find_conda()
    if conda is None:
        raise NotSupported("--env-manager conda needs conda, which is not installed here. --env-manager uv works without it.")
    if wants.conda is None:
        raise InvalidValue("--env-manager conda needs a conda.yaml; this asks for Python packages only. Use --env-manager uv.")
    create = ["create", "--yes"] if Path(conda).name == "micromamba" else ["env", "create", "--quiet"]
    _run([conda, *create, "--prefix", str(folder), "--file", str(wants.conda)], folder, "make", tell)


_BUILD = {UV: _with_uv, VIRTUALENV: _with_virtualenv, CONDA: _with_conda}


def _interpreter(version: str, uv: str | None) -> str:
    """A Python of this version, the running one if it is of it. Raises NotSupported, naming those that are there."""
    here = ".".join(map(str, sys.version_info[:3]))
    if not version or here == version or here.startswith(version + "."):
        return sys.executable
    minor = ".".join(version.split(".")[:2])
    found = _found(minor, uv)
    if found and uv is not None and version != minor:
        found = _found(version, uv) or found
    if found:
        return found
    if here.startswith(minor + "."):
        return sys.executable  # another patch release of the same Python
    raise NotSupported(
        f"Python {version} is wanted, and is not installed here; this is {here}{_others(uv)}. "
        "Install it, or run with --env-manager local."
    )


def _found(version: str, uv: str | None) -> str | None:
    """An interpreter of this version, as uv or the PATH knows it."""
    if uv is None:
        return shutil.which(f"python{version}")
    asked = [uv, "python", "find", "--no-python-downloads", version]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or None


def _others(uv: str | None) -> str:
    """The Pythons that are here, by the names of their files: uv would start each of them, which takes seconds."""
    folders = [Path(one) for one in os.environ.get("PATH", os.defpath).split(os.pathsep) if one]
    found = {
        match for folder in folders for match in _names(folder, r"python(3\.\d+)") if _is_program(folder / f"python{match}")
    }
    if uv is not None:
        kept = subprocess.run([uv, "python", "dir"], capture_output=True, text=True, check=False).stdout.strip()
        found |= set(_names(Path(kept), r"cpython-(3\.\d+)\.\d+-.*")) if kept else set()
    there = sorted(found, key=lambda version: int(version.partition(".")[2]))
    return f" (there are: {', '.join(there)})" if there else ""


def _names(folder: Path, pattern: str) -> list[str]:
    """What the pattern's group is, in the names of a folder that match it."""
    try:
        return [match[1] for name in os.listdir(folder) if (match := re.fullmatch(pattern, name))]
    except OSError:
        return []


def _is_program(path: Path) -> bool:
    """Whether it is no script: one that is called like a Python chooses among those that are there, or says that none is."""
    try:
        with open(path, "rb") as file:
            return file.read(2) != b"#!"
    except OSError:
        return False


@contextlib.contextmanager
def _files(wants: Wants) -> Iterator[list[str]]:
    """Options naming temporary files that hold the lines."""
    with tempfile.TemporaryDirectory(prefix="runstone-environment-") as folder:
        options = []
        for option, name, lines in (("-r", "requirements.txt", wants.lines), ("-c", "constraints.txt", wants.constraints)):
            if lines:
                file = Path(folder, name)
                file.write_text("\n".join(lines) + "\n", "utf-8")
                options += [option, str(file)]
        yield options


def _run(command: Sequence[str], folder: Path, what: str, tell: Tell) -> None:
    last: deque[str] = deque(maxlen=_LAST_WORDS)
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    try:
        process = subprocess.Popen(
            command,
            env=env | _ALWAYS_YES,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as cause:
        raise ExecutionException(f"The environment could not be made: {command[0]}: {cause.strerror}") from cause
    with process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.strip():
                    last.append(line.rstrip())
                    tell(line.rstrip())
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        words = "\n  ".join(last)
        program = command[2] if command[1] == "-m" else Path(command[0]).name
        raise ExecutionException(
            f"The environment could not be {'made' if what == 'make' else 'filled'}; {program} says:\n  {words}"
        )
