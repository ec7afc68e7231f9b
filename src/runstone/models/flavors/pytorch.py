"""PyTorch models: ``runstone.pytorch``.

pickle       the default: takes every module, classes of the script included; runs code when loaded
pt2          a graph traced with the input example (``torch.export``)
safetensors  the weights alone; runs no code when loaded, and needs a module to load them into
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from runstone._lazy import need
from runstone.client.notices import warn_once
from runstone.errors import InvalidValue, NotFound
from runstone.models.environment import conda_from, pinned
from runstone.models.frames import is_frame, pandas
from runstone.models.manifest import Model
from runstone.models.policy import allow_pickle

from . import saving, torch_pickle
from .saving import Function, Given, Written

FLAVOR_NAME = "pytorch"
DATA = "data"
PICKLE, PT2, SAFETENSORS = "pickle", "pt2", "safetensors"
FILES = {PICKLE: "model.pth", PT2: "model.pt2", SAFETENSORS: "model.safetensors"}
#: MLflow's name for cloudpickle, in the file that says what pickled a model.
PICKLE_MODULE = "mlflow.pytorch.pickle_module"
PICKLE_FILE = "pickle_module_info.txt"


def save_model(
    pytorch_model: Any,
    path: str | os.PathLike[str],
    conda_env: saving.Environment = None,
    mlflow_model: Model | None = None,
    code_paths: saving.Paths | None = None,
    pickle_module: ModuleType | None = None,
    signature: saving.Signature = None,
    input_example: Any = None,
    extra_files: saving.Paths | None = None,
    pip_requirements: saving.Requirements | None = None,
    extra_pip_requirements: saving.Requirements | None = None,
    metadata: dict[str, Any] | None = None,
    export_model: bool = False,
    serialization_format: str | None = None,
    **kwargs: Any,
) -> None:
    """Save a ``torch.nn.Module``, or a scripted one, to a folder.

    Args:
        pytorch_model: the module.
        pickle_module: what pickles it, cloudpickle if ``None``.
        export_model: MLflow's older word for ``serialization_format="pt2"``.
        serialization_format: ``pickle`` (the default), ``pt2`` or ``safetensors``.
        input_example: an array or a tensor, or a tuple of them for a module of several inputs; ``pt2`` needs one.
        kwargs: for ``torch.save``.
        path, conda_env … extra_files: as for :func:`runstone.sklearn.save_model`.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: no module, or an argument that cannot be used.
        NotSupported: the format's package is not installed.
    """
    if not isinstance(pytorch_model, torch.nn.Module):
        raise InvalidValue(f"pytorch_model is a torch.nn.Module; it got {type(pytorch_model).__name__}.")
    kind = serialization_format or (PT2 if export_model else PICKLE)
    if kind not in FILES:
        raise InvalidValue(f"serialization_format={kind!r} is unknown; there are {', '.join(FILES)}.")
    inputs = _inputs(input_example)
    if kind == PT2 and inputs is None:
        raise InvalidValue("serialization_format='pt2' traces the model, so it needs input_example=, an array or a tensor.")
    pickles = (pickle_module or torch_pickle).__name__

    def write(folder: Path) -> Written:
        place = folder / DATA
        place.mkdir()
        file = place / FILES[kind]
        if kind == PT2:
            assert inputs is not None
            torch.export.save(_exported(pytorch_model, inputs), str(file))
        elif kind == SAFETENSORS:
            # saves tensors that share memory once, which plain save_file refuses
            need("safetensors.torch", "serialization_format='safetensors'").save_model(pytorch_model, str(file))
        else:
            told = PICKLE_MODULE if pickles == torch_pickle.__name__ else pickles
            (place / PICKLE_FILE).write_text(told, encoding="utf-8")
            if isinstance(pytorch_model, torch.jit.ScriptModule):
                torch.jit.save(pytorch_model, str(file))
            else:
                torch.save(pytorch_model, str(file), pickle_module=pickle_module or torch_pickle, **kwargs)
        settings = {"model_data": DATA, "pytorch_version": str(torch.__version__)}
        python = {"data": DATA, "pickle_module_name": PICKLE_MODULE, "config": {"device": None}}
        alone = kind == SAFETENSORS or (kind == PT2 and inputs is not None and len(inputs) > 1)
        further = [] if kind == PT2 else list(pytorch_model.modules())
        packages = ["torch", "numpy", "pandas", {PICKLE: "cloudpickle", SAFETENSORS: "safetensors"}.get(kind, "torch")]
        return Written(settings, None if alone else python, packages, further)

    given = Given(
        conda_env, code_paths, mlflow_model, signature, _kept(input_example), pip_requirements, extra_pip_requirements,
        metadata, extra_files,
    )  # fmt: skip
    saving.save(FLAVOR_NAME, path, given, write, lambda data, params: _quietly(pytorch_model, data, params))


log_model = saving.logs(
    save_model,
    "pytorch_model artifact_path conda_env code_paths pickle_module registered_model_name signature input_example "
    "await_registration_for extra_files pip_requirements extra_pip_requirements metadata name params tags model_type step "
    "model_id export_model serialization_format",
)


def load_model(
    model_uri: str | os.PathLike[str], dst_path: str | os.PathLike[str] | None = None, model: Any = None, **kwargs: Any
) -> Any:
    """Load a PyTorch model, in evaluation mode.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``; written by Runstone or by MLflow.
        dst_path: a folder that exists, to copy the model to first.
        model: the module that weights saved as ``safetensors`` are loaded into; it is what comes back.
        kwargs: for ``torch.load``, such as ``map_location="cpu"``.

    Raises:
        NotFound, InvalidValue: there is no model, or none of PyTorch's, or weights alone and no ``model``.
        PermissionDenied: it is a pickle, and ``RUNSTONE_ALLOW_PICKLE`` forbids those.
    """
    with saving.opened(FLAVOR_NAME, model_uri, dst_path) as (folder, settings):
        here, there = str(torch.__version__), settings.get("pytorch_version")
        if there is not None and there != here:
            warn_once(f"torch {there}", f"the model was saved with torch {there}, and this is torch {here}.")
        return _load(saving.inside(folder, settings.get("model_data", DATA)), model, **kwargs)


def get_default_pip_requirements() -> list[str]:
    """The requirements that every model has."""
    return pinned(["torch", "cloudpickle"])


get_default_conda_env = conda_from(get_default_pip_requirements)


def _load(place: Path, model: Any = None, device: Any = None, **kwargs: Any) -> Any:
    """From the folder of its data, or a file."""
    weights, graph = place / FILES[SAFETENSORS], place / FILES[PT2]
    if weights.is_file():
        if not isinstance(model, torch.nn.Module):
            raise InvalidValue(f"{weights} holds weights alone: load_model(…, model=MyModule()) says what they belong to.")
        need("safetensors.torch", "A model saved as safetensors").load_model(model, str(weights))
        return model.eval()
    if graph.is_file():
        return torch.export.load(str(graph)).module()
    file = place / FILES[PICKLE] if place.is_dir() else place
    if not file.is_file():
        raise NotFound(f"The model's file {file.name!r} is not there: {file}")
    allow_pickle(str(file))
    if _scripted(file):
        loaded = torch.jit.load(str(file), map_location=kwargs.get("map_location"))
    else:
        loaded = torch.load(str(file), **{"pickle_module": _pickle_module(file.parent), "weights_only": False, **kwargs})
    loaded.eval()
    return loaded.to(device) if device else loaded


def _scripted(file: Path) -> bool:
    """Whether ``torch.jit`` wrote it: those archives hold ``constants.pkl``."""
    import zipfile

    if not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def _pickle_module(folder: Path) -> Any:
    told = folder / PICKLE_FILE
    name = told.read_text(encoding="utf-8").strip() if told.is_file() else PICKLE_MODULE
    return torch_pickle if name == PICKLE_MODULE else importlib.import_module(name)


def _load_pyfunc(path: str, model_config: Mapping[str, Any] | None = None) -> Function:
    asked = (model_config or {}).get("device") or os.environ.get("MLFLOW_DEFAULT_PREDICTION_DEVICE")
    device = asked or ("cuda" if torch.cuda.is_available() else "cpu")
    model = _load(Path(path), device=device)
    return Function(model, lambda data, params: _predict(model, data, params, device))


def _predict(model: Any, data: Any, params: Mapping[str, Any] | None, device: Any = None) -> Any:
    """A frame gives a frame, an array an array, as in MLflow."""
    if is_frame(data):
        values = data.to_numpy(dtype=np.float32)
    elif isinstance(data, np.ndarray | torch.Tensor):
        values = data
    else:
        raise InvalidValue(f"A PyTorch model takes a frame or an array; it got {type(data).__name__}.")
    with torch.no_grad():
        tensor = values if isinstance(values, torch.Tensor) else torch.from_numpy(np.array(values))
        found = model(tensor.to(device) if device else tensor, **(params or {}))
    if not isinstance(found, torch.Tensor):
        raise InvalidValue(f"As python_function a model gives one tensor; this one gave {type(found).__name__}.")
    array = found.detach().cpu().numpy()
    return pandas().DataFrame(array, index=data.index) if is_frame(data) else array


def _quietly(model: Any, data: Any, params: Any) -> Any:
    """Predict for the signature, and leave the module in the mode that it is in."""
    training = model.training
    first = next(iter(model.parameters()), None)
    state = torch.get_rng_state()
    model.eval()
    try:
        return _predict(model, data, params, None if first is None else first.device)
    finally:
        model.train(training)
        torch.set_rng_state(state)


def _inputs(example: Any) -> tuple[torch.Tensor, ...] | None:
    """The example as tensors; ``None`` where it is none."""
    given = example if isinstance(example, tuple | list) else (example,)
    if not given or not all(isinstance(one, np.ndarray | torch.Tensor) for one in given):
        return None
    return tuple(torch.from_numpy(one) if isinstance(one, np.ndarray) else one for one in given)


def _kept(example: Any) -> Any:
    """The example as it is kept: tensors as arrays; several inputs cannot be."""
    if isinstance(example, torch.Tensor):
        return example.detach().cpu().numpy()
    several = isinstance(example, tuple | list) and any(isinstance(one, np.ndarray | torch.Tensor) for one in example)
    return None if several else example


def _exported(model: Any, inputs: tuple[torch.Tensor, ...]) -> Any:
    """The graph, with a first dimension of any size where the example has more than one row."""
    free = [{0: torch.export.Dim.AUTO} if one.ndim and one.shape[0] > 1 else None for one in inputs]
    return torch.export.export(model, inputs, dynamic_shapes=free)
