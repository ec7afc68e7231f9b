"""``autolog()`` for every framework that is installed, imported already or later."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

from . import importing

#: framework, as it is imported -> the module with its ``autolog``; adding one is a line here.
FRAMEWORKS = {
    "sklearn": "runstone.autolog.sklearn",
    "xgboost": "runstone.autolog.xgboost",
    "lightgbm": "runstone.autolog.lightgbm",
    "catboost": "runstone.autolog.catboost",
    "statsmodels": "runstone.autolog.statsmodels",
    "optuna": "runstone.autolog.optuna",
    "keras": "runstone.autolog.keras",
    "lightning": "runstone.autolog.pytorch",
    "pytorch_lightning": "runstone.autolog.pytorch",
    "transformers": "runstone.autolog.transformers",
    "pyspark": "runstone.autolog.spark",
}


def autolog(
    log_input_examples: bool = False,
    log_model_signatures: bool = True,
    log_models: bool = True,
    log_datasets: bool = True,
    log_traces: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    extra_tags: dict[str, str] | None = None,
    exclude_flavors: list[str] | None = None,
) -> None:
    """Log what frameworks train, from their first call on, also where they are imported after this.

    Options that a framework's own ``autolog`` was given stay. The names are MLflow's.

    Args:
        log_input_examples: keep five rows of the training data with the model.
        log_model_signatures: say what the model takes and gives.
        log_models: log trained models; without, neither of the two above.
        log_datasets: say what was trained on.
        log_traces: taken for MLflow's sake; none of these frameworks makes traces.
        disable: switch it off.
        exclusive: leave runs alone that a script began itself.
        disable_for_unsupported_versions: leave versions of a framework alone that this one was not tested with.
        silent: no warnings of autologging.
        extra_tags: tags for runs that autologging begins.
        exclude_flavors: frameworks to leave alone, such as ``["sklearn"]``.
    """
    options: dict[str, Any] = {
        "log_input_examples": log_input_examples,
        "log_model_signatures": log_model_signatures,
        "log_models": log_models,
        "log_datasets": log_datasets,
        "disable": disable,
        "exclusive": exclusive,
        "disable_for_unsupported_versions": disable_for_unsupported_versions,
        "silent": silent,
        "extra_tags": extra_tags,
    }
    for framework, place in FRAMEWORKS.items():
        flavor = place.rpartition(".")[2]
        if framework in (exclude_flavors or ()) or flavor in (exclude_flavors or ()):
            continue
        if framework in sys.modules:
            _switch(place, options)
        else:
            importing.when_loaded(framework, lambda _module, place=place: _switch(place, options))  # type: ignore[misc]
            if place not in sys.modules:
                importing.when_loaded(place, lambda module: module.switch(for_all=True, **options))


def _switch(place: str, options: dict[str, Any]) -> None:
    module: ModuleType = importlib.import_module(place)
    if hasattr(module, "switch"):  # else it is what imports the framework, and is switched on when it is loaded itself
        module.switch(for_all=True, **options)
