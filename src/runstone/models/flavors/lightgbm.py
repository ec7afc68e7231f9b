"""LightGBM models: ``runstone.lightgbm``. A ``Booster`` is LightGBM's own text; models of ``lightgbm.sklearn`` are pickled, or
written by skops, as those of scikit-learn."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lightgbm

from runstone.errors import InvalidValue
from runstone.models.environment import conda_from, pinned
from runstone.models.manifest import Model

from . import pickled, saving
from .saving import Function, Given, Written

FLAVOR_NAME = "lightgbm"
BOOSTER = "lightgbm.basic.Booster"
#: Types of LightGBM's that a skops file of its models holds.
TYPES = ("collections.OrderedDict", BOOSTER, "lightgbm.sklearn.LGBMClassifier", "lightgbm.sklearn.LGBMRegressor")


def save_model(
    lgb_model: Any,
    path: str | os.PathLike[str],
    conda_env: saving.Environment = None,
    code_paths: saving.Paths | None = None,
    mlflow_model: Model | None = None,
    signature: saving.Signature = None,
    input_example: Any = None,
    pip_requirements: saving.Requirements | None = None,
    extra_pip_requirements: saving.Requirements | None = None,
    metadata: dict[str, Any] | None = None,
    serialization_format: str | None = None,
    skops_trusted_types: Sequence[str] | None = None,
    extra_files: saving.Paths | None = None,
    **kwargs: Any,
) -> None:
    """Save a ``Booster`` or a model of ``lightgbm.sklearn`` to a folder.

    Args:
        lgb_model: what was trained.
        serialization_format: ``cloudpickle`` (the default), ``pickle`` or ``skops``; a ``Booster`` has its own.
        skops_trusted_types: types that a skops file may hold beyond LightGBM's own.
        kwargs: for LightGBM's ``Booster.save_model``.
        path, conda_env … extra_files: as for :func:`runstone.sklearn.save_model`.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: no model of LightGBM's, or an argument that cannot be used.
    """
    if not isinstance(lgb_model, lightgbm.Booster | lightgbm.LGBMModel):
        raise InvalidValue(f"lgb_model is a Booster or a model of lightgbm.sklearn; it got {type(lgb_model).__name__}.")
    booster = isinstance(lgb_model, lightgbm.Booster)
    kind = pickled.check_format(serialization_format)
    file = "model.lgb" if booster else "model.skops" if kind == pickled.SERIALIZATION_FORMAT_SKOPS else "model.pkl"

    def write(folder: Path) -> Written:
        settings: dict[str, Any] = {"lgb_version": lightgbm.__version__, "data": file}
        if booster:
            lgb_model.save_model(str(folder / file), **kwargs)
            settings |= {"model_class": BOOSTER, "serialization_format": None, "skops_trusted_types": None}
            return Written(settings, {"data": file}, ["lightgbm", "numpy", "scipy", "pandas"])
        types = pickled.write(lgb_model, folder / file, kind, [*TYPES, *(skops_trusted_types or ())])
        told = f"{type(lgb_model).__module__}.{type(lgb_model).__name__}"
        settings |= {"model_class": told, "serialization_format": kind, "skops_trusted_types": types}
        formats = [] if kind == pickled.SERIALIZATION_FORMAT_PICKLE else [kind]
        return Written(
            settings, {"data": file}, ["lightgbm", "numpy", "scipy", "pandas", "scikit-learn", *formats], [lgb_model]
        )

    given = Given(
        conda_env, code_paths, mlflow_model, signature, input_example, pip_requirements, extra_pip_requirements, metadata,
        extra_files,
    )  # fmt: skip
    saving.save(FLAVOR_NAME, path, given, write, lambda data, _params: lgb_model.predict(data))


log_model = saving.logs(
    save_model,
    "lgb_model artifact_path conda_env code_paths registered_model_name signature input_example await_registration_for "
    "pip_requirements extra_pip_requirements metadata extra_files name params tags model_type step model_id "
    "serialization_format skops_trusted_types",
)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | os.PathLike[str] | None = None) -> Any:
    """Load a LightGBM model, as the object that was saved.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``; written by Runstone or by MLflow.
        dst_path: a folder that exists, to copy the model to first.

    Raises:
        NotFound, InvalidValue: there is no model, or none of LightGBM's.
        PermissionDenied: it is a pickle, and ``RUNSTONE_ALLOW_PICKLE`` forbids those.
    """
    with saving.opened(FLAVOR_NAME, model_uri, dst_path) as (folder, settings):
        return _load(folder, settings)


def get_default_pip_requirements(include_cloudpickle: bool = False, include_skops: bool = False) -> list[str]:
    """The requirements that every model has, and the format's package where asked for."""
    return pinned(["lightgbm", *["cloudpickle"] * include_cloudpickle, *["skops"] * include_skops])


get_default_conda_env = conda_from(get_default_pip_requirements)


def _load(folder: Path, settings: Mapping[str, Any]) -> Any:
    file = saving.inside(folder, settings.get("data", "model.lgb"))
    if settings.get("model_class", BOOSTER) == BOOSTER:
        return lightgbm.Booster(model_file=str(file))
    return pickled.read(file, {**settings, "serialization_format": settings.get("serialization_format") or "cloudpickle"})


def _load_pyfunc(path: str) -> Function:
    model = _load(*saving.found(FLAVOR_NAME, path))
    return Function(model, lambda data, _params: model.predict(data))
