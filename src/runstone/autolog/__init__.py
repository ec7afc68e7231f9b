"""Logging without a line: ``runstone.autolog()``, and one file a framework with an ``autolog()`` of its own.

This module is a function, too: ``runstone.autolog(…)`` calls :func:`runstone.autolog.everything.autolog`.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

from runstone._lazy import lazy

__getattr__, __dir__ = lazy(__name__, {"autolog": "runstone.autolog.everything:autolog"})


class _Callable(ModuleType):
    """MLflow's ``autolog`` is a function and our rooms are packages: one name, both."""

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        importlib.import_module(f"{__name__}.everything").autolog(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
