"""Load any model as a function of data. The names are MLflow's; the work is in :mod:`runstone.models.pyfunc`."""

from ._lazy import lazy

_NAMES = ("FLAVOR_NAME", "PyFuncModel", "load_model")
__getattr__, __dir__ = lazy(__name__, {name: f"runstone.models.pyfunc:{name}" for name in _NAMES})
