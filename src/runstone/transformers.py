"""Log, save and load Transformers' pipelines. By MLflow's names; the work is in
:mod:`runstone.models.flavors.transformers`
and :mod:`runstone.autolog.transformers`."""

from ._lazy import lazy

_NAMES = ("FLAVOR_NAME", "get_default_conda_env", "get_default_pip_requirements", "load_model", "log_model", "save_model")
__getattr__, __dir__ = lazy(
    __name__,
    {
        **{name: f"runstone.models.flavors.transformers:{name}" for name in _NAMES},
        "autolog": "runstone.autolog.transformers:autolog",
    },
)
