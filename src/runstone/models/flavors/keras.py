"""Keras 3 models: ``runstone.keras``. A ``.keras`` file runs no code when loaded, but for lambdas, which Keras refuses."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from runstone._lazy import need
from runstone.errors import InvalidValue
from runstone.models.environment import conda_from, pinned
from runstone.models.frames import is_frame, pandas
from runstone.models.manifest import Model
from runstone.models.schema import Schema, TensorSpec
from runstone.models.signature import ModelSignature

from . import saving
from .saving import Function, Given, Written

FLAVOR_NAME = "keras"
DATA = "data"
#: The package of each backend.
BACKENDS = {"tensorflow": "tensorflow", "torch": "torch", "jax": "jax"}


def save_model(
    model: Any,
    path: str | os.PathLike[str],
    save_exported_model: bool = False,
    conda_env: saving.Environment = None,
    mlflow_model: Model | None = None,
    signature: saving.Signature = None,
    input_example: Any = None,
    pip_requirements: saving.Requirements | None = None,
    extra_pip_requirements: saving.Requirements | None = None,
    save_model_kwargs: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
    code_paths: saving.Paths | None = None,
    extra_files: saving.Paths | None = None,
) -> None:
    """Save a Keras model to a folder.

    Args:
        model: a ``keras.Model``.
        save_exported_model: as a compiled graph for serving, instead of a ``.keras`` file.
        save_model_kwargs: for the model's ``save``.
        signature: what it takes and gives; that of its layers if None.
        path, conda_env … extra_files: as for :func:`runstone.sklearn.save_model`.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: no Keras model, or an argument that cannot be used.
    """
    if not isinstance(model, keras.Model):
        raise InvalidValue(f"model is a keras.Model; it got {type(model).__name__}.")

    def write(folder: Path) -> Written:
        place = folder / DATA
        place.mkdir()
        (place / "keras_module.txt").write_text("keras", encoding="utf-8")
        if save_exported_model:
            model.export(str(place / "model"), verbose=False)
        else:
            model.save(str(place / "model.keras"), **(save_model_kwargs or {}))
        backend = keras.backend.backend()
        settings = {
            "data": DATA,
            "keras_version": keras.__version__,
            "keras_backend": backend,
            "save_exported_model": save_exported_model,
        }
        packages = ["keras", "numpy", "pandas", BACKENDS.get(backend, backend), "tensorflow-cpu"]
        return Written(settings, {}, packages, signature=signature_of(model))

    given = Given(
        conda_env, code_paths, mlflow_model, signature, input_example, pip_requirements, extra_pip_requirements, metadata,
        extra_files,
    )  # fmt: skip
    saving.save(FLAVOR_NAME, path, given, write, lambda data, _params: _predict(_predicting(model), data))


log_model = saving.logs(
    save_model,
    "model artifact_path save_exported_model conda_env signature input_example registered_model_name await_registration_for "
    "pip_requirements extra_pip_requirements save_model_kwargs metadata name params tags model_type step model_id code_paths "
    "extra_files",
)


def load_model(
    model_uri: str | os.PathLike[str],
    dst_path: str | os.PathLike[str] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    load_model_kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """Load a Keras model.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``; written by Runstone or by MLflow.
        dst_path: a folder that exists, to copy the model to first.
        custom_objects: your own layers and functions, by name.
        load_model_kwargs: for ``keras.saving.load_model``.

    Raises:
        NotFound, InvalidValue: there is no model, or none of Keras'.
    """
    with saving.opened(FLAVOR_NAME, model_uri, dst_path) as (folder, settings):
        return _load(folder, settings, custom_objects=dict(custom_objects or {}), **(load_model_kwargs or {}))


def get_default_pip_requirements() -> list[str]:
    """The requirements that every model has."""
    return pinned(["keras"])


get_default_conda_env = conda_from(get_default_pip_requirements)


def signature_of(model: Any) -> ModelSignature | None:
    """What the model's layers say that it takes and gives; ``None`` for one that was not built yet."""
    try:
        inputs, outputs = _schema(model.inputs), _schema(model.outputs)
    except (AttributeError, TypeError, ValueError):
        return None
    return None if inputs is None else ModelSignature(inputs=inputs, outputs=outputs)


def _schema(tensors: Any) -> Schema | None:
    if not tensors:
        return None
    several = len(tensors) > 1
    return Schema(
        [
            TensorSpec(
                np.dtype(keras.backend.standardize_dtype(one.dtype)),
                (-1, *(-1 if size is None else int(size) for size in one.shape[1:])),
                one.name if several else None,
            )
            for one in tensors
        ]
    )


def _load(folder: Path, settings: Mapping[str, Any], **further: Any) -> Any:
    place = saving.inside(folder, settings.get("data", DATA))
    if settings.get("save_exported_model"):
        return need("tensorflow", "An exported Keras model").saved_model.load(str(place / "model"))
    return keras.saving.load_model(str(place / "model.keras"), **further)


def _load_pyfunc(path: str) -> Function:
    folder, settings = saving.found(FLAVOR_NAME, path)
    model = _load(folder, settings)
    call = model.serve if settings.get("save_exported_model") else _predicting(model)
    return Function(model, lambda data, _params: _predict(call, data))


def _predicting(model: Any) -> Callable[[Any], Any]:
    return lambda data: model.predict(data, verbose=0)


def _predict(call: Callable[[Any], Any], data: Any) -> Any:
    """A frame gives a frame, as in MLflow."""
    if is_frame(data):
        return pandas().DataFrame(np.asarray(call(data.to_numpy())), index=data.index)
    found = call(data)
    if isinstance(found, Mapping):
        return {name: keras.ops.convert_to_numpy(value) for name, value in found.items()}
    if isinstance(found, list | tuple):
        return [keras.ops.convert_to_numpy(value) for value in found]
    return keras.ops.convert_to_numpy(found)
