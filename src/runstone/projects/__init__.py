"""Run projects: a folder or repository with an ``MLproject`` file, or just with scripts. MLflow's module of this name."""

from typing import TYPE_CHECKING

from runstone._lazy import lazy
from runstone.errors import ExecutionException

if TYPE_CHECKING:
    from .again import follow
    from .runner import run
    from .submitted import SubmittedRun

__getattr__, __dir__ = lazy(
    __name__,
    {
        "follow": "runstone.projects.again:follow",
        "run": "runstone.projects.runner:run",
        "SubmittedRun": "runstone.projects.submitted:SubmittedRun",
    },
)

__all__ = ["ExecutionException", "SubmittedRun", "follow", "run"]
