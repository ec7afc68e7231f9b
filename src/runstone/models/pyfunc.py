"""Any model as a function of data: load it, hold data against its signature, predict."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runstone import plugins
from runstone.client.notices import warn_once
from runstone.errors import InvalidValue, NotSupported

from . import python_function
from .enforce import enforce_schema
from .environment import REQUIREMENTS, warn_of_differences
from .folder import CODE, inside, use_code
from .locate import local_folder
from .manifest import FLAVORS, Model
from .params import known_params
from .policy import loading_from
from .risks import allow_code
from .signature import ModelSignature

FLAVOR_NAME = "python_function"
_UNREAD: Any = object()


class PyFuncModel:
    """A loaded model; ``predict`` takes the data that the signature describes.

    Args:
        model_meta: its manifest.
        model_impl: what its loader gave, with ``predict(data)`` or ``predict(data, params=…)``.
        predict_fn: the name of the method that predicts.
        folder: where it lies.
    """

    def __init__(self, model_meta: Model, model_impl: Any, predict_fn: str = "predict", folder: Path | None = None) -> None:
        if not hasattr(model_impl, predict_fn):
            raise InvalidValue(f"The model has no method {predict_fn!r}, so it cannot predict as python_function.")
        self._model_meta, self._model_impl, self._predict_fn = model_meta, model_impl, predict_fn
        self._folder, self._example = folder, _UNREAD

    @property
    def metadata(self) -> Model:
        """The manifest: run id, signature, flavors …"""
        return self._model_meta

    @property
    def input_example(self) -> Any:
        """The data of the example that it was saved with; None without one. Read when it is first asked for."""
        if self._example is _UNREAD:
            self._example = None if self._folder is None else self._model_meta.load_input_example(self._folder)
        return self._example

    @input_example.setter
    def input_example(self, value: Any) -> None:
        self._example = value

    @property
    def model_config(self) -> dict[str, Any]:
        """The settings that the model was saved with."""
        config: dict[str, Any] = self._model_meta.flavors[FLAVOR_NAME].get("config") or {}
        return config

    @property
    def loader_module(self) -> str:
        return str(self._model_meta.flavors[FLAVOR_NAME]["loader_module"])

    @property
    def model_id(self) -> str | None:
        """The id of the logged model; None for one that was saved to a folder."""
        return self._model_meta.model_id

    def unwrap_python_model(self) -> Any:
        """Your own :class:`PythonModel`. Raises NotSupported for a framework's model."""
        found = getattr(self._model_impl, "python_model", None)
        if found is None:
            raise NotSupported(f"This model is no PythonModel: it is loaded by {self.loader_module}. get_raw_model() gives it.")
        return found

    def get_raw_model(self) -> Any:
        """The framework's own model."""
        raw = getattr(self._model_impl, "get_raw_model", None)
        return raw() if callable(raw) else self._model_impl

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Predictions for the data, in whatever form the model gives them.

        Args:
            data: DataFrame, Series, array, sparse matrix, dict, list, or what the model takes where it has no signature.
            params: by name; those of the signature that are not given have their defaults.

        Raises:
            InvalidValue: the data or a param does not fit the signature; the message names the column.
        """
        return self._predict(getattr(self._model_impl, self._predict_fn), data, params)

    def predict_stream(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Predictions piece by piece, as an iterator; as :meth:`predict` else. Raises NotSupported where the model has none."""
        function = getattr(self._model_impl, "predict_stream", None)
        if function is None or not self._model_meta.flavors[FLAVOR_NAME].get("streamable"):
            raise NotSupported("This model has no predict_stream; one that has is saved with streamable=True.")
        return self._predict(function, data, params)

    def _predict(self, function: Callable[..., Any], data: Any, params: Mapping[str, Any] | None) -> Any:
        signature = self._model_meta.signature
        if signature is not None and signature.inputs is not None and not self._model_meta.hinted:
            data = enforce_schema(data, signature.inputs)
        known = self._params(signature, params)
        return function(data) if known is None else function(data, params=known)

    def _params(self, signature: ModelSignature | None, given: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """For models whose method takes params; None for others, and for none to give."""
        known = known_params(None if signature is None else signature.params, given)
        return known if getattr(self._model_impl, "takes_params", True) else None

    def __call__(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        return self.predict(data, params)

    def __repr__(self) -> str:
        meta = self._model_meta
        lines = {"artifact_path": meta.artifact_path, "flavor": self.loader_module, "run_id": meta.run_id}
        told = "".join(f"  {name}: {value}\n" for name, value in lines.items() if value is not None)
        return f"runstone.pyfunc.loaded_model:\n{told}"


def load_model(
    model_uri: str | os.PathLike[str],
    suppress_warnings: bool = False,
    dst_path: str | os.PathLike[str] | None = None,
    model_config: Mapping[str, Any] | str | os.PathLike[str] | None = None,
) -> PyFuncModel:
    """Load a model that has the flavor ``python_function``.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``; written by Runstone or by MLflow.
        suppress_warnings: say nothing about packages with other versions than the model's.
        dst_path: a folder that exists, to copy the model to first.
        model_config: settings for the model, a dict or a YAML file; one that takes none is loaded without, with a warning.

    Raises:
        NotFound: there is no model.
        InvalidValue: the folder's manifest cannot be read, or lacks the flavor.
        NotSupported: its framework has no loader here.
        PermissionDenied: loading it runs code, as pickles do, and ``RUNSTONE_ALLOW_PICKLE`` forbids that.
    """
    return load_folder(local_folder(model_uri, dst_path), model_uri, suppress_warnings, model_config)


def load_folder(
    folder: Path,
    model_uri: str | os.PathLike[str],
    suppress_warnings: bool = False,
    model_config: Mapping[str, Any] | str | os.PathLike[str] | None = None,
) -> PyFuncModel:
    """:func:`load_model` for a model that is here already; ``model_uri`` says where it came from."""
    meta = Model.load(folder)
    settings = settings_of(meta, model_uri)
    if not suppress_warnings:
        warn_of_differences(folder)
    with loading_from(model_uri):
        allow_code(folder)
        use_code(folder, settings)
        implementation = _load(folder, settings, meta, model_config)
    return PyFuncModel(meta, implementation, str(settings.get("predict_fn", "predict")), folder)


def settings_of(meta: Model, model_uri: str | os.PathLike[str]) -> Mapping[str, Any]:
    """What its manifest says of the flavor. Raises InvalidValue where it has none."""
    settings: Mapping[str, Any] | None = meta.flavors.get(FLAVOR_NAME)
    if settings is None:
        raise InvalidValue(
            f"The model at {os.fspath(model_uri)!r} has no flavor {FLAVOR_NAME!r}; it has {', '.join(sorted(meta.flavors))}. "
            "Load it with its own flavor's load_model."
        )
    return settings


def _load(folder: Path, settings: Mapping[str, Any], meta: Model, config: Any) -> Any:
    """What the loader module gives for the model's data."""
    named = str(settings.get("loader_module", ""))
    if named in python_function.LOADERS:
        try:
            return python_function.load(folder, settings, meta, config)
        except ModuleNotFoundError as missing:
            raise missing_module(missing, folder) from missing
    data = settings.get("model_path") or settings.get("data")
    place = inside(folder, data) if data else folder
    given = python_function.read_config(config)
    try:
        loader = _loader(named)
        if "model_config" in inspect.signature(loader).parameters:
            return loader(str(place), model_config={**(settings.get("config") or {}), **given})
        if given:
            warn_once(
                f"model_config {named}", f"model_config= is not used ({', '.join(map(str, given))}): models that {named} loads "
                "take no settings."
            )  # fmt: skip
        return loader(str(place))
    except ModuleNotFoundError as missing:
        raise missing_module(missing, folder) from missing


def _loader(named: str) -> Callable[..., Any]:
    """``_load_pyfunc`` of a loader module; mlflow's and those of entry points are found by their flavor's name."""
    package, _, flavor = named.partition(".")
    if package in ("mlflow", "runstone") and flavor in FLAVORS:
        module = importlib.import_module(f"runstone.models.flavors.{flavor}")
    elif package == "mlflow":
        module = plugins.flavor(flavor)
        if module is None:
            raise NotSupported(
                f"This model is loaded by {named}, and this version has no such flavor; it has {', '.join(FLAVORS)}. "
                f"An installed package can bring one, as an entry point {flavor!r} of the group {plugins.FLAVORS!r}."
            )
    else:
        module = plugins.flavor(named)
        if module is None:
            module = importlib.import_module(named)
    loader: Callable[..., Any] = module._load_pyfunc
    return loader


def missing_module(missing: ModuleNotFoundError, folder: Path) -> NotSupported:
    """The error for a model that needs what is not installed."""
    beside = [] if (folder / CODE).is_dir() else ["log it with code_paths=[…] if it is your own module"]
    wanted = folder / REQUIREMENTS
    install = [f"pip install -r {wanted}", "--env-manager uv where a command loads it"] if wanted.is_file() else []
    remedy = "; or ".join([*install, *beside]) or f"make it importable (sys.path has {sys.path[:3]} …)"
    return NotSupported(f"The model in {folder} needs the module {missing.name!r}, which is not installed. Try: {remedy}.")
