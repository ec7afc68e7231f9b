"""What a saved model imports: it is loaded in a fresh process, and predicts its example there, while imports are watched.

Asked as a program: ``python -m runstone.models.imports FOLDER [predict]`` prints a JSON object: ``modules``, top-level ones,
and ``files``, place in a folder of code to file, of modules below the working folder that belong to no installed package.
"""

from __future__ import annotations

import builtins
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from msgspec import Struct

import runstone
from runstone.client.notices import warn_once

from . import pyfunc, python_function
from .environment import distribution_of
from .manifest import Model

#: Seconds that loading and predicting may take.
LIMIT = 300


class Answer(Struct, frozen=True):
    """``distributions`` of the modules that the model imports; ``files`` of your own that it imports, by their place below a
    folder of code; ``problem`` in words, where it could not be loaded."""

    distributions: set[str]
    problem: str = ""
    files: dict[str, str] = {}


def ask(folder: Path, predict: bool) -> Answer:
    """Load the model in a process of its own. Trouble is told in one warning: the model is worth keeping."""
    answer = found(folder, predict)
    if answer.problem:
        warn_once(
            f"imports {answer.problem}",
            f"what the model imports could not be found out in a fresh process ({answer.problem}), so its requirements may "
            "lack packages; pip_requirements=[…] names them.",
        )
    return answer


def found(folder: Path, predict: bool, limit: float = LIMIT, further: Mapping[str, str] = MappingProxyType({})) -> Answer:
    """What loading the model in a process of its own imports; ``limit`` in seconds, ``further`` is set in its environment."""
    command = [sys.executable, "-m", __name__, str(folder), *["predict"] * predict]
    environment = {
        **os.environ,
        **further,
        "RUNSTONE_ALLOW_PICKLE": "allow",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=limit, check=False, stdin=subprocess.DEVNULL
        )
        problem = "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no word"])[-1]
        told = done.stdout.strip().splitlines()
    except subprocess.TimeoutExpired:
        problem, told = f"it took more than {limit:g} s", []
    said = json.loads(told[-1]) if told and not problem else {"modules": [], "files": {}}
    return Answer({one for name in said["modules"] if (one := distribution_of(name)) is not None}, problem, said["files"])


def _watch(folder: Path, predict: bool) -> set[str]:
    """Names imported by the model's own code and by its pickle; what installed packages import themselves is theirs."""
    found: set[str] = set()
    original = builtins.__import__

    def watched(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        importer = str((globals or {}).get("__name__", ""))
        file = str((globals or {}).get("__file__", "") or "")
        # a function that was pickled whole has the name of a module that this process has not loaded
        own = importer == "__main__" or importer not in sys.modules or file.startswith(str(folder))
        if level == 0 and own and globals is sys._getframe(1).f_globals:  # compiled modules have no frame
            found.add(name.partition(".")[0])
        return original(name, globals, locals, fromlist, level)

    find = python_function._Unpickler.find_class

    def found_class(self: Any, module: str, name: str) -> Any:
        found.add(module.partition(".")[0])
        return find(self, module, name)

    inner: Any = importlib.import_module("cloudpickle.cloudpickle")  # where pickles find what imports a module for them
    subimport = inner.subimport

    def seen(name: str) -> Any:
        found.add(name.partition(".")[0])
        return subimport(name)

    inner.subimport = seen
    builtins.__import__, python_function._Unpickler.find_class = watched, found_class  # type: ignore[method-assign]
    try:
        model = pyfunc.load_model(str(folder), suppress_warnings=True)
        if predict:
            meta = Model.load(folder)
            model.predict(meta.load_input_example(folder), meta.load_input_example_params(folder))
    finally:
        inner.subimport = subimport
        builtins.__import__, python_function._Unpickler.find_class = original, find  # type: ignore[method-assign]
    return found - {"runstone", "mlflow", "cloudpickle", "__main__"}


def _files(folder: Path) -> dict[str, str]:
    """Of modules that were loaded from below the working folder: place below a folder of code to file."""
    here = Path.cwd().resolve()
    others = [folder, *(Path(place).resolve() for place in (sys.prefix, sys.base_prefix, runstone.__path__[0]))]
    found = {}
    for name, module in list(sys.modules.items()):
        file = Path(getattr(module, "__file__", None) or os.devnull).resolve()
        elsewhere = not file.is_relative_to(here) or any(file.is_relative_to(one) for one in others)
        if name == "__main__" or file.suffix != ".py" or elsewhere:
            continue
        place = name.replace(".", "/")
        found[f"{place}/__init__.py" if file.name == "__init__.py" else f"{place}.py"] = str(file)
    return found


if __name__ == "__main__":
    model = Path(sys.argv[1]).resolve()
    print(json.dumps({"modules": sorted(_watch(model, len(sys.argv) > 2)), "files": _files(model)}))
