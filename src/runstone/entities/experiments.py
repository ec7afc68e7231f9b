"""A collection of related runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from .shape import Entity


class ExperimentTag(Entity, frozen=True):
    key: str
    value: str


class Activity(Struct, frozen=True):
    """What goes on in an experiment.

    ``status`` says of each status how many active runs have it, ``deleted`` how many runs are in the trash. ``last`` is when an
    active run last started or ended, in milliseconds since 1970 UTC. ``metrics`` are the keys that most active runs have, at
    most 200, the most used first.
    """

    status: dict[str, int] = {}
    deleted: int = 0
    last: int | None = None
    metrics: Sequence[str] = ()

    @property
    def runs(self) -> int:
        """How many active runs there are."""
        return sum(self.status.values())


class Experiment(Entity, frozen=True):
    """Times are milliseconds since 1970 UTC. ``tags`` is a dict when read back; the constructor takes tags or a dict."""

    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: str
    tags: Any = None
    creation_time: int | None = None
    last_update_time: int | None = None
    workspace: str | None = None
    trace_location: Any = None
    effective_trace_archival_retention: str | None = None

    def __post_init__(self) -> None:
        given: Mapping[str, str] | Iterable[ExperimentTag] = self.tags or {}
        plain = dict(given) if isinstance(given, Mapping) else {tag.key: tag.value for tag in given}
        structs.force_setattr(self, "tags", plain)
