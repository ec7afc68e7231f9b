"""Run a command with the shim in front of its ``PYTHONPATH``."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from runstone.errors import InvalidValue, NotFound, NotSupported

from .bridge import SHADOW, SHIM

#: Asked of an interpreter: which mlflow and which runstone would it import?
_QUESTION = """
import json, sys
from importlib.machinery import PathFinder
from importlib.util import find_spec
shim = sys.argv[1]
mlflow = PathFinder.find_spec("mlflow", [entry for entry in sys.path if entry not in ("", shim)])
print(json.dumps({"mlflow": mlflow.origin if mlflow else None, "runstone": find_spec("runstone") is not None}))
"""
_PYTHON = re.compile(r"(python|pypy)(\d+(\.\d+)*)?(w|t)?(\.exe)?")
#: Options of python after which an argument follows.
_WITH_ARGUMENT = {"-W", "-X", "--check-hash-based-pycs"}


def environment(base: Mapping[str, str], shadow: bool = False) -> dict[str, str]:
    """The environment of the command: ``base`` with the shim first on ``PYTHONPATH``."""
    rest = [entry for entry in base.get("PYTHONPATH", "").split(os.pathsep) if entry and entry != str(SHIM)]
    changed = {**base, "PYTHONPATH": os.pathsep.join([str(SHIM), *rest])}
    if shadow:
        changed[SHADOW] = "1"
    return changed


def check(command: Sequence[str], base: Mapping[str, str], shadow: bool = False) -> str:
    """Find the program and refuse what cannot work; its full path.

    Raises:
        InvalidValue: there is no command, or python is told to ignore ``PYTHONPATH``.
        NotFound: there is no such program.
        NotSupported: its interpreter has a real mlflow (without ``shadow``), or no runstone.
    """
    if not command:
        raise InvalidValue("There is no command to run; runstone drop-in python train.py runs a script.")
    program = shutil.which(command[0], path=base.get("PATH"))
    if program is None:
        script = " A script needs its interpreter: runstone drop-in python " + command[0] if command[0].endswith(".py") else ""
        raise NotFound(f"There is no program {command[0]!r} to run.{script}")
    interpreter = _interpreter(program)
    if interpreter is None:
        return program
    if interpreter == program and (blind := _blinding_option(command[1:])):
        raise InvalidValue(f"python {blind} ignores PYTHONPATH, through which drop-in works; leave {blind} out.")
    told = _ask(interpreter, base)
    if told.get("mlflow") and not shadow:
        raise NotSupported(
            f"A real mlflow is installed for {interpreter} ({told['mlflow']}). Run the script without drop-in to use it, "
            "or with `runstone drop-in --shadow …` to use Runstone in its place."
        )
    if told and not told.get("runstone"):
        raise NotSupported(f"{interpreter} has no runstone to put in mlflow's place. Install it there: pip install runstone")
    return program


def launch(command: Sequence[str], shadow: bool = False) -> NoReturn:
    """Become the command: its exit code and the signals sent to this process are its own.

    Raises: as :func:`check`.
    """
    program = check(command, os.environ, shadow)
    changed = environment(os.environ, shadow)
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        os.execve(program, [program, *command[1:]], changed)
    raise SystemExit(subprocess.run([program, *command[1:]], env=changed, check=False).returncode)


def _interpreter(program: str) -> str | None:
    """The Python that runs a program: itself, or the one in a console script's first line; None if it cannot be told."""
    if _PYTHON.fullmatch(Path(program).name):
        return program
    try:
        with open(program, "rb") as stream:
            line = stream.readline(512)
    except OSError:
        return None
    words = line[2:].decode("utf-8", "replace").split() if line.startswith(b"#!") else []
    if len(words) == 2 and Path(words[0]).name == "env":
        words = [shutil.which(words[1]) or words[1]]
    named = words[0] if words else ""
    return named if _PYTHON.fullmatch(Path(named).name) and Path(named).exists() else None


def _blinding_option(arguments: Sequence[str]) -> str | None:
    """The option of python that makes it ignore ``PYTHONPATH``, if one is among those before the script."""
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif not argument.startswith("-") or argument in ("-", "-c", "-m"):
            return None
        elif argument in _WITH_ARGUMENT:
            skip = True
        elif not argument.startswith("--") and set("IE") & set(argument[1:].partition("X")[0].partition("W")[0]):
            return argument
    return None


def _ask(interpreter: str, base: Mapping[str, str]) -> dict[str, str | bool | None]:
    """What the interpreter answers; nothing if it cannot be asked (the shim will speak up itself then)."""
    command = [interpreter, "-c", _QUESTION, str(SHIM)]
    try:
        answer = subprocess.run(command, env=dict(base), capture_output=True, text=True, timeout=60, check=True)
        told: dict[str, str | bool | None] = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}
    return told
