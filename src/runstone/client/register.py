"""Registered models through the fluent API."""

from __future__ import annotations

import os
import uuid
from typing import Any

from runstone.entities.model_registry import ModelVersion, RegisteredModel
from runstone.errors import NotSupported, RunstoneError

from .api import MlflowClient
from .checks import path_text
from .notices import notice
from .paging import all_pages
from .registry import version_record
from .registry_sources import drop_copy, whole_source


def register_model(
    model_uri: str | os.PathLike[str],
    name: str,
    await_registration_for: int | None = 300,
    *,
    tags: dict[str, Any] | None = None,
    env_pack: Any = None,
) -> ModelVersion:
    """Make a model the next version of a registered model, which is made if it is not there.

    Args:
        model_uri: ``runs:/<run_id>/<path>``, ``models:/<name>/<version>``, ``models:/<model id>``, or a folder; one outside
            of the store is copied into it.
        name: the registered model.
        await_registration_for: taken for MLflow's sake; a version is ready when the call returns.
        tags: of the version.
        env_pack: only ``None`` is known.

    Raises:
        NotFound: there is no whole model; nothing is registered then.
        InvalidValue: the name, or a URI that names no model.
    """
    if env_pack is not None:
        raise NotSupported(f"env_pack={env_pack!r} is not known here; leave it out.")
    works = "runs:/<run_id>/<path>, models:/<name>/<version> or a folder"
    made = register(MlflowClient(), path_text(model_uri, "model_uri", works), name, tags)
    notice(f"created version {made.version} of registered model {name!r}")
    return made


def register(client: MlflowClient, model_uri: str, name: str, tags: dict[str, Any] | None = None) -> ModelVersion:
    """The same in the stores of a client, without a word."""
    key = uuid.uuid4().hex
    source = whole_source(client._session, client._registry_session.uri, model_uri, key)
    try:
        return client._register(version_record(key, name, source, tags))
    except RunstoneError:
        drop_copy(client._registry_session.uri, key)
        raise


def search_registered_models(
    max_results: int | None = None, filter_string: str | None = None, order_by: list[str] | None = None
) -> list[RegisteredModel]:
    """All registered models that match, by name if no order is given. Raises FilterError."""
    client = MlflowClient()
    return all_pages(lambda count, token: client.search_registered_models(filter_string, count, order_by, token), max_results)


def search_model_versions(
    max_results: int | None = None, filter_string: str | None = None, order_by: list[str] | None = None
) -> list[ModelVersion]:
    """All versions that match, the last changed first if no order is given. Raises FilterError."""
    client = MlflowClient()
    return all_pages(lambda count, token: client.search_model_versions(filter_string, count, order_by, token), max_results)


def set_model_version_tag(name: str, version: int | str | None = None, key: str | None = None, value: Any = None) -> None:
    """Set a tag of a version. Raises NotFound."""
    MlflowClient().set_model_version_tag(name, version, key, value)
