"""Log, save and load PyTorch models. The names are MLflow's; the work is in :mod:`runstone.models.flavors.pytorch` and
:mod:`runstone.autolog.pytorch`."""

from ._lazy import lazy

_NAMES = ("FLAVOR_NAME", "get_default_conda_env", "get_default_pip_requirements", "load_model", "log_model", "save_model")
__getattr__, __dir__ = lazy(
    __name__,
    {**{name: f"runstone.models.flavors.pytorch:{name}" for name in _NAMES}, "autolog": "runstone.autolog.pytorch:autolog"},
)
