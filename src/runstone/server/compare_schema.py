"""Runs held against each other: what they have, column by column, and what changed from one to another."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field

from runstone.entities import DatasetInput, LoggedModelOutput, RunInfo
from runstone.query.difference import LayerChange
from runstone.query.identity import Identity
from runstone.query.objective import Meaning

from .schema import Number

#: Most runs that are compared at once; most metric and param keys of one answer; most changes of one layer.
MAX_COMPARED, MAX_KEYS, MAX_CHANGES = 100, 2_000, 1_000


class DifferenceQuery(Struct):
    """``base``: the run to compare with, its id or the beginning of one; none: the nearest that began before."""

    base: str = ""


class RunName(Struct):
    """What a link to a run shows."""

    run_id: str
    name: str
    experiment_id: str
    ordinal: int | None
    start_time: int | None


class MetricMove(Struct):
    """Last values; null: not logged."""

    name: str
    before: Number | None
    after: Number | None


class RunDifference(Struct):
    """``before`` is null, and the lists are empty, where no run of the experiment began before this one.

    ``layers``: code, config, environment, data, seed; ``same`` is null where too little was recorded to tell, ``text`` is a
    unified diff where there is one. ``metrics``: those that moved, the ones that moved most first, of ``metrics_total``.
    """

    before: RunName | None
    after: RunName
    layers: list[LayerChange] = field(default_factory=list)
    metrics: list[MetricMove] = field(default_factory=list)
    metrics_total: int = 0


class CompareRunsRequest(Struct, forbid_unknown_fields=True):
    """Runs to show side by side, by id or the beginning of one. ``contains`` is part of the keys that are wanted."""

    run_ids: Annotated[list[str], Meta(min_length=1, max_length=MAX_COMPARED)]
    contains: str = ""


class ComparedRun(Struct):
    """``identity``: digests of the five layers; equal ones mean the same, empty ones that nothing is known."""

    info: RunInfo
    experiment_name: str
    tags: dict[str, str]
    inputs: list[DatasetInput]
    model_outputs: list[LoggedModelOutput]
    identity: Identity


class ComparedMetric(Struct):
    """One metric of all runs, in their order; null: not logged. ``low``, ``high`` and ``mean`` leave NaN out."""

    key: str
    last: list[Number | None]
    low: list[Number | None]
    high: list[Number | None]
    mean: list[Number | None]
    first: list[Number | None]


class ComparedParam(Struct):
    """One param of all runs, in their order; null: not logged."""

    key: str
    values: list[str | None]


class ComparedRuns(Struct):
    """``lost`` are the ids asked for of which no run, or more than one, is there. The totals count keys that match.
    ``meanings`` is what the experiments say of these metrics."""

    runs: list[ComparedRun]
    metrics: list[ComparedMetric]
    params: list[ComparedParam]
    metrics_total: int
    params_total: int
    lost: list[str]
    meanings: dict[str, Meaning]
