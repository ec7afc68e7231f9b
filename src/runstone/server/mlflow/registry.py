"""MLflow's registry endpoints: registered models, versions, stages, aliases, tags."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from runstone.contracts import Batch, RegistryQuery
from runstone.entities.model_registry import ModelVersion, RegisteredModel
from runstone.errors import InvalidValue, RunstoneError
from runstone.query.registry import PROMPT_TAG
from runstone.records import ModelVersionChanged, ModelVersionCreated, RegisteredModelChanged, RegisteredModelCreated

from . import answers as a
from . import registry_messages as m
from .limits import check_keys, page_size
from .registry_sources import origin, shown_location
from .row import Row
from .shapes import Json, pairs, without_none

if TYPE_CHECKING:
    from runstone.server.backend import Backend

MAX_MODELS, MAX_VERSIONS = 1_000, 200_000


# --- registered models ------------------------------------------------------------------------------------------------


def create_model(backend: Backend, request: m.CreateRegisteredModel) -> Json:
    """A name for versions."""
    check_keys([tag.key for tag in request.tags], "tags[{}].key")
    tags = {tag.key: tag.value for tag in request.tags}
    record = RegisteredModelCreated(uuid.uuid4().hex, request.name, backend.now(), request.description, tags)
    backend.store.write(Batch([record]))
    return _model(backend, request.name)


def get_model(backend: Backend, request: m.ModelName) -> Json:
    """By exact name."""
    return _model(backend, request.name)


def rename_model(backend: Backend, request: m.RenameRegisteredModel) -> Json:
    """Give another name; versions and aliases go with it."""
    _change_model(backend, request.name, new_name=request.new_name)
    return _model(backend, request.new_name)


def update_model(backend: Backend, request: m.UpdateRegisteredModel) -> Json:
    """Set the description."""
    _change_model(backend, request.name, description=request.description or "")
    return _model(backend, request.name)


def delete_model(backend: Backend, request: m.ModelName) -> Json:
    """Remove a registered model with all its versions."""
    return _change_model(backend, request.name, deleted=True)


def search_models(backend: Backend, request: m.SearchRegisteredModels) -> Json:
    """Filter, order and page."""
    page = backend.store.search_registered_models(_query(request, MAX_MODELS))
    return without_none({"registered_models": [_model_shape(one) for one in page], "next_page_token": page.token})


def set_model_tag(backend: Backend, request: m.SetModelTag) -> Json:
    """Set one tag of a registered model."""
    check_keys([request.key])
    return _change_model(backend, request.name, tags={request.key: request.value})


def delete_model_tag(backend: Backend, request: m.DeleteModelTag) -> Json:
    """Remove one tag of a registered model."""
    return _change_model(backend, request.name, tags={request.key: None})


def set_alias(backend: Backend, request: m.SetAlias) -> Json:
    """Let an alias stand for a version."""
    return _change_model(backend, request.name, aliases={request.alias: number(request.version)})


def delete_alias(backend: Backend, request: m.OfAlias) -> Json:
    """Remove an alias; nothing if it is not there."""
    return _change_model(backend, request.name, aliases={request.alias: None})


def get_by_alias(backend: Backend, request: m.OfAlias) -> Json:
    """The version that an alias stands for."""
    return {"model_version": _version_shape(backend.store.get_version_by_alias(request.name, request.alias))}


def latest_versions(backend: Backend, request: m.GetLatestVersions) -> Json:
    """The newest version of each stage."""
    return {"model_versions": [_version_shape(one) for one in backend.store.latest_versions(request.name, request.stages)]}


# --- versions ---------------------------------------------------------------------------------------------------------


def create_version(backend: Backend, request: m.CreateModelVersion) -> Json:
    """The next version of a registered model."""
    check_keys([tag.key for tag in request.tags], "tags[{}].key")
    tags = {tag.key: tag.value for tag in request.tags}
    model = backend.store.get_registered_model(request.name)
    prompt = "true" in (tags.get(PROMPT_TAG), model.tags.get(PROMPT_TAG))
    found = origin(backend, request.source, request.run_id, request.model_id, prompt)
    record = ModelVersionCreated(
        uuid.uuid4().hex,
        request.name,
        backend.now(),
        found.source,
        found.run_id,
        found.model_id,
        request.run_link,
        request.description,
        tags,
        location=found.location,
    )
    backend.store.write(Batch([record]))
    made = backend.store.find_version(record.version_key)
    if made is None:
        raise RunstoneError(f"The new version of {request.name!r} was written but is gone; somebody may have deleted it.")
    return {"model_version": _version_shape(made)}


def get_version(backend: Backend, request: m.OfVersion) -> Json:
    """By name and number."""
    return _version(backend, request.name, number(request.version))


def update_version(backend: Backend, request: m.UpdateModelVersion) -> Json:
    """Set the description."""
    _change_version(backend, request.name, request.version, description=request.description or "")
    return _version(backend, request.name, number(request.version))


def transition_stage(backend: Backend, request: m.TransitionStage) -> Json:
    """Move a version to a stage; others that are there may be archived."""
    _change_version(
        backend, request.name, request.version, stage=request.stage, archive_existing=request.archive_existing_versions
    )
    return _version(backend, request.name, number(request.version))


def delete_version(backend: Backend, request: m.OfVersion) -> Json:
    """Remove a version; its number is not used again."""
    return _change_version(backend, request.name, request.version, deleted=True)


def search_versions(backend: Backend, request: m.SearchModelVersions) -> Json:
    """Filter, order and page."""
    page = backend.store.search_model_versions(_query(request, MAX_VERSIONS))
    return without_none({"model_versions": [_version_shape(one) for one in page], "next_page_token": page.token})


def download_uri(backend: Backend, request: m.OfVersion) -> Json:
    """Where a version's files are."""
    return {"artifact_uri": shown_location(backend, request.name, number(request.version))}


def set_version_tag(backend: Backend, request: m.SetVersionTag) -> Json:
    """Set one tag of a version."""
    check_keys([request.key])
    return _change_version(backend, request.name, request.version, tags={request.key: request.value})


def delete_version_tag(backend: Backend, request: m.DeleteVersionTag) -> Json:
    """Remove one tag of a version."""
    return _change_version(backend, request.name, request.version, tags={request.key: None})


# --- how --------------------------------------------------------------------------------------------------------------


def _change_model(
    backend: Backend,
    name: str,
    new_name: str | None = None,
    description: str | None = None,
    tags: Mapping[str, str | None] | None = None,
    aliases: Mapping[str, int | None] | None = None,
    deleted: bool = False,
) -> Json:
    record = RegisteredModelChanged(name, backend.now(), new_name, description, dict(tags or {}), dict(aliases or {}), deleted)
    backend.store.write(Batch([record]))
    return {}


def _change_version(
    backend: Backend,
    name: str,
    version: m.Number,
    stage: str | None = None,
    archive_existing: bool = False,
    description: str | None = None,
    tags: Mapping[str, str | None] | None = None,
    deleted: bool = False,
) -> Json:
    record = ModelVersionChanged(
        name, number(version), backend.now(), stage, archive_existing, description, dict(tags or {}), deleted=deleted
    )
    backend.store.write(Batch([record]))
    return {}


def number(version: m.Number) -> int:
    """Raises InvalidValue."""
    text = str(version).strip()
    if not (text.isascii() and text.isdecimal()):
        raise InvalidValue(f"Parameter 'version' must be an integer; got {version!r}.")
    return int(text) if len(text) < 20 else 0  # 0: none has so long a number


def _query(request: m.SearchRegisteredModels | m.SearchModelVersions, most: int) -> RegistryQuery:
    return RegistryQuery(
        filter=request.filter,
        order_by=tuple(request.order_by),
        limit=page_size(request.max_results, most),
        page_token=request.page_token or None,
    )


def _model(backend: Backend, name: str) -> Json:
    return {"registered_model": _model_shape(backend.store.get_registered_model(name))}


def _version(backend: Backend, name: str, version: int) -> Json:
    return {"model_version": _version_shape(backend.store.get_model_version(name, version))}


def _model_shape(found: RegisteredModel) -> Json:
    latest: Sequence[ModelVersion] = found.latest_versions or ()
    return without_none(
        {
            "name": found.name,
            "creation_timestamp": found.creation_timestamp,
            "last_updated_timestamp": found.last_updated_timestamp,
            "description": found.description,
            "latest_versions": [_version_shape(one) for one in latest],
            "tags": pairs(found.tags),
            "aliases": [{"alias": alias, "version": version} for alias, version in found.aliases.items()],
        }
    )


def _version_shape(found: ModelVersion) -> Json:
    return without_none(
        {
            "name": found.name,
            "version": found.version,
            "creation_timestamp": found.creation_timestamp,
            "last_updated_timestamp": found.last_updated_timestamp,
            "user_id": found.user_id,
            "current_stage": found.current_stage,
            "description": found.description or "",  # MLflow's is never without one
            "source": found.source,
            "run_id": found.run_id,
            "status": found.status,
            "status_message": found.status_message,
            "tags": pairs(found.tags),
            "run_link": found.run_link,
            "aliases": list(found.aliases or ()),
            "model_id": found.model_id,
        }
    )


# fmt: off
REGISTRY: tuple[Row, ...] = (
    Row("POST", "/mlflow/registered-models/create", m.CreateRegisteredModel, a.OneRegistered, create_model, "write"),
    Row("GET", "/mlflow/registered-models/get", m.ModelName, a.OneRegistered, get_model),
    Row("POST", "/mlflow/registered-models/rename", m.RenameRegisteredModel, a.OneRegistered, rename_model, "write"),
    Row("PATCH", "/mlflow/registered-models/update", m.UpdateRegisteredModel, a.OneRegistered, update_model, "write"),
    Row("DELETE", "/mlflow/registered-models/delete", m.ModelName, a.Nothing, delete_model, "write"),
    Row("GET", "/mlflow/registered-models/search", m.SearchRegisteredModels, a.Registered, search_models),
    Row("POST", "/mlflow/registered-models/search", m.SearchRegisteredModels, a.Registered, search_models),
    Row("GET", "/mlflow/registered-models/list", m.SearchRegisteredModels, a.Registered, search_models),
    Row("POST", "/mlflow/registered-models/get-latest-versions", m.GetLatestVersions, a.Versions, latest_versions),
    Row("GET", "/mlflow/registered-models/get-latest-versions", m.GetLatestVersions, a.Versions, latest_versions),
    Row("POST", "/mlflow/registered-models/set-tag", m.SetModelTag, a.Nothing, set_model_tag, "write"),
    Row("DELETE", "/mlflow/registered-models/delete-tag", m.DeleteModelTag, a.Nothing, delete_model_tag, "write"),
    Row("POST", "/mlflow/registered-models/alias", m.SetAlias, a.Nothing, set_alias, "write"),
    Row("DELETE", "/mlflow/registered-models/alias", m.OfAlias, a.Nothing, delete_alias, "write"),
    Row("GET", "/mlflow/registered-models/alias", m.OfAlias, a.OneVersion, get_by_alias),
    Row("POST", "/mlflow/model-versions/create", m.CreateModelVersion, a.OneVersion, create_version, "write"),
    Row("GET", "/mlflow/model-versions/get", m.OfVersion, a.OneVersion, get_version),
    Row("PATCH", "/mlflow/model-versions/update", m.UpdateModelVersion, a.OneVersion, update_version, "write"),
    Row("POST", "/mlflow/model-versions/transition-stage", m.TransitionStage, a.OneVersion, transition_stage, "write"),
    Row("DELETE", "/mlflow/model-versions/delete", m.OfVersion, a.Nothing, delete_version, "write"),
    Row("GET", "/mlflow/model-versions/search", m.SearchModelVersions, a.Versions, search_versions),
    Row("POST", "/mlflow/model-versions/search", m.SearchModelVersions, a.Versions, search_versions),
    Row("GET", "/mlflow/model-versions/get-download-uri", m.OfVersion, a.DownloadUri, download_uri),
    Row("POST", "/mlflow/model-versions/set-tag", m.SetVersionTag, a.Nothing, set_version_tag, "write"),
    Row("DELETE", "/mlflow/model-versions/delete-tag", m.DeleteVersionTag, a.Nothing, delete_version_tag, "write"),
)
# fmt: on
