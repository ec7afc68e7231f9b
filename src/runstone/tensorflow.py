"""Log, save and load TensorFlow's models. The names are MLflow's; the work is in :mod:`runstone.models.flavors.tensorflow`,
:mod:`runstone.autolog.tensorflow` and :mod:`runstone.autolog.keras_checkpoints`."""

from ._lazy import lazy

_NAMES = ("FLAVOR_NAME", "get_default_conda_env", "get_default_pip_requirements", "load_model", "log_model", "save_model")
__getattr__, __dir__ = lazy(
    __name__,
    {
        **{name: f"runstone.models.flavors.tensorflow:{name}" for name in _NAMES},
        **{name: "runstone.autolog.tensorflow:MlflowCallback" for name in ("MLflowCallback", "MlflowCallback")},
        **{name: f"runstone.autolog.keras_checkpoints:{name}" for name in ("MlflowModelCheckpointCallback", "load_checkpoint")},
        "autolog": "runstone.autolog.tensorflow:autolog",
    },
)
