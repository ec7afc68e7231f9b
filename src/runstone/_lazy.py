"""Names that load on first use, so that a front door costs nothing to open."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from typing import Any


def lazy(package: str, names: Mapping[str, str], other: str = "") -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` for a package.

    Args:
        package: its ``__name__``.
        names: public name to ``"module"`` or ``"module:attribute"``, modules absolute.
        other: ``"module:function"`` that is asked for a name that is not among these, and gives ``None`` if it has none.
    """

    def load(name: str) -> Any:
        place = names.get(name)
        if place is None and other and not name.startswith("_"):
            # `from package import module` asks here before it imports: a module of the package is nobody else's
            if importlib.util.find_spec(f"{package}.{name}") is not None:
                return importlib.import_module(f"{package}.{name}")
            asked, _, function = other.partition(":")
            value = getattr(importlib.import_module(asked), function)(name)
            if value is not None:
                return value
        if place is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module_name, _, attribute = place.partition(":")
        module = importlib.import_module(module_name)
        value = getattr(module, attribute) if attribute else module
        setattr(sys.modules[package], name, value)  # the next look-up is an ordinary one
        return value

    def names_of() -> list[str]:
        return sorted({*vars(sys.modules[package]), *names})

    return load, names_of


def later(module: str) -> Any:
    """A module that is imported when a name of it is first used: ``np = later("numpy")``.

    For machinery that a short command loads and never calls. Type checkers are shown the import itself.
    """
    return _Later(module)


class _Later:
    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        value = getattr(importlib.import_module(self._module), name)
        setattr(self, name, value)  # the next look-up is an ordinary one
        return value


def need(module: str, what: str, install: str = "") -> Any:
    """An optional package, imported now.

    Args:
        module: dotted name, such as ``PIL.Image``.
        what: what cannot be done without it, for the error.
        install: its name for pip, where that is not the module's.

    Raises:
        NotSupported: it is not installed; the message says how to get it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as cause:
        top = module.partition(".")[0]
        if cause.name is not None and cause.name.partition(".")[0] != top:
            raise  # it is there, but broken
        errors = importlib.import_module(f"{__package__}.errors")  # loaded only for the error: the front door stays cheap
        raise errors.NotSupported(f"{what} needs {top}, which is not installed. Try: pip install {install or top}") from cause
