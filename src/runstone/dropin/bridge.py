"""Makes a module called ``mlflow`` hand everything on to ``runstone``."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import runstone
from runstone.version import __version__

SHIM = Path(__file__).with_name("shim")
#: Set by ``runstone drop-in --shadow``: stand in for mlflow even where it is installed.
SHADOW = "RUNSTONE_DROP_IN_SHADOW"
#: What scripts see as ``mlflow.__version__``: the version whose names and formats ours are.
MLFLOW_VERSION = "3.17.2"
#: Modules of mlflow whose place is not the same name in runstone.
ALIASES = {
    "mlflow.types": "runstone.models.types",
    "mlflow.types.schema": "runstone.models.types",
    "mlflow.models.model": "runstone.models",
    "mlflow.version": "runstone.dropin.version",
    "mlflow.config": "runstone.dropin.config",
    "mlflow.models.evaluation": "runstone.evaluation",
    "mlflow.models.evaluation.base": "runstone.evaluation",
    "mlflow.pyfunc.model": "runstone.pyfunc",
    "mlflow.system_metrics": "runstone.dropin.config",
    "mlflow.utils": "runstone.dropin.utils",
    "mlflow.utils.environment": "runstone.dropin.utils.environment",
    "mlflow.utils.logging_utils": "runstone.dropin.utils.logging_utils",
    "mlflow.utils.mlflow_tags": "runstone.dropin.utils.mlflow_tags",
    "mlflow.utils.time": "runstone.dropin.utils.time",
    "mlflow.tracking.client": "runstone.tracking",
    "mlflow.store.entities": "runstone.entities",
    "mlflow.store.entities.paged_list": "runstone.entities",
}
#: Modules of ``mlflow.entities`` that hold one class each; ours are all in one place.
ENTITIES = (
    "dataset", "dataset_input", "experiment", "experiment_tag", "file_info", "input_tag", "lifecycle_stage",
    "logged_model", "logged_model_input", "logged_model_output", "logged_model_status", "logged_model_tag", "metric", "param",
    "run", "run_data", "run_info", "run_inputs",
    "run_outputs", "run_status", "run_tag", "source_type", "view_type",
)  # fmt: skip
ALIASES |= {f"mlflow.entities.{name}": "runstone.entities" for name in ENTITIES}
#: The same of ``mlflow.entities.model_registry``.
REGISTRY = (
    "model_version", "model_version_stages", "model_version_status", "model_version_tag", "registered_model",
    "registered_model_alias", "registered_model_tag",
)  # fmt: skip
ALIASES |= {f"mlflow.entities.model_registry.{name}": "runstone.entities.model_registry" for name in REGISTRY}


def dress(module: ModuleType) -> None:
    """Turn ``module``, being imported as ``mlflow``, into a face of ``runstone``.

    Raises:
        ImportError: the real mlflow is installed here too, and nobody said ``--shadow``.
    """
    behind = real_mlflow(sys.path)
    if behind and not os.environ.get(SHADOW):
        raise ImportError(
            f"A real mlflow is installed here ({behind}), and `runstone drop-in` does not hide it unasked. "
            "Run the script without drop-in to use it, or with `runstone drop-in --shadow` to use Runstone.",
            name="mlflow",
        )

    def load(name: str) -> Any:
        value = _attribute(name)
        setattr(module, name, value)  # the next look-up is an ordinary one
        return value

    vars(module).update(
        __version__=MLFLOW_VERSION,
        __runstone_version__=__version__,
        __doc__=runstone.__doc__,
        __getattr__=load,
        __dir__=lambda: sorted({*vars(module), *dir(runstone)}),
    )
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())


def real_mlflow(path: Sequence[str]) -> str | None:
    """Where a regular package ``mlflow`` other than the shim lies on ``path``; None if nowhere."""
    others = [entry for entry in path if Path(entry or ".").resolve() != SHIM.resolve()]
    spec = PathFinder.find_spec("mlflow", others)
    return spec.origin if spec is not None else None


class Finder(MetaPathFinder):
    """Finds ``mlflow.X`` where ``runstone.X`` is."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Raises ModuleNotFoundError, in words, for a module that runstone does not have."""
        if not fullname.startswith("mlflow."):
            return None
        place = ALIASES.get(fullname, "runstone" + fullname.removeprefix("mlflow"))
        if not _exists(place):
            # The name is not the one asked for: "from mlflow import x" would swallow the sentence otherwise.
            raise ModuleNotFoundError(_missing(fullname), name=place)
        return ModuleSpec(fullname, Passing(place, below=any(one.startswith(f"{fullname}.") for one in ALIASES)), origin=place)


class Passing(Loader):
    """Loads a module by importing another one, which then is both. ``below``: a package in mlflow, with modules in it."""

    def __init__(self, place: str, below: bool) -> None:
        self.place, self.below = place, below
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self.place)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec  # the import system has just put its own there
        if self.below and not hasattr(module, "__path__"):
            module.__path__ = []  # else what is below it would not be looked for


def _attribute(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module 'mlflow' has no attribute {name!r}")
    alias = ALIASES.get(f"mlflow.{name}")
    if alias is None and hasattr(runstone, name):
        return getattr(runstone, name)
    place = alias or f"runstone.{name}"
    if _exists(place):
        return importlib.import_module(place)
    raise AttributeError(_missing(f"mlflow.{name}"))


def _exists(place: str) -> bool:
    try:
        return importlib.util.find_spec(place) is not None
    except ModuleNotFoundError:
        return False


def _missing(name: str) -> str:
    return (
        f"{name} is not part of Runstone {__version__}, which `runstone drop-in` puts in mlflow's place. "
        "A script that needs it runs with the real mlflow only."
    )
