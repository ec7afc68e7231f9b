"""Which back ends there are, and what each needs to be told."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runstone.errors import InvalidValue, NotSupported

from . import kubernetes, ray, slurm
from .following import Followed, Job, Work
from .local import Process

LOCAL = "local"
#: Where the command runs elsewhere: what checks the configuration before a run is begun, and what submits it there.
ELSEWHERE: dict[str, tuple[Callable[[Mapping[str, Any]], None], Callable[[Work], Job]]] = {
    "slurm": (slurm.check, slurm.SlurmJob),
    "kubernetes": (kubernetes.check, kubernetes.KubernetesJob),
    "ray": (ray.check, ray.RayJob),
}
#: Those whose environment is not made on this machine.
FAR = frozenset({"kubernetes", "ray"})


def check(backend: str, config: Mapping[str, Any] | str | None) -> Mapping[str, Any]:
    """The configuration as a mapping. Raises NotSupported for a back end that there is not, InvalidValue."""
    if backend not in (LOCAL, *ELSEWHERE):
        there = ", ".join(map(repr, (LOCAL, *ELSEWHERE)))
        raise NotSupported(f"Got unsupported execution mode {backend!r}. Supported values: {there}.")
    found = configuration(config)
    if backend in ELSEWHERE:
        ELSEWHERE[backend][0](found)
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
        return Process(work.arguments, work.folder, work.variables)
    return Followed(ELSEWHERE[backend][1](work))
