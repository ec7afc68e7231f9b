"""How a server loads its model: with no more than requests need, and once for all its processes.

Most of the time until a scikit-learn model answers goes into importing scikit-learn, and a quarter of that into pandas, which
scikit-learn imports only to know whether it is there; where rich is installed, that comes for bars that show how a fit goes on.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import sys

from runstone.models.locate import local_folder
from runstone.models.manifest import Model
from runstone.models.pyfunc import FLAVOR_NAME, PyFuncModel, load_folder

_SKLEARN = ("mlflow.sklearn", "runstone.sklearn")
#: Imports scikit-learn's base, SciPy's linear algebra, and pandas if that is there.
_BASE = "sklearn.utils.fixes"
#: Imports rich if that is there, in versions that have it; most kinds of models import it.
_BARS = "sklearn.callback"


def load(uri: str, alone: bool = False) -> PyFuncModel:
    """Load a model that is to be served.

    Args:
        uri: any model URI.
        alone: no other thread imports anything meanwhile. Then pandas is left out until something else asks for it, if the
            model is scikit-learn's and takes arrays.

    Raises: as :func:`runstone.models.pyfunc.load_model`.
    """
    folder = local_folder(uri)
    if alone:
        _begin(Model.load(folder))
    return load_folder(folder, uri)


def load_to_share(uri: str) -> PyFuncModel | None:
    """Load a model in a process that will be forked, where the model allows that.

    Only scikit-learn's, and only if loading it began no threads: a fork has none of them, and runtimes that count on theirs
    (OpenMP's, TensorFlow's …) wait for ever. Where some were begun, :mod:`multiprocessing` is told to start afresh.

    Args:
        uri: any model URI.

    Returns:
        None: each process has to load the model for itself.

    Raises: as :func:`load`.
    """
    folder = local_folder(uri)
    meta = Model.load(folder)
    if not _is_sklearn(meta) or _threads() == 0 or multiprocessing.get_start_method() != "fork":
        return None
    _begin(meta)
    before = _threads()  # those of the linear algebra are there; it ends them before a fork, and begins them again
    model = load_folder(folder, uri)
    if _threads() != before:
        multiprocessing.set_start_method("spawn", force=True)
        return None
    return model


def _begin(meta: Model) -> None:
    """Import what most scikit-learn models need."""
    if not _is_sklearn(meta):
        return
    schema = meta.get_input_schema()
    only_arrays = schema is not None and schema.is_tensor_spec()
    _import(_BASE, *["pandas"] * only_arrays)
    _import(_BARS, "rich")


def _import(module: str, *without: str) -> None:
    """Import a module if it is there, as if others were not installed; those that are loaded already it gets."""
    hidden = [name for name in without if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    finally:
        for name in hidden:
            del sys.modules[name]


def _is_sklearn(meta: Model) -> bool:
    return (meta.flavors.get(FLAVOR_NAME) or {}).get("loader_module") in _SKLEARN


def _threads() -> int:
    """Threads of this process, those that Python does not know of too; 0 where nothing tells."""
    with contextlib.suppress(OSError):
        return len(os.listdir("/proc/self/task"))
    return 0
