"""Models that are Python code: how they are read, and how ``predict`` is called."""

from __future__ import annotations

import importlib
import inspect
import os
import pickle
import sys
import uuid
from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from runstone.errors import InvalidValue, NotFound, NotSupported

from . import hints, python_model, yaml_text
from .folder import inside
from .manifest import Model
from .policy import allow_pickle
from .python_model import PythonModelContext

#: MLflow's loader modules that mean a model of this kind.
LOADERS = ("mlflow.pyfunc.model", "mlflow.pyfunc.loaders.code_model")
#: What pickles of MLflow's models name, and what it is here.
_MEANT = {
    "mlflow.pyfunc.model": "runstone.models.python_model",
    "mlflow.models.signature": "runstone.models.python_function",
    "mlflow.pyfunc.utils.data_validation": "runstone.models.python_function",
    "mlflow.exceptions": "runstone.exceptions",
}
#: Where the classes are of which a signature consists.
_DESCRIBE = ("mlflow.models.signature", "mlflow.types.schema")
_TypeHints = python_model._TypeHints

_set: list[Any] = []


def set_model(model: Any) -> None:
    """In a file that is a model: say which object it is, a :class:`PythonModel` or a function of the input."""
    if not callable(getattr(model, "predict", None)) and not callable(model):
        raise InvalidValue(f"A model is a PythonModel or a function of the input, not {type(model).__name__}.")
    _set[:] = [model]


class FuncInfo(NamedTuple):
    """What MLflow keeps of a ``predict`` with type hints; pickled models hold one."""

    input_type_hint: Any = None
    input_param_name: str = ""


def _validate_model_input(args: Any, kwargs: Any, index: int, hint: Any, name: str) -> Any:
    """What ``predict`` of a model that MLflow pickled calls first."""
    if name in kwargs:
        return args, {**kwargs, name: hints.as_batch(kwargs[name], hint)}
    return (*args[:index], hints.as_batch(args[index], hint), *args[index + 1 :]), kwargs


class _AnyName(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls()


class _Description(metaclass=_AnyName):
    """Stands for MLflow's own description of a signature, which it pickles with a function; the manifest says the same."""

    def __init__(self, *given: Any) -> None:
        """Whatever it was made of."""

    def __setstate__(self, state: Any) -> None:
        """Nothing of it is kept."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        meant = _MEANT.get(module)
        if meant is not None and hasattr(importlib.import_module(meant), name):
            return getattr(importlib.import_module(meant), name)
        if module in _DESCRIBE:
            return _Description
        return super().find_class(module, name)


class PythonFunction:
    """A model of your own, loaded: ``predict`` is called as it is written.

    Args:
        model: with ``predict``.
        context: what it was loaded with.
    """

    def __init__(self, model: Any, context: PythonModelContext, hinted: bool) -> None:
        self.python_model, self.context = model, context
        given = inspect.signature(model.predict).parameters
        many = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in given.values())
        positional = [name for name, one in given.items() if one.kind is not inspect.Parameter.VAR_KEYWORD]
        self._with_context = "context" in given or len([one for one in positional if one != "params"]) > 1
        self.takes_params = "params" in given or many
        self.hint = python_model.hints_of(type(model).predict).input if hinted else None
        told = getattr(model, "predict_type_hints", None)
        if hinted and told is not None and told.input is not None:
            self.hint = told.input

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        return self._call(self.python_model.predict, data, params)

    def predict_stream(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        return self._call(self.python_model.predict_stream, data, params)

    def _call(self, function: Any, data: Any, params: Mapping[str, Any] | None) -> Any:
        if self.hint is not None:
            data = hints.as_batch(data, self.hint)
        before = (self.context,) if self._with_context else ()
        beside = {"params": None if params is None else dict(params)} if self.takes_params and params is not None else {}
        return function(*before, data, **beside)

    def get_raw_model(self) -> Any:
        return self.python_model


def load(folder: Path, settings: Mapping[str, Any], meta: Model, config: Any = None) -> PythonFunction:
    """Read such a model and let it load what it needs.

    Raises:
        NotFound: its file is not there. PermissionDenied: it is a pickle, and the policy forbids those.
        InvalidValue: a file of code that sets no model.
    """
    known = {**(settings.get("config") or {}), **read_config(config)}
    code = settings.get("model_code_path")
    if code:
        file = inside(folder, os.path.basename(str(code)))
        model = from_code(file, known)
    else:
        file = inside(folder, settings.get("python_model", "python_model.pkl"))
        allow_pickle(str(file))
        with file.open("rb") as stream:
            model = _Unpickler(stream).load()
    kept = {name: str(inside(folder, one["path"])) for name, one in (settings.get("artifacts") or {}).items()}
    context = PythonModelContext(kept, known)
    if hasattr(model, "load_context"):
        model.load_context(context)
    return PythonFunction(as_model(model), context, bool(meta.hinted))


def as_model(model: Any) -> Any:
    """A function becomes a model."""
    return model if callable(getattr(model, "predict", None)) else python_model._FunctionPythonModel(model)


def from_code(file: Path, config: Mapping[str, Any] | None = None) -> Any:
    """Run a file of code and get the model it sets.

    Raises:
        NotFound, InvalidValue, NotSupported (it imports mlflow, which is not installed).
    """
    if not file.is_file():
        raise NotFound(f"There is no file {os.fspath(file)!r} with the model's code.")
    name = f"runstone_model_{uuid.uuid4().hex[:8]}"
    spec = spec_from_loader(name, SourceFileLoader(name, str(file)))
    assert spec is not None
    module = module_from_spec(spec)
    _set.clear()
    ModelConfig._given = dict(config or {})
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)  # type: ignore[union-attr]
    except ModuleNotFoundError as missing:
        if missing.name is not None and missing.name.partition(".")[0] == "mlflow":
            raise NotSupported(
                f"The code of this model ({file}) imports mlflow, which is not installed. `runstone drop-in python …` puts "
                "runstone in its place."
            ) from missing
        raise
    if not _set:
        raise InvalidValue(f"{file} sets no model: it has to call runstone.models.set_model(model).")
    return _set.pop()


class ModelConfig:
    """Settings inside a file of code: those that the model is loaded with, else of a development file.

    Args:
        development_config: a dict or a YAML file, used where the model is not being loaded with settings.
    """

    _given: Mapping[str, Any] = {}

    def __init__(self, *, development_config: Any = None) -> None:
        self._own = {**read_config(development_config), **ModelConfig._given}

    def get(self, key: str) -> Any:
        """Raises InvalidValue for a key that is not there."""
        if key not in self._own:
            raise InvalidValue(f"The model's settings have no {key!r}; they have {sorted(self._own)}.")
        return self._own[key]

    def to_dict(self) -> dict[str, Any]:
        return dict(self._own)


def read_config(given: Any) -> dict[str, Any]:
    """Settings from a dict or a YAML file. Raises InvalidValue."""
    if given is None or isinstance(given, Mapping):
        return dict(given or {})
    try:
        told = yaml_text.loads(Path(given).read_text("utf-8"))
    except (OSError, TypeError, yaml.YAMLError) as cause:
        raise InvalidValue(f"model_config={given!r} is neither a dict nor a YAML file that can be read: {cause}") from cause
    if not isinstance(told, dict):
        raise InvalidValue(f"model_config={given!r} holds no settings by name.")
    return told
