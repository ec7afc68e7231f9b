"""Log, save and load PyTorch models. The names are MLflow's; the work is in :mod:`runstone.models.flavors.pytorch`,
:mod:`runstone.autolog.pytorch` and :mod:`runstone.autolog.lightning_checkpoints`."""

from ._lazy import lazy

_NAMES = ("FLAVOR_NAME", "get_default_conda_env", "get_default_pip_requirements", "load_model", "log_model", "save_model")
__getattr__, __dir__ = lazy(
    __name__,
    {
        **{name: f"runstone.models.flavors.pytorch:{name}" for name in _NAMES},
        "MlflowModelCheckpointCallback": "runstone.autolog.lightning_callback:MlflowModelCheckpointCallback",
        "autolog": "runstone.autolog.pytorch:autolog",
        "load_checkpoint": "runstone.autolog.lightning_checkpoints:load_checkpoint",
    },
)
