"""Run projects: a folder or repository with an ``MLproject`` file, or just with scripts. MLflow's module of this name."""

from runstone.errors import ExecutionException

from .runner import run
from .submitted import SubmittedRun

__all__ = ["ExecutionException", "SubmittedRun", "run"]
