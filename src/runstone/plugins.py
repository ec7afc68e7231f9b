"""What other packages bring by entry points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runstone._lazy import later

if TYPE_CHECKING:
    from importlib import metadata
else:
    metadata = later("importlib.metadata")  # most commands ask for no plug-in

#: A flavor: its name, and a module with ``_load_pyfunc(path)``, ``save_model``, ``load_model`` …
FLAVORS = "runstone.flavors"


def flavor(name: str) -> Any:
    """The module of a third party's flavor, by the name of its entry point; ``None`` where there is none."""
    found = metadata.entry_points(group=FLAVORS, name=name)
    return next(iter(found)).load() if found else None


#: A back end for projects, as MLflow's plug-ins bring it: a function that gives an object with ``run``.
BACKENDS = "mlflow.project_backend"


def backend(name: str) -> Any:
    """The back end of a third party, by the name of its entry point; ``None`` where there is none."""
    found = metadata.entry_points(group=BACKENDS, name=name)
    return next(iter(found)).load()() if found else None
