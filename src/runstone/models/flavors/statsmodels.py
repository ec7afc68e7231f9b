"""statsmodels' results: ``runstone.statsmodels``. They are pickles, as statsmodels has no other format."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import statsmodels
import statsmodels.iolib.api as files
from statsmodels.tsa.base.tsa_model import TimeSeriesModel

from runstone.errors import InvalidValue
from runstone.models.environment import conda_from, pinned
from runstone.models.manifest import Model
from runstone.models.policy import allow_pickle

from . import saving
from .saving import Function, Given, Written

FLAVOR_NAME = "statsmodels"
FILE = "model.statsmodels"
PACKAGES = ["statsmodels", "numpy", "scipy", "pandas"]


def save_model(
    statsmodels_model: Any,
    path: str | os.PathLike[str],
    conda_env: saving.Environment = None,
    code_paths: saving.Paths | None = None,
    mlflow_model: Model | None = None,
    remove_data: bool = False,
    signature: saving.Signature = None,
    input_example: Any = None,
    pip_requirements: saving.Requirements | None = None,
    extra_pip_requirements: saving.Requirements | None = None,
    metadata: dict[str, Any] | None = None,
    extra_files: saving.Paths | None = None,
) -> None:
    """Save what a ``fit`` of statsmodels gave to a folder.

    Args:
        statsmodels_model: the results of a fit.
        remove_data: leave out the arrays of the training data, which a prediction does not need.
        path, conda_env … extra_files: as for :func:`runstone.sklearn.save_model`.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: no results of statsmodels, or an argument that cannot be used.
    """
    if not callable(getattr(statsmodels_model, "save", None)) or not hasattr(statsmodels_model, "model"):
        raise InvalidValue(f"statsmodels_model is what fit() gave; it got {type(statsmodels_model).__name__}.")

    def write(folder: Path) -> Written:
        statsmodels_model.save(str(folder / FILE), remove_data)
        settings = {"statsmodels_version": statsmodels.__version__, "data": FILE}
        return Written(settings, {"data": FILE}, PACKAGES, [statsmodels_model, statsmodels_model.model])

    given = Given(
        conda_env, code_paths, mlflow_model, signature, input_example, pip_requirements, extra_pip_requirements, metadata,
        extra_files,
    )  # fmt: skip
    saving.save(FLAVOR_NAME, path, given, write, lambda data, _params: _predict(statsmodels_model, data))


log_model = saving.logs(
    save_model,
    "statsmodels_model artifact_path conda_env code_paths registered_model_name remove_data signature input_example "
    "await_registration_for pip_requirements extra_pip_requirements metadata extra_files name params tags model_type step "
    "model_id",
)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | os.PathLike[str] | None = None) -> Any:
    """Load a statsmodels model, as the results that were saved.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``; written by Runstone or by MLflow.
        dst_path: a folder that exists, to copy the model to first.

    Raises:
        NotFound, InvalidValue: there is no model, or none of statsmodels'.
        PermissionDenied: it is a pickle, and ``RUNSTONE_ALLOW_PICKLE`` forbids those.
    """
    with saving.opened(FLAVOR_NAME, model_uri, dst_path) as (folder, settings):
        return _load(folder, settings)


def get_default_pip_requirements() -> list[str]:
    """The requirements that every model has."""
    return pinned(["statsmodels"])


get_default_conda_env = conda_from(get_default_pip_requirements)


def _load(folder: Path, settings: Mapping[str, Any]) -> Any:
    file = saving.inside(folder, settings.get("data", FILE))
    allow_pickle(str(file))
    return files.load_pickle(str(file))


def _load_pyfunc(path: str) -> Function:
    model = _load(*saving.found(FLAVOR_NAME, path))
    return Function(model, lambda data, _params: _predict(model, data))


def _predict(results: Any, data: Any) -> Any:
    """A time series takes one row with ``start`` and ``end``; all others the data itself."""
    if not isinstance(results.model, TimeSeriesModel):
        return results.predict(data)
    columns = list(getattr(data, "columns", ()))
    if len(data) != 1 or not {"start", "end"} <= set(columns):
        raise InvalidValue(f"A time series predicts for one row with the columns start and end; it got {len(data)}: {columns}.")
    return results.predict(start=data["start"].iloc[0], end=data["end"].iloc[0])
