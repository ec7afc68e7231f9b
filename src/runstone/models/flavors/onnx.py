"""ONNX models: ``runstone.onnx``; as python_function they run in onnxruntime. They run no code when loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from runstone._lazy import need
from runstone.errors import InvalidValue
from runstone.models.environment import conda_from, pinned
from runstone.models.frames import is_frame, pandas
from runstone.models.manifest import Model

from . import saving
from .saving import Function, Given, Written

FLAVOR_NAME = "onnx"
FILE = "model.onnx"
CPU = "CPUExecutionProvider"
ONNX_EXECUTION_PROVIDERS = ["CUDAExecutionProvider", CPU]


def save_model(
    onnx_model: Any,
    path: str | os.PathLike[str],
    conda_env: saving.Environment = None,
    code_paths: saving.Paths | None = None,
    mlflow_model: Model | None = None,
    signature: saving.Signature = None,
    input_example: Any = None,
    pip_requirements: saving.Requirements | None = None,
    extra_pip_requirements: saving.Requirements | None = None,
    onnx_execution_providers: list[Any] | None = None,
    onnx_session_options: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
    save_as_external_data: bool = True,
    extra_files: saving.Paths | None = None,
    **kwargs: Any,
) -> None:
    """Save an ONNX model to a folder.

    Args:
        onnx_model: an ``onnx.ModelProto``.
        onnx_execution_providers: of onnxruntime, in the order to try; CUDA and then the CPU if ``None``.
        onnx_session_options: such as ``{"intra_op_num_threads": 2}``.
        save_as_external_data: keep large tensors in files of their own.
        kwargs: for ``onnx.save_model``.
        path, conda_env … extra_files: as for :func:`runstone.sklearn.save_model`.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: no ONNX model, or an argument that cannot be used.
    """
    if not isinstance(onnx_model, onnx.ModelProto):
        raise InvalidValue(f"onnx_model is an onnx.ModelProto; it got {type(onnx_model).__name__}.")

    def write(folder: Path) -> Written:
        onnx.save_model(onnx_model, str(folder / FILE), save_as_external_data=save_as_external_data, **kwargs)
        settings = {
            "onnx_version": onnx.__version__,
            "data": FILE,
            "providers": onnx_execution_providers or ONNX_EXECUTION_PROVIDERS,
            "onnx_session_options": onnx_session_options,
        }
        return Written(settings, {"data": FILE}, ["onnx", "onnxruntime", "numpy", "pandas"])

    given = Given(
        conda_env, code_paths, mlflow_model, signature, input_example, pip_requirements, extra_pip_requirements, metadata,
        extra_files,
    )  # fmt: skip
    whole = onnx_model.SerializeToString() if input_example is not None else None

    def predict(data: Any, _params: Any) -> Any:
        return _run(_session(whole, {"providers": [CPU]}), data)

    saving.save(FLAVOR_NAME, path, given, write, predict)


log_model = saving.logs(
    save_model,
    "onnx_model artifact_path conda_env code_paths registered_model_name signature input_example await_registration_for "
    "pip_requirements extra_pip_requirements onnx_execution_providers onnx_session_options metadata save_as_external_data "
    "extra_files name params tags model_type step model_id",
)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | os.PathLike[str] | None = None) -> Any:
    """Load an ONNX model, as an ``onnx.ModelProto``.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``; written by Runstone or by MLflow.
        dst_path: a folder that exists, to copy the model to first.

    Raises:
        NotFound, InvalidValue: there is no model, or none of ONNX.
    """
    with saving.opened(FLAVOR_NAME, model_uri, dst_path) as (folder, settings):
        return _load(folder, settings)


def get_default_pip_requirements() -> list[str]:
    """The requirements that every model has."""
    return pinned(["onnx", "onnxruntime"])


get_default_conda_env = conda_from(get_default_pip_requirements)


def _load(folder: Path, settings: Mapping[str, Any]) -> Any:
    file = str(saving.inside(folder, settings.get("data", FILE)))
    onnx.checker.check_model(file)
    return onnx.load(file)


def _load_pyfunc(path: str) -> Function:
    folder, settings = saving.found(FLAVOR_NAME, path)
    session = _session(str(saving.inside(folder, settings.get("data", FILE))), settings)
    return Function(session, lambda data, _params: _run(session, data))


def _session(model: str | bytes | None, settings: Mapping[str, Any]) -> Any:
    runtime = need("onnxruntime", "An ONNX model as python_function")
    options = runtime.SessionOptions()
    told = settings.get("onnx_session_options") or {}
    for name in ("inter_op_num_threads", "intra_op_num_threads"):
        if told.get(name):
            setattr(options, name, told[name])
    if told.get("execution_mode"):
        options.execution_mode = getattr(runtime.ExecutionMode, f"ORT_{told['execution_mode'].upper()}")
    if told.get("graph_optimization_level"):
        options.graph_optimization_level = runtime.GraphOptimizationLevel(told["graph_optimization_level"])
    for name, value in (told.get("extra_session_config") or {}).items():
        options.add_session_config_entry(name, value)
    wanted = settings.get("providers") or ONNX_EXECUTION_PROVIDERS
    entries = [tuple(one) if isinstance(one, list) else one for one in ([wanted] if isinstance(wanted, str) else wanted)]
    there = runtime.get_available_providers()
    usable = [one for one in entries if (one if isinstance(one, str) else one[0]) in there]
    return runtime.InferenceSession(model, sess_options=options, providers=usable or [CPU])


def _run(session: Any, data: Any) -> Any:
    """A frame gives a frame, as in MLflow; arrays and dicts give a dict of the outputs."""
    inputs = {one.name: one.type for one in session.get_inputs()}
    if is_frame(data):
        feed = {name: data[name].to_numpy() for name in inputs} if len(inputs) > 1 else {next(iter(inputs)): data.to_numpy()}
    elif isinstance(data, Mapping):
        feed = dict(data)
    elif isinstance(data, np.ndarray):
        if len(inputs) != 1:
            raise InvalidValue(f"An array is for models of one input; this one has {list(inputs)}: give a dict or a frame.")
        feed = {next(iter(inputs)): data}
    else:
        raise InvalidValue(f"An ONNX model takes a frame, an array or a dict of arrays; it got {type(data).__name__}.")
    for name, kind in inputs.items():
        if kind == "tensor(float)" and getattr(feed.get(name), "dtype", None) == np.float64:
            feed[name] = feed[name].astype(np.float32)
    names = [one.name for one in session.get_outputs()]
    found = dict(zip(names, session.run(names, feed), strict=True))
    if is_frame(data):
        return pandas().DataFrame({name: np.asarray(value).reshape(-1) for name, value in found.items()})
    return found
