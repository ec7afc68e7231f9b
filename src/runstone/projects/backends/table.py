"""Which back ends there are, and what each needs to be told."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from runstone.errors import InvalidValue, NotSupported

from .following import Followed, Job, Work
from .local import Process

LOCAL = "local"
#: Where the command runs elsewhere: a module of that name beside this one, with ``check(config)``, ``submit(work)`` and
#: ``find(job_id, run_id, place)``, which give a :class:`~.following.Job`. A run on this machine loads none of them.
ELSEWHERE = ("slurm", "kubernetes", "ray")
#: Those whose environment is not made on this machine.
FAR = frozenset({"kubernetes", "ray"})


def check(backend: str, config: Mapping[str, Any] | str | None) -> Mapping[str, Any]:
    """The configuration as a mapping. Raises NotSupported for a back end that there is not, InvalidValue."""
    if backend not in (LOCAL, *ELSEWHERE):
        there = ", ".join(map(repr, (LOCAL, *ELSEWHERE)))
        raise NotSupported(f"Got unsupported execution mode {backend!r}. Supported values: {there}.")
    found = configuration(config)
    if backend in ELSEWHERE:
        _module(backend).check(found)
    return found


def configuration(config: Mapping[str, Any] | str | None) -> Mapping[str, Any]:
    """A mapping, or what a JSON file says. Raises InvalidValue."""
    if isinstance(config, str | os.PathLike):
        try:
            config = json.loads(Path(config).read_text("utf-8"))
        except (OSError, ValueError) as cause:
            raise InvalidValue(f"backend_config {config!r} cannot be read as a JSON file: {cause}") from cause
    if config is not None and not isinstance(config, Mapping):
        raise InvalidValue(f"backend_config must be a mapping or the path of a JSON file; it is {config!r}.")
    return config or {}


def start(backend: str, work: Work) -> Process | Followed:
    """Start the work, or submit it. Raises ExecutionException, NotSupported, InvalidValue."""
    if backend == LOCAL:
        return Process(work.arguments, work.folder, work.variables, work.ending)
    return Followed(_module(backend).submit(work))


def find(backend: str, job_id: str, run_id: str, place: Mapping[str, Any]) -> Job:
    """A job that was submitted before. Raises NotSupported, InvalidValue."""
    check(backend, place)
    found: Job = _module(backend).find(job_id, run_id, place)
    return found


def _module(backend: str) -> ModuleType:
    return importlib.import_module(f"{__package__}.{backend}")
