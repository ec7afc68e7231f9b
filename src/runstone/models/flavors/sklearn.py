"""scikit-learn models: ``runstone.sklearn``.

cloudpickle   the default: takes every model, functions and classes of the script included; runs code when loaded
pickle        as cloudpickle, for models made of importable classes only
skops         runs no code when loaded; types beyond scikit-learn's and NumPy's are named in ``skops_trusted_types``
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sklearn

from runstone.client.notices import warn_once
from runstone.errors import InvalidValue
from runstone.models.environment import conda_from, pinned, write_environment
from runstone.models.example import Example
from runstone.models.folder import copy_code, copy_extra, inside, new_folder, size_of, use_code
from runstone.models.info import ModelInfo
from runstone.models.locate import local_folder
from runstone.models.log import log_to_run
from runstone.models.manifest import FILE_NAME, Model, written_by
from runstone.models.policy import loading_from
from runstone.models.pyfunc import FLAVOR_NAME as PYFUNC
from runstone.models.pyfunc import missing_module
from runstone.models.risks import allow_code
from runstone.models.signature import ModelSignature, signature_of_example

from . import held, pickled
from .pickled import (
    SERIALIZATION_FORMAT_CLOUDPICKLE,
    SERIALIZATION_FORMAT_PICKLE,
    SERIALIZATION_FORMAT_SKOPS,
    SUPPORTED_SERIALIZATION_FORMATS,
)

__all__ = [
    "FLAVOR_NAME", "SERIALIZATION_FORMAT_CLOUDPICKLE", "SERIALIZATION_FORMAT_PICKLE", "SERIALIZATION_FORMAT_SKOPS",
    "SUPPORTED_SERIALIZATION_FORMATS", "get_default_conda_env", "get_default_pip_requirements", "load_model", "log_model",
    "save_model",
]  # fmt: skip

FLAVOR_NAME = "sklearn"

Paths = Sequence[str | os.PathLike[str]]
Requirements = Sequence[str] | str | os.PathLike[str]


def save_model(
    sk_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Paths | None = None,
    mlflow_model: Model | None = None,
    serialization_format: str | None = None,
    signature: ModelSignature | bool | None = None,
    input_example: Any = None,
    pip_requirements: Requirements | None = None,
    extra_pip_requirements: Requirements | None = None,
    pyfunc_predict_fn: str = "predict",
    metadata: dict[str, Any] | None = None,
    skops_trusted_types: Sequence[str] | None = None,
    extra_files: Paths | None = None,
) -> None:
    """Save a scikit-learn model to a folder, whole or not at all.

    Args:
        sk_model: any object of scikit-learn's kind; one with ``pyfunc_predict_fn`` also becomes a python_function.
        path: the folder to make; it may be there if it is empty.
        conda_env: a whole conda environment, instead of the requirements found.
        code_paths: files and folders of your own code that the model needs when loaded.
        mlflow_model: a manifest to complete; a new one if None.
        serialization_format: ``cloudpickle`` (the default), ``pickle`` or ``skops``.
        signature: what it takes and gives; inferred from ``input_example`` if None, left out if False.
        input_example: a little data that it takes; a pair ``(data, params)`` if it takes params.
        pip_requirements, extra_pip_requirements: instead of the requirements found, or beside them.
        pyfunc_predict_fn: the method that predicts: ``predict``, ``predict_proba``, ``predict_log_proba`` …
        metadata: your own, anything that YAML can say.
        skops_trusted_types: types that a skops file may hold beyond those known to be safe.
        extra_files: further files to keep with the model.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: an argument that cannot be used, or a model that cannot be saved in this format.
        NotSupported: the format's package is not installed.
    """
    kind = pickled.check_format(serialization_format)
    example = None if input_example is None else Example(input_example)
    manifest = mlflow_model if mlflow_model is not None else Model()
    manifest.signature = _signature(sk_model, signature, example, pyfunc_predict_fn) or manifest.signature
    manifest.metadata = metadata if metadata is not None else manifest.metadata
    manifest.further |= written_by()
    file = "model.skops" if kind == SERIALIZATION_FORMAT_SKOPS else "model.pkl"
    with new_folder(path) as folder:
        code = copy_code(code_paths, folder)
        types = pickled.write(sk_model, folder / file, kind, skops_trusted_types)
        further = copy_extra(extra_files, folder)
        if example is not None:
            example.save(folder)
            manifest.saved_input_example_info = example.info
        _add_flavors(manifest, sk_model, file, kind, types, code, further, pyfunc_predict_fn)
        manifest.model_size_bytes = size_of(folder)
        manifest.save(folder / FILE_NAME)
        formats = () if kind == SERIALIZATION_FORMAT_PICKLE else (kind,)
        found = pinned(["scikit-learn", "numpy", "scipy", "joblib", *formats, *held.distributions([sk_model], code_paths)])
        write_environment(folder, found, conda_env, pip_requirements, extra_pip_requirements)


def log_model(
    sk_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Paths | None = None,
    serialization_format: str | None = None,
    registered_model_name: str | None = None,
    signature: ModelSignature | bool | None = None,
    input_example: Any = None,
    await_registration_for: float | None = 300,
    pip_requirements: Requirements | None = None,
    extra_pip_requirements: Requirements | None = None,
    pyfunc_predict_fn: str = "predict",
    metadata: dict[str, Any] | None = None,
    extra_files: Paths | None = None,
    params: dict[str, Any] | None = None,
    tags: dict[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
    name: str | None = None,
    skops_trusted_types: Sequence[str] | None = None,
    **kwargs: Any,
) -> ModelInfo:
    """Log a scikit-learn model to the active run, below ``artifacts/<name>``; a run is started where there is none.

    Args:
        sk_model, conda_env … skops_trusted_types: as for :func:`save_model`.
        artifact_path, name: where it goes among the run's artifacts, ``model`` if neither is given.
        registered_model_name: the registered model that gets it as its next version; made if it is not there.
        params, tags, model_type, step, model_id: of the logged model; see :func:`runstone.models.log.log_to_run`.
        kwargs: further arguments of MLflow's; a notice names them.

    Returns:
        what it became; ``model_uri`` is ``models:/<model id>``, which every ``load_model`` takes.

    Raises:
        InvalidValue: as for :func:`save_model`.
    """

    def save(folder: Path, manifest: Model) -> None:
        save_model(
            sk_model,
            folder,
            conda_env=conda_env,
            code_paths=code_paths,
            mlflow_model=manifest,
            serialization_format=serialization_format,
            signature=signature,
            input_example=input_example,
            pip_requirements=pip_requirements,
            extra_pip_requirements=extra_pip_requirements,
            pyfunc_predict_fn=pyfunc_predict_fn,
            metadata=metadata,
            skops_trusted_types=skops_trusted_types,
            extra_files=extra_files,
        )

    logged: dict[str, Any] = {"params": params, "tags": tags, "model_type": model_type, "step": step, "model_id": model_id}
    return log_to_run(save, artifact_path, name, registered_model_name, **logged, **kwargs)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | os.PathLike[str] | None = None) -> Any:
    """Load a scikit-learn model, as the object that was saved.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``; written by Runstone or by MLflow.
        dst_path: a folder that exists, to copy the model to first.

    Raises:
        NotFound, InvalidValue: there is no model, or none of scikit-learn.
        PermissionDenied: it is a pickle, and ``RUNSTONE_ALLOW_PICKLE`` forbids those.
        NotSupported: it needs a module that is not installed.
    """
    folder = local_folder(model_uri, dst_path)
    settings = Model.load(folder).flavors.get(FLAVOR_NAME)
    if settings is None:
        raise InvalidValue(
            f"The model at {os.fspath(model_uri)!r} has no flavor {FLAVOR_NAME!r}, so it is none of scikit-learn."
        )
    try:
        with loading_from(model_uri):
            allow_code(folder)
            use_code(folder, settings)
            return pickled.read(inside(folder, settings.get("pickled_model", "model.pkl")), settings)
    except ModuleNotFoundError as missing:
        raise missing_module(missing, folder) from missing


def get_default_pip_requirements(include_cloudpickle: bool = False, include_skops: bool = False) -> list[str]:
    """The requirements that every model has: scikit-learn, and the format's package where asked for."""
    wanted = ["scikit-learn", *["cloudpickle"] * include_cloudpickle, *["skops"] * include_skops]
    return pinned(wanted)


get_default_conda_env = conda_from(get_default_pip_requirements)


class SklearnFunction:
    """A scikit-learn model as python_function: ``predict`` and its siblings take data alone."""

    takes_params = False

    def __init__(self, sk_model: Any) -> None:
        self.sk_model = sk_model

    def get_raw_model(self) -> Any:
        return self.sk_model

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "sk_model":
            raise AttributeError(name)
        return getattr(self.sk_model, name)


def _load_pyfunc(path: str) -> SklearnFunction:
    """The loader that python_function calls, with the model's file or its folder."""
    place = Path(path)
    folder = place.parent if place.is_file() else place
    settings = Model.load(folder).flavors.get(FLAVOR_NAME, {"serialization_format": SERIALIZATION_FORMAT_PICKLE})
    file = place if place.is_file() else inside(folder, settings.get("pickled_model", "model.pkl"))
    return SklearnFunction(pickled.read(file, settings))


# --- inside ------------------------------------------------------------------------------------------------------------


def _signature(
    sk_model: Any, given: ModelSignature | bool | None, example: Example | None, predict_fn: str
) -> ModelSignature | None:
    if isinstance(given, ModelSignature):
        return given
    if given not in (None, False):
        raise InvalidValue(f"signature is a ModelSignature, None or False; it got {type(given).__name__}.")
    if given is False or example is None or not hasattr(sk_model, predict_fn):
        return None
    return signature_of_example(example.data, example.params, lambda data, _params: getattr(sk_model, predict_fn)(data))


def _add_flavors(
    manifest: Model, sk_model: Any, file: str, kind: str, types: list[str] | None, code: str | None, further: dict[str, Any],
    predict_fn: str,
) -> None:  # fmt: skip
    if hasattr(sk_model, predict_fn):
        python = {"loader_module": "mlflow.sklearn", "model_path": file, "predict_fn": predict_fn}
        environment = {"conda": "conda.yaml", "virtualenv": "python_env.yaml"}
        beside = {"code": code} if code else {}
        manifest.add_flavor(PYFUNC, **python, python_version=platform.python_version(), env=environment, **beside)
    else:
        warn_once(
            f"no {predict_fn}", f"{type(sk_model).__name__} has no {predict_fn}(), so pyfunc cannot load it; sklearn can."
        )
    manifest.add_flavor(
        FLAVOR_NAME,
        pickled_model=file,
        sklearn_version=sklearn.__version__,
        serialization_format=kind,
        code=code,
        skops_trusted_types=types,
        **further,
    )
