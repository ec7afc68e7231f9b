"""Log, save and load Sentence Transformers. By MLflow's names; the work is in
:mod:`runstone.models.flavors.sentence_transformers`."""

from ._lazy import lazy

_NAMES = ("FLAVOR_NAME", "get_default_conda_env", "get_default_pip_requirements", "load_model", "log_model", "save_model")
__getattr__, __dir__ = lazy(__name__, {**{name: f"runstone.models.flavors.sentence_transformers:{name}" for name in _NAMES}})
