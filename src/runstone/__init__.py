"""Runstone: experiment tracking and the ML lifecycle, in MLflow's language."""

from ._lazy import lazy
from .version import __version__ as __version__

__getattr__, __dir__ = lazy(__name__, {})
