"""Log, save and load ONNX models. The names are MLflow's; the work is in :mod:`runstone.models.flavors.onnx`."""

from ._lazy import lazy

_NAMES = (
    "FLAVOR_NAME",
    "ONNX_EXECUTION_PROVIDERS",
    "get_default_conda_env",
    "get_default_pip_requirements",
    "load_model",
    "log_model",
    "save_model",
)
__getattr__, __dir__ = lazy(__name__, {**{name: f"runstone.models.flavors.onnx:{name}" for name in _NAMES}})
