"""Python environments made from a description: cached by content, built once."""

from .build import MANAGERS, Environment, ready
from .engine import engine
from .own import wheel
from .wants import Wants, of_conda, of_python_env, of_requirements

__all__ = ["MANAGERS", "Environment", "Wants", "engine", "of_conda", "of_python_env", "of_requirements", "ready", "wheel"]
