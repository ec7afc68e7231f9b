"""CatBoost models: ``runstone.catboost``. The file is CatBoost's own and runs no code when loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import catboost

from runstone.errors import InvalidValue
from runstone.models.environment import conda_from, pinned
from runstone.models.manifest import Model

from . import saving
from .saving import Function, Given, Written

FLAVOR_NAME = "catboost"
FILE = "model.cb"
KINDS = ("CatBoost", "CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker")


def save_model(
    cb_model: Any,
    path: str | os.PathLike[str],
    conda_env: saving.Environment = None,
    code_paths: saving.Paths | None = None,
    mlflow_model: Model | None = None,
    signature: saving.Signature = None,
    input_example: Any = None,
    pip_requirements: saving.Requirements | None = None,
    extra_pip_requirements: saving.Requirements | None = None,
    metadata: dict[str, Any] | None = None,
    extra_files: saving.Paths | None = None,
    **kwargs: Any,
) -> None:
    """Save a CatBoost model to a folder.

    Args:
        cb_model: what was trained.
        kwargs: for CatBoost's ``save_model``, such as ``format="json"``.
        path, conda_env … extra_files: as for :func:`runstone.sklearn.save_model`.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: no model of CatBoost's, or an argument that cannot be used.
    """
    kind = next((one.__name__ for one in type(cb_model).__mro__ if one.__name__ in KINDS), None)
    if kind is None:
        raise InvalidValue(f"cb_model is one of {', '.join(KINDS)}; it got {type(cb_model).__name__}.")

    def write(folder: Path) -> Written:
        cb_model.save_model(str(folder / FILE), **kwargs)
        settings = {
            "catboost_version": catboost.__version__,
            "model_type": kind,
            "save_format": kwargs.get("format", "cbm"),
            "data": FILE,
        }
        return Written(settings, {"data": FILE}, ["catboost", "numpy", "pandas"], [cb_model])

    given = Given(
        conda_env, code_paths, mlflow_model, signature, input_example, pip_requirements, extra_pip_requirements, metadata,
        extra_files,
    )  # fmt: skip
    saving.save(FLAVOR_NAME, path, given, write, lambda data, _params: cb_model.predict(data))


log_model = saving.logs(
    save_model,
    "cb_model artifact_path conda_env code_paths registered_model_name signature input_example await_registration_for "
    "pip_requirements extra_pip_requirements metadata extra_files name params tags model_type step model_id",
)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | os.PathLike[str] | None = None) -> Any:
    """Load a CatBoost model, as the object that was saved.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``; written by Runstone or by MLflow.
        dst_path: a folder that exists, to copy the model to first.

    Raises:
        NotFound, InvalidValue: there is no model, or none of CatBoost's.
    """
    with saving.opened(FLAVOR_NAME, model_uri, dst_path) as (folder, settings):
        return _load(folder, settings)


def get_default_pip_requirements() -> list[str]:
    """The requirements that every model has."""
    return pinned(["catboost"])


get_default_conda_env = conda_from(get_default_pip_requirements)


def _load(folder: Path, settings: Mapping[str, Any]) -> Any:
    kind = settings.get("model_type", "CatBoost")
    if kind not in KINDS:
        raise InvalidValue(f"The manifest in {folder} names the model type {kind!r}; there are {', '.join(KINDS)}.")
    model = getattr(catboost, kind)()
    model.load_model(str(saving.inside(folder, settings.get("data", FILE)).absolute()), settings.get("save_format", "cbm"))
    return model


def _load_pyfunc(path: str) -> Function:
    model = _load(*saving.found(FLAVOR_NAME, path))
    return Function(model, lambda data, _params: model.predict(data))
