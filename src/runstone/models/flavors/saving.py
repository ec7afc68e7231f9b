"""What all flavors share: a folder that is made whole, its manifest, its environment; opening it again."""

from __future__ import annotations

import inspect
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from runstone.errors import InvalidValue
from runstone.models import folder as files
from runstone.models.environment import pinned, write_environment
from runstone.models.example import Example
from runstone.models.info import ModelInfo
from runstone.models.locate import local_folder
from runstone.models.log import log_to_run
from runstone.models.manifest import FILE_NAME, Model, written_by
from runstone.models.policy import loading_from
from runstone.models.pyfunc import FLAVOR_NAME as PYFUNC
from runstone.models.pyfunc import missing_module
from runstone.models.risks import allow_code
from runstone.models.signature import ModelSignature, signature_of_example

from . import held

Paths = Sequence[str | os.PathLike[str]]
Requirements = Sequence[str] | str | os.PathLike[str]
Signature = ModelSignature | bool | None
Environment = Mapping[str, Any] | str | None

#: Arguments of every ``log_model`` that its ``save_model`` does not have.
_OF_LOGGING: dict[str, Any] = {
    "artifact_path": None,
    "registered_model_name": None,
    "await_registration_for": 300,
    "name": None,
    "params": None,
    "tags": None,
    "model_type": None,
    "step": 0,
    "model_id": None,
    "prompts": None,
}


class Given(Struct, frozen=True):
    """The arguments that every ``save_model`` has; see :func:`runstone.models.flavors.sklearn.save_model`."""

    conda_env: Environment = None
    code_paths: Paths | None = None
    mlflow_model: Model | None = None
    signature: Signature = None
    input_example: Any = None
    pip_requirements: Requirements | None = None
    extra_pip_requirements: Requirements | None = None
    metadata: dict[str, Any] | None = None
    extra_files: Paths | None = None


class Written(Struct, frozen=True):
    """What a flavor wrote into the folder.

    Attributes:
        settings: of the flavor in the manifest.
        python: of ``python_function``; ``None`` where the model is none.
        packages: distributions that loading it needs; those that are not installed are left out.
        held: objects whose classes loading it needs.
        signature: of a model whose kind says what it takes; one that the caller gives or that an example shows goes first.
    """

    settings: dict[str, Any]
    python: dict[str, Any] | None
    packages: Sequence[str]
    held: Sequence[Any] = field(default_factory=list)
    signature: ModelSignature | None = None


def save(
    flavor: str,
    path: str | os.PathLike[str],
    given: Given,
    write: Callable[[Path], Written],
    predict: Callable[[Any, Mapping[str, Any] | None], Any] | None = None,
) -> None:
    """Save a model to a folder, whole or not at all.

    Args:
        flavor: its name in the manifest; the loader of python_function is ``mlflow.<flavor>``.
        write: writes the model into a folder.
        predict: for the signature, called with the input example's data and params; ``None`` for models that are no function.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: an argument that cannot be used.
    """
    example = None if given.input_example is None else Example(given.input_example)
    manifest = given.mlflow_model if given.mlflow_model is not None else Model()
    manifest.metadata = given.metadata if given.metadata is not None else manifest.metadata
    manifest.further |= written_by()
    with files.new_folder(path) as folder:
        code = files.copy_code(given.code_paths, folder)
        written = write(folder)
        signature = _signature(given.signature, example, predict)
        if signature is None and given.signature is not False:
            signature = manifest.signature or written.signature
        manifest.signature = signature
        further = files.copy_extra(given.extra_files, folder)
        if example is not None:
            example.save(folder)
            manifest.saved_input_example_info = example.info
        if written.python is not None:
            environment = {"conda": "conda.yaml", "virtualenv": "python_env.yaml"}
            told = {"loader_module": f"mlflow.{flavor}", "python_version": platform.python_version(), "env": environment}
            manifest.add_flavor(PYFUNC, **told, **written.python, **({"code": code} if code else {}))
        manifest.add_flavor(flavor, code=code, **written.settings, **further)
        manifest.model_size_bytes = files.size_of(folder)
        manifest.save(folder / FILE_NAME)
        found = pinned([*written.packages, *held.distributions(written.held, given.code_paths)])
        write_environment(folder, found, given.conda_env, given.pip_requirements, given.extra_pip_requirements)


def _signature(given: Signature, example: Example | None, predict: Any) -> ModelSignature | None:
    if isinstance(given, ModelSignature):
        return given
    if given not in (None, False):
        raise InvalidValue(f"signature is a ModelSignature, None or False; it got {type(given).__name__}.")
    if given is False or example is None or predict is None:
        return None
    return signature_of_example(example.data, example.params, predict)


def logs(save_model: Callable[..., None], names: str) -> Callable[..., ModelInfo]:
    """The ``log_model`` of a flavor: its ``save_model``, to the active run's artifacts; a run is started where there is none.

    Args:
        names: its arguments in MLflow's order, separated by spaces. Those that ``save_model`` lacks are of the logged model.
    """
    known = inspect.signature(save_model, eval_str=False).parameters
    parameters = [_parameter(name, known) for name in names.split()]
    rest = [inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)]
    signature = inspect.Signature([*parameters, *rest], return_annotation="ModelInfo")
    forwards = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in known.values())

    def log_model(*args: Any, **kwargs: Any) -> ModelInfo:
        told = signature.bind(*args, **kwargs).arguments
        more = told.pop("kwargs", {})
        saving = {name: told.pop(name) for name in list(told) if name in known}
        (saving if forwards else told).update(more)

        def save_to(folder: Path, manifest: Model) -> None:
            save_model(**saving, path=folder, mlflow_model=manifest)

        told.pop("await_registration_for", None)
        return log_to_run(save_to, told.pop("artifact_path", None), told.pop("name", None), **told)

    log_model.__signature__ = signature  # type: ignore[attr-defined]
    log_model.__module__, log_model.__qualname__ = save_model.__module__, "log_model"
    log_model.__doc__ = (
        f"Log a model to the active run, below ``artifacts/<name>``. Arguments that ``save_model`` has are for it:\n\n"
        f"{inspect.cleandoc(save_model.__doc__ or '')}\n\n"
        "``registered_model_name`` makes it the next version of a registered model; ``params``, ``tags``, ``model_type``,\n"
        "``step`` and ``model_id`` are of the logged model. ``artifact_path`` and ``name`` mean the same.\n\n"
        "Returns:\n    what it became; every ``load_model`` takes its ``model_uri``.\n"
    )
    return log_model


def _parameter(name: str, known: Mapping[str, inspect.Parameter]) -> inspect.Parameter:
    if name in known:
        return known[name].replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=_OF_LOGGING[name])


@contextmanager
def opened(
    flavor: str, model_uri: str | os.PathLike[str], dst_path: str | os.PathLike[str] | None = None
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A model's folder and its flavor's settings, with its code importable, to load it within the block.

    Raises:
        NotFound, InvalidValue: there is no model, or it lacks the flavor.
        NotSupported: it needs a module that is not installed.
        PermissionDenied: loading it runs code, and ``RUNSTONE_ALLOW_PICKLE`` forbids that.
    """
    folder = local_folder(model_uri, dst_path)
    settings = Model.load(folder).flavors.get(flavor)
    if settings is None:
        raise InvalidValue(f"The model at {os.fspath(model_uri)!r} has no flavor {flavor!r}.")
    try:
        with loading_from(model_uri):
            allow_code(folder)
            files.use_code(folder, settings)
            yield folder, settings
    except ModuleNotFoundError as missing:
        raise missing_module(missing, folder) from missing


def found(flavor: str, path: str | os.PathLike[str]) -> tuple[Path, dict[str, Any]]:
    """The folder and the flavor's settings, for the loader that python_function calls with the model's data or its folder."""
    place = Path(path)
    folder = next((one for one in (place, *place.parents[:2]) if (one / FILE_NAME).is_file()), place)
    return folder, Model.load(folder).flavors.get(flavor, {})


#: What a manifest names; flavors read nothing else of their models.
inside = files.inside


def class_named(name: str, packages: Sequence[str]) -> type:
    """A class that a manifest names, of one of these packages: a manifest is no reason to import anything else.

    Raises:
        InvalidValue: it is of another package, or no class.
    """
    import importlib

    module, _, attribute = name.rpartition(".")
    if module.partition(".")[0] not in packages:
        raise InvalidValue(f"The manifest names the class {name!r}, which is none of {' or '.join(packages)}.")
    item = getattr(importlib.import_module(module), attribute, None)
    if not isinstance(item, type):
        raise InvalidValue(f"The manifest names {name!r}, and there is no such class.")
    return item


class Function:
    """A model as python_function: what predicts, and the framework's own model."""

    takes_params = True

    def __init__(self, raw: Any, call: Callable[[Any, Mapping[str, Any] | None], Any]) -> None:
        self.raw = raw
        self._call = call

    def get_raw_model(self) -> Any:
        return self.raw

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        return self._call(data, params)


def accepted(function: Callable[..., Any], params: Mapping[str, Any] | None) -> dict[str, Any]:
    """Those of the params that a function takes."""
    taken = inspect.signature(function).parameters
    return {name: value for name, value in (params or {}).items() if name in taken}
