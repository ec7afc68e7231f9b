"""Python environments made from a description: cached by content, built once."""

from typing import TYPE_CHECKING

from runstone._lazy import lazy

from .build import MANAGERS, Environment, ready
from .engine import engine
from .wants import Wants, of_conda, of_python_env, of_requirements

if TYPE_CHECKING:
    from .own import wheel

__getattr__, __dir__ = lazy(__name__, {"wheel": "runstone.environments.own:wheel"})  # few environments need it

__all__ = ["MANAGERS", "Environment", "Wants", "engine", "of_conda", "of_python_env", "of_requirements", "ready", "wheel"]
