"""Registered models, their versions, tags and aliases, under MLflow's module name and with its constructors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from msgspec import structs

from .shape import Entity


class ModelVersionStages:
    """The four stages of a version, as MLflow writes them; any case is read."""

    NONE, STAGING, PRODUCTION, ARCHIVED = "None", "Staging", "Production", "Archived"
    ALL: ClassVar[tuple[str, ...]] = (NONE, STAGING, PRODUCTION, ARCHIVED)
    #: Of which one version a stage is usual, so that others can be archived when it comes.
    ACTIVE: ClassVar[tuple[str, ...]] = (STAGING, PRODUCTION)

    @classmethod
    def canonical(cls, stage: str) -> str | None:
        """The stage in its own spelling; ``None`` for no stage."""
        return {name.lower(): name for name in cls.ALL}.get(stage.lower())


class ModelVersionStatus:
    """State of a version; only READY ones can be loaded."""

    PENDING_REGISTRATION, FAILED_REGISTRATION, READY = 1, 2, 3
    _NAMES: ClassVar[dict[int, str]] = {1: "PENDING_REGISTRATION", 2: "FAILED_REGISTRATION", 3: "READY"}
    NAMES: ClassVar[tuple[str, ...]] = tuple(_NAMES.values())

    @staticmethod
    def to_string(status: int) -> str:
        return ModelVersionStatus._NAMES[status]

    @staticmethod
    def from_string(status_str: str) -> int:
        return {name: number for number, name in ModelVersionStatus._NAMES.items()}[status_str]


class RegisteredModelTag(Entity, frozen=True):
    key: str
    value: str


class ModelVersionTag(Entity, frozen=True):
    key: str
    value: str


class RegisteredModelAlias(Entity, frozen=True):
    alias: str
    version: str


class ModelVersion(Entity, frozen=True):
    """A version of a registered model. Times are milliseconds since 1970 UTC.

    ``version`` is a number as text. ``source`` says what was registered: ``runs:/…``, ``models:/…`` or a URI. ``tags`` is a
    dict when read back; the constructor takes tags or a dict. ``current_stage`` is one of :class:`ModelVersionStages`.
    """

    name: str
    version: str
    creation_timestamp: int
    last_updated_timestamp: int | None = None
    description: str | None = None
    user_id: str | None = None
    current_stage: str | None = None
    source: str | None = None
    run_id: str | None = None
    status: str = "READY"
    status_message: str | None = None
    tags: Any = None
    run_link: str | None = None
    aliases: Sequence[str] | None = None
    model_id: str | None = None
    params: Any = None
    metrics: Any = None
    deployment_job_state: Any = None
    workspace: str | None = None

    def __post_init__(self) -> None:
        structs.force_setattr(self, "tags", _texts(self.tags))
        structs.force_setattr(self, "aliases", list(self.aliases or ()))


class RegisteredModel(Entity, frozen=True):
    """A name with versions. ``latest_versions`` holds the newest version of each stage, ``aliases`` maps an alias to the
    version it stands for (a number as text), ``tags`` is a dict when read back."""

    name: str
    creation_timestamp: int | None = None
    last_updated_timestamp: int | None = None
    description: str | None = None
    latest_versions: Sequence[ModelVersion] | None = None
    tags: Any = None
    aliases: Any = None
    deployment_job_id: str | None = None
    deployment_job_state: Any = None
    workspace: str | None = None

    def __post_init__(self) -> None:
        given: Mapping[str, str] | Iterable[RegisteredModelAlias] = self.aliases or {}
        aliases = dict(given) if isinstance(given, Mapping) else {one.alias: one.version for one in given}
        structs.force_setattr(self, "tags", _texts(self.tags))
        structs.force_setattr(self, "aliases", aliases)
        structs.force_setattr(self, "latest_versions", list(self.latest_versions or ()))


def _texts(given: Mapping[str, str] | Iterable[RegisteredModelTag | ModelVersionTag] | None) -> dict[str, str]:
    if not given:
        return {}
    return dict(given) if isinstance(given, Mapping) else {tag.key: tag.value for tag in given}
