"""Log, save and load Keras models. The names are MLflow's; the work is in :mod:`runstone.models.flavors.keras` and
:mod:`runstone.autolog.keras`."""

from ._lazy import lazy

_NAMES = ("FLAVOR_NAME", "get_default_conda_env", "get_default_pip_requirements", "load_model", "log_model", "save_model")
__getattr__, __dir__ = lazy(
    __name__,
    {
        **{name: f"runstone.models.flavors.keras:{name}" for name in _NAMES},
        **{name: "runstone.autolog.keras:MlflowCallback" for name in ("MLflowCallback", "MlflowCallback")},
        "autolog": "runstone.autolog.keras:autolog",
    },
)
