"""Save and log models that are Python code, or whatever a loader module of yours reads."""

from __future__ import annotations

import importlib
import os
import pickle
import platform
import shutil
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import cloudpickle

import runstone
from runstone.client.checks import shown
from runstone.errors import InvalidValue

from . import hints, imports, python_function, python_model
from .environment import conda_from, pinned, write_environment
from .example import Example
from .folder import CODE, copy_code, copy_modules, new_folder, size_of
from .info import ModelInfo
from .log import log_to_run
from .manifest import FILE_NAME, Model, written_by
from .signature import ModelSignature, signature_of_example

FLAVOR_NAME = "python_function"
Paths = Sequence[str | os.PathLike[str]]
PICKLE = "python_model.pkl"


def add_to_model(
    model: Model,
    loader_module: str,
    data: str | None = None,
    code: str | None = None,
    conda_env: str | None = None,
    python_env: str | None = None,
    model_config: Any = None,
    model_code_path: str | None = None,
    **kwargs: Any,
) -> Model:
    """Say that a model folder loads as python_function.

    Args:
        model: the manifest.
        loader_module: a module with ``_load_pyfunc(path)``, which gives an object with ``predict``.
        data: what it is given, a path in the folder; the folder itself if not given.
        code: the subfolder with code to import.
        conda_env, python_env: the names of these files.
        model_config: settings.
        model_code_path: the file of code that the model is.
        kwargs: further settings of the flavor.
    """
    if not isinstance(model, Model):
        raise InvalidValue(f"model is the manifest, a runstone.models.Model, not {shown(model)}.")
    settings: dict[str, Any] = {"loader_module": loader_module, "python_version": platform.python_version()}
    environments = {"conda": conda_env, "virtualenv": python_env}
    given = {"data": data, "config": python_function.read_config(model_config) or None, "model_code_path": model_code_path}
    settings |= {name: value for name, value in given.items() if value is not None}
    settings |= {"code": code, "env": {name: value for name, value in environments.items() if value} or None}
    return model.add_flavor(FLAVOR_NAME, **{**kwargs, **settings})


def save_model(
    path: str | os.PathLike[str],
    loader_module: str | None = None,
    data_path: str | os.PathLike[str] | None = None,
    code_paths: Paths | None = None,
    infer_code_paths: bool = False,
    conda_env: Mapping[str, Any] | str | None = None,
    mlflow_model: Model | None = None,
    python_model: Any = None,
    artifacts: Mapping[str, str] | None = None,
    signature: ModelSignature | bool | None = None,
    input_example: Any = None,
    pip_requirements: Sequence[str] | str | None = None,
    extra_pip_requirements: Sequence[str] | str | None = None,
    metadata: dict[str, Any] | None = None,
    model_config: Any = None,
    streamable: bool | None = None,
    **kwargs: Any,
) -> None:
    """Save a model of your own to a folder that does not exist yet.

    Args:
        path: the folder to make; it may be there if it is empty.
        python_model: a :class:`PythonModel`, a function of the input, or the path of a file whose code calls ``set_model``.
        artifacts: name to path or URI; copied along, and found in ``context.artifacts`` when loaded.
        loader_module, data_path: instead of ``python_model``, a module with ``_load_pyfunc`` and the data it reads.
        code_paths: files and folders of your own code that the model needs when loaded.
        infer_code_paths: take along all modules below the working folder that the model imports when loaded in a fresh process
            (not those that only ``predict`` imports, unless there is an ``input_example``), instead of ``code_paths``.
        conda_env: a whole conda environment, instead of the requirements found.
        mlflow_model: a manifest to complete; a new one if None.
        signature: inferred from ``predict``'s type hints or from ``input_example`` if None, left out if False.
        input_example: a little data that it takes; a pair ``(data, params)`` if it takes params.
        pip_requirements, extra_pip_requirements: instead of what the model imports in a fresh process, or beside it.
        metadata: your own, anything that YAML can say.
        model_config: settings, a dict or a YAML file; ``load_model(model_config=…)`` changes them.
        streamable: whether it has ``predict_stream``.
        kwargs: further arguments of MLflow's, without a meaning here.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: an argument that cannot be used, or a model that cannot be pickled.
    """
    if (python_model is None) == (loader_module is None):
        raise InvalidValue("Give python_model, or loader_module (with data_path): one of the two.")
    if infer_code_paths and code_paths:
        raise InvalidValue("Give code_paths, or infer_code_paths=True, which finds them: one of the two.")
    if loader_module is not None and artifacts:
        raise InvalidValue("artifacts= go with python_model; a loader_module reads data_path.")
    manifest = mlflow_model if mlflow_model is not None else Model()
    example = None if input_example is None else Example(input_example)
    manifest.metadata = metadata if metadata is not None else manifest.metadata
    manifest.further |= written_by()
    with new_folder(path) as folder:
        code = copy_code(code_paths, folder)
        environment = {"code": code, "conda_env": "conda.yaml", "python_env": "python_env.yaml", "model_config": model_config}
        if loader_module is not None:
            add_to_model(manifest, loader_module, data=_copy_data(data_path, folder), **environment)
        else:
            settings = {**_write(python_model, folder, model_config), "streamable": bool(streamable)}
            if kept := _copy_artifacts(artifacts or {}, folder):
                settings["artifacts"] = kept
            _sign(manifest, _model_of(python_model, model_config), signature)
            add_to_model(manifest, **environment, **settings)
        if example is not None:
            example.save(folder)
            manifest.saved_input_example_info = example.info
        manifest.model_size_bytes = size_of(folder)
        manifest.save(folder / FILE_NAME)
        found: list[str] = []
        asked = pip_requirements is None and conda_env is None
        write_environment(folder, [], None, [])
        if asked or infer_code_paths or (example is not None and signature is None and manifest.signature is None):
            answer = imports.ask(folder, example is not None)
            if infer_code_paths and answer.files:
                copy_modules(answer.files, folder)
                manifest.flavors[FLAVOR_NAME]["code"] = CODE
                manifest.model_size_bytes = size_of(folder)
                manifest.save(folder / FILE_NAME)
            found = pinned(answer.distributions | ({"cloudpickle"} if (folder / PICKLE).exists() else set()))
            if example is not None and signature is None and manifest.signature is None:
                manifest.signature = _from_example(folder, example)
                manifest.save(folder / FILE_NAME)
        write_environment(folder, found, conda_env, pip_requirements, extra_pip_requirements)


def log_model(
    artifact_path: str | None = None,
    loader_module: str | None = None,
    data_path: str | os.PathLike[str] | None = None,
    code_paths: Paths | None = None,
    infer_code_paths: bool = False,
    conda_env: Mapping[str, Any] | str | None = None,
    python_model: Any = None,
    artifacts: Mapping[str, str] | None = None,
    registered_model_name: str | None = None,
    signature: ModelSignature | bool | None = None,
    input_example: Any = None,
    await_registration_for: float | None = 300,
    pip_requirements: Sequence[str] | str | None = None,
    extra_pip_requirements: Sequence[str] | str | None = None,
    metadata: dict[str, Any] | None = None,
    model_config: Any = None,
    streamable: bool | None = None,
    name: str | None = None,
    params: dict[str, Any] | None = None,
    tags: dict[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
    **kwargs: Any,
) -> ModelInfo:
    """Log a model of your own to the active run, below ``artifacts/<name>``; a run is started where there is none.

    Args:
        artifact_path, name: where it goes among the run's artifacts, ``model`` if neither is given.
        registered_model_name: the registered model that gets it as its next version; made if it is not there.
        params, tags, model_type, step, model_id: of the logged model; see :func:`runstone.models.log.log_to_run`.
        loader_module … streamable: as for :func:`save_model`.

    Raises:
        InvalidValue: as for :func:`save_model`.
    """

    def save(folder: Path, manifest: Model) -> None:
        save_model(
            folder,
            loader_module=loader_module,
            data_path=data_path,
            code_paths=code_paths,
            infer_code_paths=infer_code_paths,
            conda_env=conda_env,
            mlflow_model=manifest,
            python_model=python_model,
            artifacts=artifacts,
            signature=signature,
            input_example=input_example,
            pip_requirements=pip_requirements,
            extra_pip_requirements=extra_pip_requirements,
            metadata=metadata,
            model_config=model_config,
            streamable=streamable,
        )

    logged: dict[str, Any] = {"params": params, "tags": tags, "model_type": model_type, "step": step, "model_id": model_id}
    return log_to_run(save, artifact_path, name, registered_model_name, **logged, **kwargs)


def get_default_pip_requirements() -> list[str]:
    """The requirements that every pickled model has."""
    return pinned(["cloudpickle"])


get_default_conda_env = conda_from(get_default_pip_requirements)


# --- inside ------------------------------------------------------------------------------------------------------------


def _write(model: Any, folder: Path, config: Any) -> dict[str, Any]:
    """Write the model; the flavor's settings."""
    version = {"cloudpickle_version": metadata.version("cloudpickle")}
    if isinstance(model, str | os.PathLike):
        source = Path(model)
        python_function.from_code(source, python_function.read_config(config))
        shutil.copyfile(source, folder / source.name)
        return {**version, "loader_module": "mlflow.pyfunc.loaders.code_model", "model_code_path": source.name}
    if isinstance(model, type):
        raise InvalidValue(f"python_model is the class {model.__name__}; give an instance: {model.__name__}().")
    if not callable(getattr(model, "predict", None)):
        if not callable(model):
            raise InvalidValue(f"python_model is a PythonModel, a function or a path; it got {type(model).__name__}.")
        model = python_model._FunctionPythonModel(model)
    module = importlib.import_module(python_model.__name__)
    cloudpickle.register_pickle_by_value(module)
    try:
        with (folder / PICKLE).open("wb") as stream, python_model.hints_kept(model):
            cloudpickle.dump(model, stream, protocol=pickle.DEFAULT_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError) as problem:
        raise InvalidValue(
            f"{type(model).__name__} cannot be pickled: {problem}. Open files, locks and connections belong in load_context(); "
            "or give the path of a file whose code calls set_model()."
        ) from problem
    finally:
        cloudpickle.unregister_pickle_by_value(module)
    return {**version, "loader_module": "mlflow.pyfunc.model", "python_model": PICKLE}


def _model_of(model: Any, config: Any) -> Any:
    if isinstance(model, str | os.PathLike):
        model = python_function.from_code(Path(model), python_function.read_config(config))
    return python_function.as_model(model)


def _sign(manifest: Model, model: Any, given: ModelSignature | bool | None) -> None:
    """The signature that was given, or what the type hints say."""
    if isinstance(given, ModelSignature):
        manifest.signature = given
    elif given not in (None, False):
        raise InvalidValue(f"signature is a ModelSignature, None or False; it got {type(given).__name__}.")
    elif given is None and manifest.signature is None:
        told = model.predict_type_hints if isinstance(model, python_model.PythonModel) else python_model.hints_of(model.predict)
        inputs = hints.schema_of(told.input)
        if inputs is not None:
            manifest.signature, manifest.hinted = ModelSignature(inputs=inputs, outputs=hints.schema_of(told.output)), True


def _from_example(folder: Path, example: Example) -> ModelSignature:
    """The signature of the example, and of what the saved model makes of it."""

    def predict(data: Any, params: Any) -> Any:
        return runstone.pyfunc.load_model(str(folder), suppress_warnings=True).predict(data, params)

    return signature_of_example(example.data, example.params, predict)


def _copy_data(data: str | os.PathLike[str] | None, folder: Path) -> str | None:
    if data is None:
        return None
    source = Path(data)
    if not source.exists():
        raise InvalidValue(f"data_path={os.fspath(data)!r} does not exist.")
    target = folder / "data" / source.resolve().name
    target.parent.mkdir()
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)
    return target.relative_to(folder).as_posix()


def _copy_artifacts(artifacts: Mapping[str, str], folder: Path) -> dict[str, dict[str, str]]:
    """Fetch artifacts; two of one name get folders of their own."""
    found: dict[str, dict[str, str]] = {}
    for name, given in artifacts.items():
        uri = os.fspath(given)
        local = Path(uri) if Path(uri).exists() else Path(runstone.artifacts.download_artifacts(uri))
        inner = Path("artifacts", local.resolve().name)
        if (folder / inner).exists():
            inner = Path("artifacts", str(len(found)), local.resolve().name)
        (folder / inner).parent.mkdir(parents=True, exist_ok=True)
        if local.is_dir():
            shutil.copytree(local, folder / inner)
        else:
            shutil.copyfile(local, folder / inner)
        found[str(name)] = {"path": inner.as_posix(), "uri": uri}
    return found
