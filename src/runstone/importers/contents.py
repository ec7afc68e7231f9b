"""What sources yield, whatever they are. Times are integer milliseconds since 1970 UTC.

``mark`` is a short text that changes whenever anything of the thing changes in the source: what carries the mark of the last
reading is not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct, field

from runstone.entities import DatasetInput, LoggedModelInput, LoggedModelOutput
from runstone.entities.webhooks import Webhook
from runstone.records import MetricLinks


class ExperimentIn(Struct):
    """``experiment_id`` is the source's; a store keeps it where it is free."""

    experiment_id: str
    name: str
    tags: dict[str, str] = field(default_factory=dict)
    created: int = 0
    updated: int = 0
    deleted: bool = False

    @property
    def mark(self) -> str:
        return digest(self.name, sorted(self.tags.items()), self.updated, self.deleted)


class Head(Struct, frozen=True):
    """One thing that can be loaded. ``kind`` is ``run``, ``model``, ``trace`` or one of ``entities.items.KINDS``; ``order`` its
    start."""

    kind: str
    id: str
    mark: str
    order: int = 0


class Points(Struct):
    """Some points of one series, in the source's order; the columns are equally long."""

    key: str
    steps: Sequence[int]
    timestamps: Sequence[int]
    values: Sequence[float]
    links: Sequence[MetricLinks] = ()


def no_points(skip: Mapping[str, int]) -> Iterator[Points]:
    return iter(())


class RunIn(Struct, kw_only=True):
    """``points`` gives the points in pieces, of each series without its first ``skip[key]``. ``distinct``: the source holds
    no point twice and keeps no order, so that nothing can be skipped. ``location``: URI of its artifacts, empty for none."""

    run_id: str
    name: str = ""
    user_id: str = ""
    status: str = "FINISHED"
    start: int = 0
    end: int | None = None
    deleted: bool = False
    deleted_time: int | None = None
    location: str = ""
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    datasets: list[DatasetInput] = field(default_factory=list)
    models_in: list[LoggedModelInput] = field(default_factory=list)
    models_out: list[LoggedModelOutput] = field(default_factory=list)
    points: Callable[[Mapping[str, int]], Iterable[Points]] = no_points
    distinct: bool = False
    documents: dict[str, tuple[str, str]] = field(default_factory=dict)  # name: (media type, text)


class ModelIn(Struct, kw_only=True):
    """A logged model, with the points that runs logged for it."""

    model_id: str
    name: str
    created: int
    updated: int
    model_type: str = ""
    source_run: str = ""
    status: str = "READY"
    status_message: str | None = None
    deleted: bool = False
    location: str = ""
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    links: list[MetricLinks] = field(default_factory=list)


class TraceIn(Struct, kw_only=True):
    """``details`` is a JSON object; ``spans`` the text of a ``traces.json``, where the source has no such file of its own."""

    trace_id: str
    time: int
    duration: int | None = None
    state: str = "OK"
    details: str = "{}"
    location: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    spans: str = ""


class ItemIn(Struct, kw_only=True):
    """Something kept beside the traces (:mod:`runstone.entities.items`).

    ``parent`` is the item that holds it, empty for one of the experiment or of several ``experiments`` (the source's ids).
    ``version``: its number among those of the key, where the kind has versions.
    """

    kind: str
    item_id: str
    key: str
    created: int
    updated: int
    parent: str = ""
    version: int = 0
    fields: dict[str, Any] = field(default_factory=dict)
    experiments: list[str] = field(default_factory=list)


class VersionIn(Struct, kw_only=True):
    version: int
    created: int
    updated: int
    source: str
    location: str = ""
    description: str | None = None
    user_id: str = ""
    stage: str = "None"
    run_id: str = ""
    run_link: str = ""
    model_id: str = ""
    status: str = "READY"
    status_message: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


class RegisteredIn(Struct, kw_only=True):
    """A registered model with those of its versions that still are; numbers that are missing were deleted."""

    name: str
    created: int
    updated: int
    description: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    versions: list[VersionIn] = field(default_factory=list)
    next_version: int = 1


Thing = RunIn | ModelIn | TraceIn | ItemIn

#: A word about something that could not be read: what, and why.
Problem = Callable[[str, str], None]


class Source(Protocol):
    """Something to read from. It is never written to, not even to look."""

    uri: str
    #: What it is, in words for people: "MLflow's files".
    kind: str
    #: Told of what cannot be read; whoever reads sets it first.
    problem: Problem

    def experiments(self) -> Iterable[ExperimentIn]: ...

    def heads(self, experiment: ExperimentIn) -> Sequence[Head]:
        """What is in an experiment, oldest first."""
        ...

    def load(self, experiment: ExperimentIn, heads: Sequence[Head]) -> Iterable[tuple[Head, Thing]]:
        """Those of these things that can be read."""
        ...

    def registered(self) -> Iterable[RegisteredIn]: ...

    def shared(self) -> Iterable[tuple[Head, Callable[[], Iterable[ItemIn]]]]:
        """Things that several experiments may share, and what reads each: itself first, then what it holds."""
        ...

    def webhooks(self) -> Iterable[Webhook]:
        """Switched off and without their secrets, which no source tells."""
        ...

    def left_out(self) -> dict[str, int]:
        """What it has and no store here has a place for: how many, by what they are called."""
        ...

    def close(self) -> None: ...


def digest(*parts: object) -> str:
    """A mark made of anything with a plain ``repr``."""
    import hashlib

    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
