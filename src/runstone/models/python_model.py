"""What a model of your own is made of. A pickled model carries these classes along, so that it loads where runstone is not
installed: nothing but the standard library is used here."""

from __future__ import annotations

import contextlib
import inspect
import typing
from collections.abc import Iterator
from typing import Any


class _TypeHints:
    """Type hints of ``predict``'s input and output, ``None`` where there are none; under MLflow's name and fields."""

    def __init__(self, input: Any = None, output: Any = None) -> None:
        self.input, self.output = input, output


class PythonModel:
    """Inherit from it and write ``predict``; ``load_context`` is called once, when the model is loaded."""

    def load_context(self, context: Any) -> None:
        """Read what the model needs. ``context.artifacts`` has the path of each artifact, ``context.model_config`` settings."""

    def predict(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        """Predictions for the input. ``context`` may be left out, as in ``predict(self, model_input, params=None)``."""
        raise NotImplementedError(f"{type(self).__name__} has no predict(self, context, model_input, params=None).")

    def predict_stream(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> Iterator[Any]:
        """The same piece by piece, for models saved with ``streamable=True``."""
        raise NotImplementedError(f"{type(self).__name__} has no predict_stream(self, context, model_input, params=None).")

    @property
    def predict_type_hints(self) -> Any:
        """What ``predict`` says of its input and output."""
        return hints_of(type(self).predict)


class _FunctionPythonModel(PythonModel):
    """A function as a model."""

    def __init__(self, func: Any, signature: Any = None) -> None:
        self.func, self.signature = func, signature

    def predict(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        if "params" in inspect.signature(self.func).parameters:
            return self.func(model_input, params=params)
        return self.func(model_input)

    @property
    def predict_type_hints(self) -> Any:
        return hints_of(self.func)


class PythonModelContext:
    """What ``load_context`` and ``predict`` are told.

    Attributes:
        artifacts: name to the path on this machine.
        model_config: settings, with those that ``load_model`` was given.
    """

    def __init__(self, artifacts: dict[str, str], model_config: Any) -> None:
        self.artifacts, self.model_config = artifacts, model_config


@contextlib.contextmanager
def hints_kept(model: Any) -> Iterator[None]:
    """Within the block the type hints of ``predict`` are types even where they were written as texts, as ``from __future__
    import annotations`` makes them: a function that is pickled by value takes along no names that only texts speak of."""
    function = inspect.unwrap(getattr(model, "func", None) or type(model).predict)
    before: dict[str, Any] = getattr(function, "__annotations__", {})
    try:
        known = typing.get_type_hints(function, include_extras=True)
    except Exception:  # hints that nothing explains
        known = before
    if not before or known == before:
        yield
        return
    function.__annotations__ = known
    try:
        yield
    finally:
        function.__annotations__ = before


def hints_of(function: Any) -> Any:
    """The type hints of a ``predict``: of its first argument that is neither ``self`` nor ``context``, and of its result."""
    function = inspect.unwrap(function)
    names = [name for name in inspect.signature(function).parameters if name not in ("self", "context")]
    try:
        known = typing.get_type_hints(function)
    except Exception:
        known = dict(getattr(function, "__annotations__", {}))
    found = [known.get(name) for name in (*names[:1], "return")]
    first, last = (None if hint in (None, Any) or isinstance(hint, str) else hint for hint in found)
    return _TypeHints(first if names else None, last)
