"""XGBoost models: ``runstone.xgboost``. The file is XGBoost's own (UBJSON, JSON) and runs no code when loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xgboost

from runstone.errors import InvalidValue
from runstone.models.environment import conda_from, pinned
from runstone.models.manifest import Model

from . import saving
from .saving import Function, Given, Written

FLAVOR_NAME = "xgboost"
FORMATS = ("ubj", "json", "xgb", "deprecated")


def save_model(
    xgb_model: Any,
    path: str | os.PathLike[str],
    conda_env: saving.Environment = None,
    code_paths: saving.Paths | None = None,
    mlflow_model: Model | None = None,
    signature: saving.Signature = None,
    input_example: Any = None,
    pip_requirements: saving.Requirements | None = None,
    extra_pip_requirements: saving.Requirements | None = None,
    model_format: str = "ubj",
    metadata: dict[str, Any] | None = None,
    extra_files: saving.Paths | None = None,
    **kwargs: Any,
) -> None:
    """Save a ``Booster`` or a model of ``xgboost.sklearn`` to a folder.

    Args:
        xgb_model: what was trained.
        model_format: the file's format: ``ubj``, ``json`` or ``xgb``.
        kwargs: for XGBoost's ``save_model``.
        path, conda_env … extra_files: as for :func:`runstone.sklearn.save_model`.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: no model of XGBoost's, or an argument that cannot be used.
    """
    if model_format not in FORMATS:
        raise InvalidValue(f"model_format={model_format!r} is unknown; there are ubj, json, xgb.")
    if not isinstance(xgb_model, xgboost.Booster | xgboost.XGBModel):
        raise InvalidValue(f"xgb_model is a Booster or a model of xgboost.sklearn; it got {type(xgb_model).__name__}.")
    file = f"model.{model_format}"

    def write(folder: Path) -> Written:
        xgb_model.save_model(str(folder / file), **kwargs)
        kind = type(xgb_model)
        settings = {
            "xgb_version": xgboost.__version__,
            "data": file,
            "model_class": f"{kind.__module__}.{kind.__name__}",
            "model_format": model_format,
        }
        return Written(settings, {"data": file}, _packages(kind), [xgb_model])

    given = Given(
        conda_env, code_paths, mlflow_model, signature, input_example, pip_requirements, extra_pip_requirements, metadata,
        extra_files,
    )  # fmt: skip
    saving.save(FLAVOR_NAME, path, given, write, lambda data, params: _predict(xgb_model, data, params))


log_model = saving.logs(
    save_model,
    "xgb_model artifact_path conda_env code_paths registered_model_name signature input_example await_registration_for "
    "pip_requirements extra_pip_requirements model_format metadata extra_files name params tags model_type step model_id",
)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | os.PathLike[str] | None = None) -> Any:
    """Load an XGBoost model, as the object that was saved.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``; written by Runstone or by MLflow.
        dst_path: a folder that exists, to copy the model to first.

    Raises:
        NotFound, InvalidValue: there is no model, or none of XGBoost's.
    """
    with saving.opened(FLAVOR_NAME, model_uri, dst_path) as (folder, settings):
        return _load(folder, settings)


def get_default_pip_requirements() -> list[str]:
    """The requirements that every model has."""
    return pinned(_packages(xgboost.Booster)[:1])


get_default_conda_env = conda_from(get_default_pip_requirements)


def _load(folder: Path, settings: Mapping[str, Any]) -> Any:
    kind = saving.class_named(settings.get("model_class", "xgboost.core.Booster"), ("xgboost",))
    model: Any = kind()
    model.load_model(str(saving.inside(folder, settings.get("data", "model.xgb"))))
    return model


def _load_pyfunc(path: str) -> Function:
    model = _load(*saving.found(FLAVOR_NAME, path))
    return Function(model, lambda data, params: _predict(model, data, params))


def _predict(model: Any, data: Any, params: Mapping[str, Any] | None) -> Any:
    if isinstance(model, xgboost.Booster):
        data = xgboost.DMatrix(data)
    return model.predict(data, **saving.accepted(model.predict, params))


def _packages(kind: type) -> list[str]:
    from runstone.models.environment import distribution_of

    own = distribution_of("xgboost") or "xgboost"
    return [own, "numpy", "scipy", "pandas", *(["scikit-learn"] if kind is not xgboost.Booster else [])]
