"""MLflow's endpoints for logged models, and its list of datasets."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from runstone.contracts import Batch, LoggedModelQuery, ModelOrder
from runstone.entities.logged_models import LoggedModel, LoggedModelStatus
from runstone.errors import InvalidValue, NotFound
from runstone.names import random_name
from runstone.records import LoggedModelChanged, LoggedModelCreated, Record
from runstone.server.files import plain, root_at

from . import answers as a
from . import logged_models_messages as m
from . import shapes
from .limits import MAX_DATASET_EXPERIMENTS, MAX_MODELS, check_keys, page_size, word
from .messages import KeyValue
from .reading import json_number, missing
from .row import Row

if TYPE_CHECKING:
    from runstone.server.backend import Backend

_STATUS = {"LOGGED_MODEL_PENDING": "PENDING", "LOGGED_MODEL_READY": "READY", "LOGGED_MODEL_UPLOAD_FAILED": "FAILED"}
_NUMBERS = {name: LoggedModelStatus.to_int(status) for name, status in _STATUS.items()}


def create(backend: Backend, request: m.CreateModel) -> shapes.Json:
    """Make a logged model, whose files come next."""
    model_id = f"m-{uuid.uuid4().hex}"
    made = LoggedModelCreated(
        model_id,
        request.experiment_id,
        request.name or random_name(),
        backend.now(),
        request.model_type,
        request.source_run_id,
        _texts(request.params, "params"),
        _texts(request.tags, "tags"),
    )
    return _written(backend, model_id, made)


def get(backend: Backend, request: m.GetModel) -> shapes.Json:
    """One logged model."""
    deleted = str(request.allow_deleted).lower() == "true"
    return {"model": _shape(backend, backend.store.get_logged_model(request.model_id, deleted))}


def finalize(backend: Backend, request: m.FinalizeModel) -> shapes.Json:
    """Say that its files are there, or that they failed to come."""
    number = word(request.status, _NUMBERS, "status")
    status = LoggedModelStatus.from_int(number)
    return _written(backend, request.model_id, LoggedModelChanged(request.model_id, backend.now(), status=status))


def log_params(backend: Backend, request: m.ModelParams) -> shapes.Json:
    """Add params, which never change."""
    params = _texts(request.params, "params")
    return _written(backend, request.model_id, LoggedModelChanged(request.model_id, backend.now(), params=params))


def set_tags(backend: Backend, request: m.ModelTags) -> shapes.Json:
    """Set tags."""
    tags: dict[str, str | None] = {**_texts(request.tags, "tags")}
    return _written(backend, request.model_id, LoggedModelChanged(request.model_id, backend.now(), tags=tags))


def delete_tag(backend: Backend, request: m.ModelTag) -> shapes.Json:
    """Remove one tag, which must be there."""
    if request.tag_key not in backend.store.get_logged_model(request.model_id).tags:
        raise NotFound(f"No tag with key {request.tag_key!r} found for model with ID {request.model_id!r}.")
    _written(backend, request.model_id, LoggedModelChanged(request.model_id, backend.now(), tags={request.tag_key: None}))
    return {}


def delete(backend: Backend, request: m.OfModel) -> shapes.Json:
    """Into the trash. One that is there already is no mistake, as in MLflow: a client may repeat a call."""
    try:
        backend.store.get_logged_model(request.model_id)
    except NotFound:
        backend.store.get_logged_model(request.model_id, True)
        return {}
    backend.write(Batch([LoggedModelChanged(request.model_id, backend.now(), deleted=True)]))
    return {}


def search(backend: Backend, request: m.SearchModels) -> shapes.Json:
    """Filter, order and page."""
    page = backend.store.search_logged_models(
        LoggedModelQuery(
            experiment_ids=tuple(request.experiment_ids),
            filter=request.filter,
            datasets=tuple((one.dataset_name, one.dataset_digest) for one in request.datasets),
            order_by=tuple(
                ModelOrder(one.field_name, one.ascending, one.dataset_name, one.dataset_digest) for one in request.order_by
            ),
            limit=page_size(request.max_results, MAX_MODELS) if request.max_results else 100,
            page_token=request.page_token or None,
        )
    )
    return shapes.without_none({"models": [_shape(backend, one) for one in page], "next_page_token": page.token})


def list_folder(backend: Backend, request: m.ModelFolder) -> shapes.Json:
    """One level of the model's files."""
    uri = backend.store.get_logged_model(request.model_id).artifact_location
    files = root_at(backend, uri).list(plain(request.artifact_directory_path))
    return {"root_uri": backend.shown_artifact_uri(uri), "files": [shapes.file(one) for one in files]}


def search_datasets(backend: Backend, request: m.SearchDatasets) -> shapes.Json:
    """Datasets that runs of these experiments read."""
    if not request.experiment_ids:
        raise missing("experiment_ids")
    if len(request.experiment_ids) > MAX_DATASET_EXPERIMENTS:
        raise InvalidValue(
            f"SearchDatasets request cannot specify more than {MAX_DATASET_EXPERIMENTS} experiment_ids. "
            f"Received {len(request.experiment_ids)} experiment_ids."
        )
    return {
        "dataset_summaries": [
            shapes.without_none(
                {"experiment_id": one.experiment_id, "name": one.name, "digest": one.digest, "context": one.context or None}
            )
            for one in backend.store.dataset_uses(request.experiment_ids)
        ]
    }


# fmt: off
LOGGED_MODELS: tuple[Row, ...] = (
    Row("POST", "/mlflow/logged-models", m.CreateModel, a.OneModel, create, "write"),
    Row("POST", "/mlflow/logged-models/search", m.SearchModels, a.Models, search),
    Row("GET", "/mlflow/logged-models/{model_id}", m.GetModel, a.OneModel, get),
    Row("PATCH", "/mlflow/logged-models/{model_id}", m.FinalizeModel, a.OneModel, finalize, "write"),
    Row("DELETE", "/mlflow/logged-models/{model_id}", m.OfModel, a.Nothing, delete, "write"),
    Row("POST", "/mlflow/logged-models/{model_id}/params", m.ModelParams, a.OneModel, log_params, "write"),
    Row("PATCH", "/mlflow/logged-models/{model_id}/tags", m.ModelTags, a.OneModel, set_tags, "write"),
    Row("DELETE", "/mlflow/logged-models/{model_id}/tags/{tag_key:path}", m.ModelTag, a.Nothing, delete_tag, "write"),
    Row("GET", "/mlflow/logged-models/{model_id}/artifacts/directories", m.ModelFolder, a.Files, list_folder),
    Row("POST", "/mlflow/experiments/search-datasets", m.SearchDatasets, a.Datasets, search_datasets),
)
# fmt: on


def _written(backend: Backend, model_id: str, record: Record) -> shapes.Json:
    backend.write(Batch([record]))
    return {"model": _shape(backend, backend.store.get_logged_model(model_id))}


def _texts(given: list[KeyValue], field: str) -> dict[str, str]:
    check_keys([one.key for one in given], field + "[{}].key")
    return {one.key: one.value for one in given}


def _shape(backend: Backend, found: LoggedModel) -> shapes.Json:
    names = {status: name for name, status in _STATUS.items()}
    info = {
        "model_id": found.model_id,
        "experiment_id": found.experiment_id,
        "name": found.name,
        "creation_timestamp_ms": found.creation_timestamp,
        "last_updated_timestamp_ms": found.last_updated_timestamp,
        "artifact_uri": backend.shown_artifact_uri(found.artifact_location),
        "status": names[found.status],
        "model_type": found.model_type,
        "source_run_id": found.source_run_id,
        "status_message": found.status_message,
        "tags": shapes.pairs(found.tags),
    }
    metrics = [
        shapes.without_none(
            {
                "key": point.key,
                "value": json_number(point.value),
                "timestamp": point.timestamp,
                "step": point.step,
                "model_id": point.model_id,
                "dataset_name": point.dataset_name,
                "dataset_digest": point.dataset_digest,
                "run_id": point.run_id,
            }
        )
        for point in found.metrics or ()
    ]
    return {"info": shapes.without_none(info), "data": {"params": shapes.pairs(found.params), "metrics": metrics}}
