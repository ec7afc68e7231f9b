"""Logged models: what a run (or nobody's run) made, before anybody registers it. MLflow's names and constructor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from msgspec import structs

from .metrics import Metric
from .shape import Entity

#: MLflow's tag of a model whose files are elsewhere.
EXTERNAL = "mlflow.model.isExternal"


class LoggedModelStatus:
    """State of a logged model: PENDING until its files are there."""

    PENDING, READY, FAILED = "PENDING", "READY", "FAILED"
    _NUMBERS: ClassVar[dict[str, int]] = {"PENDING": 1, "READY": 2, "FAILED": 3}
    NAMES: ClassVar[tuple[str, ...]] = tuple(_NUMBERS)

    @classmethod
    def to_int(cls, status: str) -> int:
        return cls._NUMBERS[status]

    @classmethod
    def from_int(cls, status_int: int) -> str:
        return {number: name for name, number in cls._NUMBERS.items()}[status_int]


class LoggedModelTag(Entity, frozen=True):
    key: str
    value: str


class LoggedModelParameter(Entity, frozen=True):
    key: str
    value: str


class LoggedModel(Entity, frozen=True):
    """A model and its place. Times are milliseconds since 1970 UTC; ``status`` is one of :class:`LoggedModelStatus`.

    ``tags`` and ``params`` are dicts when read back; the constructor takes those of MLflow, too. ``metrics`` are the points
    that runs logged for this model, each with its run and dataset.
    """

    experiment_id: str
    model_id: str
    name: str
    artifact_location: str
    creation_timestamp: int
    last_updated_timestamp: int
    model_type: str | None = None
    source_run_id: str | None = None
    status: str = LoggedModelStatus.READY
    status_message: str | None = None
    tags: Any = None
    params: Any = None
    metrics: list[Metric] | None = None
    lifecycle_stage: str = "active"

    def __post_init__(self) -> None:
        for name in ("tags", "params"):
            given: Mapping[str, str] | Iterable[LoggedModelTag] = getattr(self, name) or {}
            plain = dict(given) if isinstance(given, Mapping) else {one.key: one.value for one in given}
            structs.force_setattr(self, name, plain)

    @property
    def model_uri(self) -> str:
        return f"models:/{self.model_id}"
