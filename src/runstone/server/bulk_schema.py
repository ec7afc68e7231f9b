"""Requests and answers about several runs at once, and about the trash; see :mod:`.schema` for what holds for all."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from .schema import MAX_ROWS, Count

RunIds = Annotated[list[str], Meta(min_length=1, max_length=MAX_ROWS)]


class RunsEdit(Struct, forbid_unknown_fields=True):
    """What is done to all of these runs, in one transaction. A tag set to null is removed; ``deleted`` moves to the trash or
    back; ``experiment_id`` moves to another experiment, nested runs with their parent; ``stop`` asks whoever watches over
    the process to end it."""

    run_ids: RunIds
    tags: dict[str, str | None] | UnsetType = UNSET
    deleted: bool | UnsetType = UNSET
    experiment_id: str | UnsetType = UNSET
    stop: bool = False


class RunBefore(Struct):
    """Where a run was, whether it was in the trash, and what the tags were that have been changed (null: not there)."""

    run_id: str
    experiment_id: str
    deleted: bool
    tags: dict[str, str | None]


class RunLeft(Struct):
    """A run that nothing was done to, and why, in words."""

    run_id: str
    name: str
    why: str


class RunsEdited(Struct):
    """``before`` has one entry for each run that was changed: what undoes it."""

    before: list[RunBefore]
    left: list[RunLeft]


# --- the trash ----------------------------------------------------------------------------------------------------


class TrashQuery(Struct):
    """``q`` is part of a name, in any case. A window of the runs; the experiments come all."""

    q: str = ""
    offset: Count = 0
    limit: Annotated[int, Meta(ge=0, le=MAX_ROWS)] = 200


class TrashedRun(Struct):
    """``held`` names a version of a registered model (``name/3``) that is made of the run: while it is there,
    the run cannot be removed for ever."""

    run_id: str
    name: str
    experiment_id: str
    experiment_name: str
    user_id: str
    deleted: int | None
    held: str


class TrashedExperiment(Struct):
    """``runs`` are all that it has: they go and come back with it."""

    experiment_id: str
    name: str
    runs: int
    deleted: int | None


class Trash(Struct):
    """What was deleted last comes first. ``runs`` are those that were deleted themselves, not with their experiment,
    ``matched`` of them in all. ``may_remove``: whether the caller may remove for ever what is here."""

    experiments: list[TrashedExperiment]
    runs: list[TrashedRun]
    matched: int
    may_remove: bool


class TrashRemoval(Struct, forbid_unknown_fields=True):
    """Remove these for ever, files too. Experiments go with all their runs."""

    run_ids: Annotated[list[str], Meta(max_length=MAX_ROWS)] = field(default_factory=list)
    experiment_ids: Annotated[list[str], Meta(max_length=MAX_ROWS)] = field(default_factory=list)


class TrashRemoved(Struct):
    """How many runs and experiments are gone for ever; ``kept`` says in words what was left, and why."""

    runs: int
    experiments: int
    kept: list[str]
    status: Literal["removed"] = "removed"
