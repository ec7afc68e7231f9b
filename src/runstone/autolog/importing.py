"""Frameworks that are imported later: a finder that says when a module has been loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from types import ModuleType
from typing import Any

from . import core

Told = Callable[[ModuleType], None]


class Watcher(MetaPathFinder):
    """Finds nothing itself: lets the others find, and has the modules of watched packages reported once they are loaded."""

    def __init__(self) -> None:
        self.watched: dict[str, Told] = {}

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        told = self.watched.get(name) or self.watched.get(name.partition(".")[0] + ".*")
        if told is None:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module") and not isinstance(spec.loader, ExtensionFileLoader):
                    spec.loader = Reporting(spec.loader, told)
                return spec
        return None


class Reporting(Loader):
    """Loads as another loader does, and then tells."""

    def __init__(self, loader: Any, told: Told) -> None:
        self.loader, self.told = loader, told

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self.loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        # from here on the module is what it would have been without us
        module.__loader__ = self.loader
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        self.loader.exec_module(module)
        core.safely(None, f"watching {module.__name__}", self.told, module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)


_watcher = Watcher()


def when_loaded(name: str, told: Told) -> None:
    """Call ``told`` with each module of this name that is loaded from now on; ``package.*`` means all in a package.

    Modules that are loaded already are reported at once.
    """
    if _watcher not in sys.meta_path:
        sys.meta_path.insert(0, _watcher)
    _watcher.watched[name] = told
    package = name.removesuffix(".*")
    for known, module in list(sys.modules.items()):
        if known == package or (name.endswith(".*") and known.startswith(f"{package}.")):
            told(module)
