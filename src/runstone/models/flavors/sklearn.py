"""scikit-learn models: ``runstone.sklearn``.

cloudpickle   the default: takes every model, functions and classes of the script included; runs code when loaded
pickle        as cloudpickle, for models made of importable classes only
skops         runs no code when loaded; types beyond scikit-learn's and NumPy's are named in ``skops_trusted_types``
"""

from __future__ import annotations

import os
import pickle
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import Any

import sklearn

from runstone.client.notices import warn_once
from runstone.errors import InvalidValue, NotFound, NotSupported
from runstone.models.environment import distribution_of, pinned, write_environment
from runstone.models.example import Example
from runstone.models.folder import copy_code, copy_extra, new_folder, size_of, use_code
from runstone.models.info import ModelInfo
from runstone.models.locate import local_folder
from runstone.models.log import log_to_run
from runstone.models.manifest import FILE_NAME, Model, written_by
from runstone.models.policy import KNOWN_TYPES, allow_pickle, loading_from, trusted_types
from runstone.models.pyfunc import FLAVOR_NAME as PYFUNC
from runstone.models.pyfunc import missing_module
from runstone.models.signature import ModelSignature, infer_signature

FLAVOR_NAME = "sklearn"
SERIALIZATION_FORMAT_CLOUDPICKLE = "cloudpickle"
SERIALIZATION_FORMAT_PICKLE = "pickle"
SERIALIZATION_FORMAT_SKOPS = "skops"
SUPPORTED_SERIALIZATION_FORMATS = (SERIALIZATION_FORMAT_CLOUDPICKLE, SERIALIZATION_FORMAT_PICKLE, SERIALIZATION_FORMAT_SKOPS)

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
    kind = _check_format(serialization_format)
    example = None if input_example is None else Example(input_example)
    manifest = mlflow_model if mlflow_model is not None else Model()
    manifest.signature = _signature(sk_model, signature, example, pyfunc_predict_fn) or manifest.signature
    manifest.metadata = metadata if metadata is not None else manifest.metadata
    manifest.further |= written_by()
    file = "model.skops" if kind == SERIALIZATION_FORMAT_SKOPS else "model.pkl"
    with new_folder(path) as folder:
        code = copy_code(code_paths, folder)
        types = _write(sk_model, folder / file, kind, skops_trusted_types)
        further = copy_extra(extra_files, folder)
        if example is not None:
            example.save(folder)
            manifest.saved_input_example_info = example.info
        _add_flavors(manifest, sk_model, file, kind, types, code, further, pyfunc_predict_fn)
        manifest.model_size_bytes = size_of(folder)
        manifest.save(folder / FILE_NAME)
        found = pinned(_distributions(sk_model, kind, code_paths))
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
        what it became; ``model_uri`` is ``runs:/<run_id>/<name>``, which every ``load_model`` takes.

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
    use_code(folder, settings)
    try:
        with loading_from(model_uri):
            return _read(folder / str(settings.get("pickled_model", "model.pkl")), settings)
    except ModuleNotFoundError as missing:
        raise missing_module(missing, folder) from missing


def get_default_pip_requirements(include_cloudpickle: bool = False, include_skops: bool = False) -> list[str]:
    """The requirements that every model has: scikit-learn, and the format's package where asked for."""
    wanted = ["scikit-learn", *["cloudpickle"] * include_cloudpickle, *["skops"] * include_skops]
    return pinned(wanted)


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
    file = place if place.is_file() else folder / str(settings.get("pickled_model", "model.pkl"))
    return SklearnFunction(_read(file, settings))


# --- inside ------------------------------------------------------------------------------------------------------------


def _check_format(given: str | None) -> str:
    kind = SERIALIZATION_FORMAT_CLOUDPICKLE if given is None else given
    if kind not in SUPPORTED_SERIALIZATION_FORMATS:
        raise InvalidValue(
            f"serialization_format={given!r} is unknown; there are {', '.join(SUPPORTED_SERIALIZATION_FORMATS)}."
        )
    return kind


def _signature(
    sk_model: Any, given: ModelSignature | bool | None, example: Example | None, predict_fn: str
) -> ModelSignature | None:
    if isinstance(given, ModelSignature):
        return given
    if given not in (None, False):
        raise InvalidValue(f"signature is a ModelSignature, None or False; it got {type(given).__name__}.")
    if given is False or example is None or not hasattr(sk_model, predict_fn):
        return None
    try:
        output = getattr(sk_model, predict_fn)(example.data)
    except Exception as problem:  # the example may be wrong in any way; the model is worth keeping
        warn_once("input_example", f"the model cannot predict its input example, so its signature has inputs only: {problem}")
        output = None
    return infer_signature(example.data, output, example.params)


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


def _write(sk_model: Any, file: Path, kind: str, types: Sequence[str] | None) -> list[str] | None:
    """Write the model; the types that a skops file is trusted with."""
    if kind == SERIALIZATION_FORMAT_SKOPS:
        return _write_skops(sk_model, file, types)
    dump: Callable[..., None] = pickle.dump
    if kind == SERIALIZATION_FORMAT_CLOUDPICKLE:
        dump = _package("cloudpickle", kind).dump
    try:
        with file.open("wb") as stream:
            # The default protocol loads in every Python that is alive; the highest may not.
            dump(sk_model, stream, protocol=pickle.DEFAULT_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError) as problem:
        raise InvalidValue(f"{type(sk_model).__name__} cannot be saved as {kind}: {problem}") from problem
    return None


def _write_skops(sk_model: Any, file: Path, types: Sequence[str] | None) -> list[str] | None:
    skops = _package("skops.io", SERIALIZATION_FORMAT_SKOPS)
    try:
        skops.dump(sk_model, file)
        held = skops.get_untrusted_types(file=file)
        unknown = sorted(set(held) - set(types or ()) - set(KNOWN_TYPES))
        if not unknown:
            skops.load(file, trusted=held)  # it writes some things that it cannot read
    except Exception as problem:  # skops has no common error
        raise InvalidValue(
            f"{type(sk_model).__name__} cannot be saved as skops, which takes no functions or classes defined within others; "
            f"serialization_format='cloudpickle' does. {problem}"
        ) from problem
    if unknown:
        raise InvalidValue(
            f"A skops file of {type(sk_model).__name__} holds types that nobody has vouched for: {unknown}. If they are safe "
            f"to load, say so with skops_trusted_types={unknown}; serialization_format='cloudpickle' asks no such question."
        )
    return sorted(held) or None


def _read(file: Path, settings: Mapping[str, Any]) -> Any:
    if not file.is_file():
        raise NotFound(f"The model's file {file.name!r} is not there: {file}")
    kind = _check_format(settings.get("serialization_format", SERIALIZATION_FORMAT_PICKLE))
    if kind == SERIALIZATION_FORMAT_SKOPS:
        return _read_skops(file, settings)
    allow_pickle(str(file))
    load = _package("cloudpickle", kind).load if kind == SERIALIZATION_FORMAT_CLOUDPICKLE else pickle.load
    with file.open("rb") as stream:
        return load(stream)


def _read_skops(file: Path, settings: Mapping[str, Any]) -> Any:
    skops = _package("skops.io", SERIALIZATION_FORMAT_SKOPS)
    told = trusted_types(settings.get("skops_trusted_types"))
    refused = sorted(set(skops.get_untrusted_types(file=file)) - set(told))
    if refused:
        raise InvalidValue(
            f"{file} holds types that nobody has vouched for: {refused}. If you trust whoever made it, load it with "
            "RUNSTONE_ALLOW_PICKLE=allow and these types in its MLmodel under skops_trusted_types."
        )
    return skops.load(file, trusted=told)


def _package(name: str, kind: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        top = name.partition(".")[0]
        raise NotSupported(
            f"The format {kind!r} needs the package {top}, which is not installed: pip install {top}"
        ) from missing


def _distributions(sk_model: Any, kind: str, code_paths: Paths | None) -> Iterator[str]:
    """Packages that loading the model will import; modules of no package are named in a warning."""
    yield from ("scikit-learn", "numpy", "scipy", "joblib")
    if kind != SERIALIZATION_FORMAT_PICKLE:
        yield kind
    carried = {Path(path).name.partition(".")[0] for path in code_paths or ()}
    for module in sorted(_modules(sk_model)):
        distribution = distribution_of(module)
        if distribution is not None:
            yield distribution
        elif module not in carried and _is_loose(module):
            warn_once(
                f"loose {module}",
                f"the model holds something from the module {module!r}, which is in no installed package: without "
                f"code_paths=[…] it loads only where {module!r} can be imported.",
            )


def _is_loose(module: str) -> bool:
    import sys

    return module not in ("__main__", "__mp_main__", "builtins") and module not in sys.stdlib_module_names


def _modules(sk_model: Any) -> set[str]:
    """Top-level modules of the model, of all estimators within it, and of functions given to them."""
    held = [sk_model]
    with suppress(Exception):  # somebody's own get_params may do anything
        held += sk_model.get_params(deep=True).values()
    flat = [item for value in held for item in (value if isinstance(value, list | tuple) else [value])]
    named = [item for item in flat if isinstance(item, type | FunctionType | BuiltinFunctionType)]
    kinds = [*named, *map(type, flat)]
    # What is defined within a function is saved as a whole, not as a name in its module.
    found = [item.__module__ for item in kinds if "<" not in item.__qualname__]
    return {module.partition(".")[0] for module in found if module}
