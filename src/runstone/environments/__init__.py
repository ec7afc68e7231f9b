"""Python environments made from a description: cached by content, built once."""

from .build import MANAGERS, Environment, ready
from .wants import Wants, of_conda, of_python_env, of_requirements

__all__ = ["MANAGERS", "Environment", "Wants", "of_conda", "of_python_env", "of_requirements", "ready"]
