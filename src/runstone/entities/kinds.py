"""The closed sets of words: run status, life cycle, source, view."""

from __future__ import annotations

from typing import ClassVar


class RunStatus:
    """State of a run. The first five are MLflow's, with its numbers; ``CRASHED`` is ours: the process died without
    a word. MLflow clients are told ``FAILED`` for it."""

    RUNNING, SCHEDULED, FINISHED, FAILED, KILLED = 1, 2, 3, 4, 5
    CRASHED = 6

    _NAMES: ClassVar[dict[int, str]] = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED", 6: "CRASHED"}
    NAMES: ClassVar[tuple[str, ...]] = tuple(_NAMES.values())

    @staticmethod
    def from_string(status_str: str) -> int:
        for number, name in RunStatus._NAMES.items():
            if name == status_str:
                return number
        raise ValueError(f"{status_str!r} is no run status; there are {', '.join(RunStatus.NAMES)}")

    @staticmethod
    def to_string(status: int) -> str:
        if status not in RunStatus._NAMES:
            raise ValueError(f"{status!r} is the number of no run status; there are {RunStatus._NAMES}")
        return RunStatus._NAMES[status]

    @staticmethod
    def is_terminated(status: int | str) -> bool:
        name = status if isinstance(status, str) else RunStatus.to_string(status)
        return name in {"FINISHED", "FAILED", "KILLED", "CRASHED"}

    @staticmethod
    def all_status() -> list[int]:
        return list(RunStatus._NAMES)


class LifecycleStage:
    """``active`` or ``deleted``."""

    ACTIVE, DELETED = "active", "deleted"

    @classmethod
    def is_valid(cls, lifecycle_stage: str) -> bool:
        return lifecycle_stage in (cls.ACTIVE, cls.DELETED)


class SourceType:
    """What started a run."""

    NOTEBOOK, JOB, PROJECT, LOCAL, UNKNOWN = 1, 2, 3, 4, 1000

    _NAMES: ClassVar[dict[int, str]] = {1: "NOTEBOOK", 2: "JOB", 3: "PROJECT", 4: "LOCAL", 1000: "UNKNOWN"}

    @staticmethod
    def to_string(status: int) -> str:
        return SourceType._NAMES[status]

    @staticmethod
    def from_string(status_str: str) -> int:
        return {name: number for number, name in SourceType._NAMES.items()}[status_str]


class ViewType:
    """Which life-cycle stages a search looks at."""

    ACTIVE_ONLY, DELETED_ONLY, ALL = 1, 2, 3

    _NAMES: ClassVar[dict[int, str]] = {1: "active_only", 2: "deleted_only", 3: "all"}

    @classmethod
    def from_string(cls, view_str: str) -> int:
        for number, name in cls._NAMES.items():
            if name == view_str.lower():
                return number
        raise ValueError(f"{view_str!r} is no view type; there are {', '.join(cls._NAMES.values())}")

    @classmethod
    def to_string(cls, view_type: int) -> str:
        return cls._NAMES[view_type]
