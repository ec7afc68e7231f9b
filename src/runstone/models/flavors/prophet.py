"""Prophet's forecasts: ``runstone.prophet``. The file is JSON and runs no code when loaded."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import prophet
from prophet.serialize import model_from_json, model_to_json

from runstone.errors import InvalidValue
from runstone.models.environment import conda_from, pinned
from runstone.models.manifest import Model

from . import saving
from .saving import Function, Given, Written

FLAVOR_NAME = "prophet"
FILE = "model.pr"


def save_model(
    pr_model: Any,
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
) -> None:
    """Save a fitted ``Prophet`` to a folder.

    Args:
        pr_model: the fitted model.
        path, conda_env … extra_files: as for :func:`runstone.sklearn.save_model`.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: no Prophet, or an argument that cannot be used.
    """
    if not isinstance(pr_model, prophet.Prophet):
        raise InvalidValue(f"pr_model is a Prophet; it got {type(pr_model).__name__}.")

    def write(folder: Path) -> Written:
        # a JSON text within a JSON text, as MLflow keeps it
        (folder / FILE).write_text(json.dumps(model_to_json(pr_model)), encoding="utf-8")
        settings = {"prophet_version": prophet.__version__, "model_type": "Prophet", "data": FILE}
        return Written(settings, {"data": FILE}, ["prophet", "pandas", "numpy"])

    given = Given(
        conda_env, code_paths, mlflow_model, signature, input_example, pip_requirements, extra_pip_requirements, metadata,
        extra_files,
    )  # fmt: skip
    saving.save(FLAVOR_NAME, path, given, write, lambda data, _params: pr_model.predict(data))


log_model = saving.logs(
    save_model,
    "pr_model artifact_path conda_env code_paths registered_model_name signature input_example await_registration_for "
    "pip_requirements extra_pip_requirements metadata extra_files name params tags model_type step model_id",
)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | os.PathLike[str] | None = None) -> Any:
    """Load a Prophet model.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``; written by Runstone or by MLflow.
        dst_path: a folder that exists, to copy the model to first.

    Raises:
        NotFound, InvalidValue: there is no model, or none of Prophet's.
    """
    with saving.opened(FLAVOR_NAME, model_uri, dst_path) as (folder, settings):
        return _load(folder, settings)


def get_default_pip_requirements() -> list[str]:
    """The requirements that every model has."""
    return pinned(["prophet"])


get_default_conda_env = conda_from(get_default_pip_requirements)


def _load(folder: Path, settings: Mapping[str, Any]) -> Any:
    return model_from_json(json.loads(saving.inside(folder, settings.get("data", FILE)).read_text(encoding="utf-8")))


def _load_pyfunc(path: str) -> Function:
    model = _load(*saving.found(FLAVOR_NAME, path))
    return Function(model, lambda data, _params: model.predict(data))
