"""Runs and experiments as one transaction sees them: read once, changed in memory, written once."""

from __future__ import annotations

from typing import Any

from runstone.entities import LifecycleStage
from runstone.errors import WrongState
from runstone.records import ArtifactLogged, Console, Document, Inputs, MetricLinks, Metrics, Outputs

from .statements import Rows
from .tables import experiments, place, runs

ACTIVE, DELETED = LifecycleStage.ACTIVE, LifecycleStage.DELETED

RUN_ROWS = Rows(runs, update=[column.name for column in runs.columns if not column.primary_key])
TOUCH_ROWS = Rows(runs, update=["changed"])
EXPERIMENT_ROWS = Rows(experiments, update=[column.name for column in experiments.columns if not column.primary_key])


class RunState:
    """A row of ``runs``, and what the transaction adds to the run.

    ``new``: made in this transaction. ``dirty``: the row itself changed. ``params`` maps a key to the value and the
    number of the batch that gave it; ``tags`` to a value, or ``None`` to remove it.
    """

    __slots__ = (
        "artifact_uri", "cause", "changed", "counted", "deleted_time", "dirty", "end_time", "experiment_id", "lifecycle_stage",
        "metrics", "name", "new", "old_place", "once", "ordinal", "others", "params", "parent_run_id", "run_id", "start_time",
        "status", "tags", "touched", "user_id",
    )  # fmt: skip

    def __init__(self, row: Any, new: bool = False) -> None:
        (
            self.run_id, self.experiment_id, self.ordinal, self.name, self.user_id, self.status, self.start_time, self.end_time,
            self.lifecycle_stage, self.deleted_time, self.artifact_uri, self.parent_run_id, self.cause, self.changed,
        ) = row  # fmt: skip
        self.old_place = self.place
        self.counted = None if new else (self.old_place, self.status)  # where the store counts the run
        self.new = self.dirty = self.touched = new
        self.params: dict[str, tuple[str, int]] = {}
        self.tags: dict[str, str | None] = {}
        self.metrics: list[Metrics] = []
        self.once: list[Metrics] = []  # of callers that may have sent them before
        self.others: list[MetricLinks | Inputs | Outputs | Console | Document | ArtifactLogged] = []

    def row(self) -> tuple[Any, ...]:
        return (
            self.run_id, self.experiment_id, self.ordinal, self.name, self.user_id, self.status, self.start_time, self.end_time,
            self.lifecycle_stage, self.deleted_time, self.artifact_uri, self.parent_run_id, self.cause, self.changed,
        )  # fmt: skip

    @property
    def place(self) -> int:
        return place(self.experiment_id, self.lifecycle_stage == DELETED)

    def require_active(self) -> None:
        """Raises WrongState for a deleted run: it can be read, not changed."""
        if self.lifecycle_stage != ACTIVE:
            raise WrongState(
                f"The run {self.run_id} must be in the 'active' state. Current state is {self.lifecycle_stage}. "
                "Restore it first (`runstone runs restore`)."
            )


class ExperimentState:
    """A row of ``experiments``, and tags to set or (``None``) to remove."""

    __slots__ = (
        "artifact_location", "changed", "creation_time", "deleted_time", "dirty", "experiment_id", "last_update_time",
        "lifecycle_stage", "name", "next_ordinal", "tags",
    )  # fmt: skip

    def __init__(self, row: Any, new: bool = False) -> None:
        (
            self.experiment_id, self.name, self.artifact_location, self.lifecycle_stage, self.creation_time,
            self.last_update_time, self.deleted_time, self.next_ordinal, self.changed,
        ) = row  # fmt: skip
        self.dirty = new
        self.tags: dict[str, str | None] = {}

    def row(self) -> tuple[Any, ...]:
        return (
            self.experiment_id, self.name, self.artifact_location, self.lifecycle_stage, self.creation_time,
            self.last_update_time, self.deleted_time, self.next_ordinal, self.changed,
        )  # fmt: skip

    def require_active(self) -> None:
        """Raises WrongState for a deleted experiment."""
        if self.lifecycle_stage != ACTIVE:
            raise WrongState(
                f"The experiment {self.experiment_id} ({self.name!r}) must be in the 'active' state. Current state is "
                f"{self.lifecycle_stage}. Restore it first (`runstone experiments restore`)."
            )
