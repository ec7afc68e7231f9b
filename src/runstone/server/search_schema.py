"""Request and answer of the palette's search; see :mod:`.schema`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class FindQuery(Struct):
    """``q``: part of a name, the beginning of a run's id or of a tag's value, or ``key=value`` of a tag."""

    q: Annotated[str, Meta(min_length=1, max_length=200)]
    limit: Annotated[int, Meta(ge=1, le=50)] = 8


class FoundRun(Struct):
    """``because`` says what fits when it is not the name: the id, or a tag as ``key=value``."""

    run_id: str
    name: str
    status: str
    experiment_id: str
    experiment_name: str
    start: int | None
    because: str


class FoundExperiment(Struct):
    experiment_id: str
    name: str


class FoundModel(Struct):
    """``latest`` is the highest version, null before the first."""

    name: str
    latest: int | None


class Found(Struct):
    """At most ``limit`` of each kind; keys most used first, the rest newest or by name."""

    runs: list[FoundRun]
    experiments: list[FoundExperiment]
    models: list[FoundModel]
    metrics: list[str]
    params: list[str]
