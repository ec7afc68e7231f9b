"""Log, save and load scikit-learn models. The names are MLflow's; the work is in :mod:`runstone.models.flavors.sklearn` and
:mod:`runstone.autolog.sklearn`."""

from ._lazy import lazy

_NAMES = (
    "FLAVOR_NAME", "SERIALIZATION_FORMAT_CLOUDPICKLE", "SERIALIZATION_FORMAT_PICKLE", "SERIALIZATION_FORMAT_SKOPS",
    "SUPPORTED_SERIALIZATION_FORMATS", "get_default_conda_env", "get_default_pip_requirements", "load_model", "log_model",
    "save_model",
)  # fmt: skip
__getattr__, __dir__ = lazy(
    __name__,
    {**{name: f"runstone.models.flavors.sklearn:{name}" for name in _NAMES}, "autolog": "runstone.autolog.sklearn:autolog"},
)
