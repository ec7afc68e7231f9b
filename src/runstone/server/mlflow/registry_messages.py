"""Requests about registered models, as MLflow's clients send them; see :mod:`.messages`."""

from __future__ import annotations

from msgspec import Struct, field

from .messages import KeyValue

#: A version's number comes as text; JSON of other clients has numbers.
Number = str | int


class CreateRegisteredModel(Struct):
    name: str
    tags: list[KeyValue] = field(default_factory=list)
    description: str | None = None


class ModelName(Struct):
    name: str


class RenameRegisteredModel(Struct):
    name: str
    new_name: str


class UpdateRegisteredModel(Struct):
    name: str
    description: str | None = None


class SearchRegisteredModels(Struct):
    filter: str = ""
    max_results: int = 100
    order_by: list[str] = field(default_factory=list)
    page_token: str = ""


class GetLatestVersions(Struct):
    name: str
    stages: list[str] = field(default_factory=list)


class CreateModelVersion(Struct):
    name: str
    source: str
    run_id: str = ""
    tags: list[KeyValue] = field(default_factory=list)
    run_link: str = ""
    description: str | None = None
    model_id: str = ""


class OfVersion(Struct):
    name: str
    version: Number


class UpdateModelVersion(Struct):
    name: str
    version: Number
    description: str | None = None


class TransitionStage(Struct):
    name: str
    version: Number
    stage: str
    archive_existing_versions: bool = False


class SearchModelVersions(Struct):
    filter: str = ""
    max_results: int = 10_000
    order_by: list[str] = field(default_factory=list)
    page_token: str = ""


class SetModelTag(Struct):
    name: str
    key: str
    value: str = ""


class DeleteModelTag(Struct):
    name: str
    key: str


class SetVersionTag(Struct):
    name: str
    version: Number
    key: str
    value: str = ""


class DeleteVersionTag(Struct):
    name: str
    version: Number
    key: str


class SetAlias(Struct):
    name: str
    alias: str
    version: Number


class OfAlias(Struct):
    name: str
    alias: str
