"""Who started what, and where its code is: facts about a process that cost nothing to know."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import pwd
import shlex
import shutil
import sys

from runstone import settings
from runstone.errors import InvalidValue

from .checks import texts


def start_tags() -> dict[str, str]:
    """MLflow's tags that a new run begins with: ``mlflow.user``, ``mlflow.source.name``, ``mlflow.source.type``, and those of
    ``RUNSTONE_RUN_CONTEXT`` (a JSON object).

    Raises: InvalidValue when that variable is no JSON object.
    """
    tags = {
        "mlflow.user": user(),
        "mlflow.source.name": entry(),
        "mlflow.source.type": "NOTEBOOK" if in_notebook() else "LOCAL",
    }
    if text := settings.RUN_CONTEXT.get():
        try:
            given = json.loads(text)
        except ValueError as cause:
            works = 'A JSON object of tags works, such as {"team": "vision"}.'
            raise InvalidValue(f"{settings.RUN_CONTEXT.name}={text!r} is not JSON: {cause}. {works}") from cause
        tags |= texts(given, "tag")
    return tags


def user() -> str:
    """The login name; the number of a user without one."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        if found := os.environ.get(name):
            return found
    return _login(os.getuid())


@functools.cache
def _login(number: int) -> str:
    with contextlib.suppress(KeyError, OSError):
        return pwd.getpwuid(number).pw_name
    return str(number)


def command() -> str:
    """What to type for our own command: its name where the PATH leads to it, else where it lies, from here if it lies below."""
    if shutil.which("runstone"):
        return "runstone"
    beside = os.path.join(os.path.dirname(sys.executable or ""), "runstone")
    if not os.path.exists(beside):
        return f"{shlex.quote(sys.executable or 'python')} -m runstone"
    return shlex.quote(os.path.relpath(beside) if os.path.commonpath([beside, os.getcwd()]) == os.getcwd() else beside)


def entry() -> str:
    """What was started: the notebook, the script or module file as given on the command line, or the interpreter."""
    return (
        notebook_name() or (sys.argv[0] if getattr(sys, "argv", None) else "") or os.path.basename(sys.executable or "python")
    )


def in_notebook() -> bool:
    """Whether this is a Jupyter kernel (or what acts like one), not a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and type(shell).__name__ != "TerminalInteractiveShell"


def notebook_name() -> str:
    """The notebook's file name, ``""`` where nobody tells."""
    if not in_notebook():
        return ""
    told = os.environ.get("JPY_SESSION_NAME") or getattr(sys.modules.get("__main__"), "__vsc_ipynb_file__", "")
    return os.path.basename(str(told))


def code_folder() -> str:
    """Where to ask git: the script's folder, else the working one."""
    given = sys.argv[0] if getattr(sys, "argv", None) else ""
    if given and not in_notebook() and os.path.isfile(given):
        return os.path.dirname(os.path.abspath(given))
    return os.getcwd()
