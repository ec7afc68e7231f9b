"""TensorFlow's models: ``runstone.tensorflow``. Keras models are ``.keras`` files, modules are SavedModels."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from runstone.errors import InvalidValue
from runstone.models.environment import conda_from, pinned
from runstone.models.frames import is_frame, pandas
from runstone.models.manifest import Model
from runstone.models.policy import allow_pickle

from . import keras as keras_flavor
from . import saving
from .saving import Function, Given, Written

FLAVOR_NAME = "tensorflow"
DATA, SAVED = "data", "tf2model"
PACKAGES = ["tensorflow", "tensorflow-cpu", "keras", "numpy", "pandas"]


def save_model(
    model: Any,
    path: str | os.PathLike[str],
    conda_env: saving.Environment = None,
    code_paths: saving.Paths | None = None,
    mlflow_model: Model | None = None,
    signature: saving.Signature = None,
    input_example: Any = None,
    pip_requirements: saving.Requirements | None = None,
    extra_pip_requirements: saving.Requirements | None = None,
    saved_model_kwargs: dict[str, Any] | None = None,
    keras_model_kwargs: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
    extra_files: saving.Paths | None = None,
) -> None:
    """Save a Keras model or a ``tf.Module`` to a folder.

    Args:
        model: what was trained.
        saved_model_kwargs: for ``tf.saved_model.save``.
        keras_model_kwargs: for the Keras model's ``save``.
        path, conda_env … extra_files: as for :func:`runstone.sklearn.save_model`. Own layers travel by ``code_paths`` and
            ``keras.saving.register_keras_serializable``.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: no such model, or an argument that cannot be used.
    """
    of_keras = isinstance(model, tf.keras.Model)
    if not of_keras and not isinstance(model, tf.Module):
        raise InvalidValue(f"model is a Keras model or a tf.Module; it got {type(model).__name__}.")

    def write(folder: Path) -> Written:
        if not of_keras:
            tf.saved_model.save(model, str(folder / SAVED), **(saved_model_kwargs or {}))
            return Written({"saved_model_dir": SAVED, "model_type": "tf2-module"}, {}, PACKAGES)
        place = folder / DATA
        place.mkdir()
        (place / "keras_module.txt").write_text("tensorflow.keras", encoding="utf-8")
        (place / "save_format.txt").write_text("tf", encoding="utf-8")
        model.save(str(place / "model.keras"), **(keras_model_kwargs or {}))
        settings = {"data": DATA, "model_type": "keras", "keras_version": tf.__version__, "save_format": "tf"}
        return Written(settings, {"data": DATA}, PACKAGES, signature=keras_flavor.signature_of(model))

    given = Given(
        conda_env, code_paths, mlflow_model, signature, input_example, pip_requirements, extra_pip_requirements, metadata,
        extra_files,
    )  # fmt: skip
    saving.save(FLAVOR_NAME, path, given, write, lambda data, _params: _predict(model, data))


log_model = saving.logs(
    save_model,
    "model artifact_path conda_env code_paths signature input_example registered_model_name await_registration_for "
    "pip_requirements extra_pip_requirements saved_model_kwargs keras_model_kwargs metadata extra_files name params tags "
    "model_type step model_id",
)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | os.PathLike[str] | None = None) -> Any:
    """Load a TensorFlow model.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``; written by Runstone or by MLflow.
        dst_path: a folder that exists, to copy the model to first.

    Raises:
        NotFound, InvalidValue: there is no model, or none of TensorFlow's.
        PermissionDenied: own layers of it are pickled, and ``RUNSTONE_ALLOW_PICKLE`` forbids that.
    """
    with saving.opened(FLAVOR_NAME, model_uri, dst_path) as (folder, settings):
        return _load(folder, settings)


def get_default_pip_requirements() -> list[str]:
    """The requirements that every model has."""
    return pinned(PACKAGES[:2])


get_default_conda_env = conda_from(get_default_pip_requirements)


def _load(folder: Path, settings: Mapping[str, Any]) -> Any:
    if "saved_model_dir" in settings:
        return tf.saved_model.load(str(saving.inside(folder, settings["saved_model_dir"])))
    place = saving.inside(folder, settings.get("data", DATA))
    own: dict[str, Any] = {}
    for file in (place / "global_custom_objects.cloudpickle", place / "custom_objects.cloudpickle"):
        if file.is_file():
            import cloudpickle

            allow_pickle(str(file))
            own |= cloudpickle.loads(file.read_bytes())
    ends = (".h5",) if settings.get("save_format") == "h5" else (".keras", "")
    file = next((one for end in ends if (one := place / f"model{end}").exists()), place / "model.keras")
    return tf.keras.models.load_model(str(file), custom_objects=own)


def _load_pyfunc(path: str) -> Function:
    model = _load(*saving.found(FLAVOR_NAME, path))
    return Function(model, lambda data, _params: _predict(model, data))


def _predict(model: Any, data: Any) -> Any:
    """A frame gives a frame, as in MLflow."""
    values = data.to_numpy() if is_frame(data) else data
    if isinstance(model, tf.keras.Model):
        found = model.predict(values, verbose=0)
    else:
        found = model(tf.convert_to_tensor(values))
        found = {k: np.asarray(v) for k, v in found.items()} if isinstance(found, Mapping) else np.asarray(found)
    return pandas().DataFrame(found, index=data.index) if is_frame(data) and not isinstance(found, dict) else found
