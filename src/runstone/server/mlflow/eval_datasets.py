"""MLflow's endpoints for evaluation datasets; their records have endpoints of their own (:mod:`.eval_records`).

Fields that protobuf has as text hold JSON in it: tags, schema, profile. The digest tells the state of a dataset apart from
its other states: it is made of its name and the time of its last change, as MLflow's is.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, Struct, UnsetType, field

from runstone.entities.items import Item, ItemQuery
from runstone.errors import InvalidValue
from runstone.query.items import EVALUATION_DATASETS, dataset_order, in_order, meets
from runstone.query.parser import parse_filter
from runstone.query.tree import Field
from runstone.records import ItemDeleted, ItemWritten

from . import items
from .answers import Nothing
from .limits import page_size
from .row import Row
from .shapes import Json, without_none

if TYPE_CHECKING:
    from runstone.server.backend import Backend

KIND, USER = "evaluation_dataset", "mlflow.user"


class CreateDataset(Struct):
    name: str
    experiment_ids: list[str] = field(default_factory=list)
    tags: str = ""
    created_by: str = ""


class OfDataset(Struct):
    dataset_id: str


class SearchEvaluationDatasets(Struct):
    experiment_ids: list[str] = field(default_factory=list)
    filter_string: str = ""
    max_results: int = 1000
    order_by: list[str] = field(default_factory=list)
    page_token: str = ""


class TagDataset(OfDataset):
    tags: str


class UntagDataset(OfDataset):
    key: str


class DatasetExperiments(OfDataset):
    experiment_ids: list[str] = field(default_factory=list)


class DatasetShape(Struct):
    dataset_id: str
    name: str
    tags: str
    digest: str
    created_time: int
    last_update_time: int
    experiment_ids: list[str]
    schema: str | UnsetType = UNSET
    profile: str | UnsetType = UNSET
    created_by: str | UnsetType = UNSET
    last_updated_by: str | UnsetType = UNSET


class OneDataset(Struct):
    dataset: DatasetShape


class EvaluationDatasets(Struct):
    datasets: list[DatasetShape]
    next_page_token: str | UnsetType = UNSET


class ExperimentIds(Struct):
    experiment_ids: list[str]


def create(backend: Backend, request: CreateDataset) -> Json:
    """Make an empty evaluation dataset, for any number of experiments."""
    tags = _tags(request.tags) if request.tags else {}
    by = request.created_by or tags.get(USER)
    fields = {"name": request.name, "tags": tags, "created_by": by, "last_updated_by": by}
    experiments = {items.experiment_of(backend, one): True for one in request.experiment_ids}
    made = ItemWritten(
        KIND, items.new_id("d-"), backend.now(), fields=items.text(without_none(fields)), experiments=experiments
    )
    items.write(backend, made)
    return _one(backend, made.item_id)


def get(backend: Backend, request: OfDataset) -> Json:
    """By id, without its records."""
    return _one(backend, request.dataset_id)


def delete(backend: Backend, request: OfDataset) -> Json:
    """With all its records. One that is not there is no mistake, as in MLflow."""
    if items.known(backend, KIND, request.dataset_id) is not None:
        items.write(backend, ItemDeleted(KIND, request.dataset_id, backend.now()))
    return {}


def search(backend: Backend, request: SearchEvaluationDatasets) -> Json:
    """Filter, order and page."""
    size = page_size(request.max_results, items.MOST)
    tree, orders = parse_filter(request.filter_string, EVALUATION_DATASETS), dataset_order(request.order_by)
    asked = tuple(request.experiment_ids) or None
    found = [(one, items.body(one)) for one in items.every(backend, ItemQuery(kind=KIND, experiment_ids=asked))]
    wanted = in_order((one for one in found if meets(tree, one, _look)), orders, _look)
    search = (KIND, asked, request.filter_string, request.order_by)
    page, token = items.window(wanted, size, request.page_token, *search)
    return without_none({"datasets": [shape(one) for one, _ in page], "next_page_token": token})


def set_tags(backend: Backend, request: TagDataset) -> Json:
    """Set tags, beside those that are there."""
    tags = _tags(request.tags)
    by = {"last_updated_by": tags[USER]} if tags.get(USER) else {}
    _change(backend, request.dataset_id, {"tags": tags, **by})
    return _one(backend, request.dataset_id)


def delete_tag(backend: Backend, request: UntagDataset) -> Json:
    """Remove one tag. One that is not there is no mistake, as in MLflow."""
    found = items.known(backend, KIND, request.dataset_id)
    if found is not None and request.key in items.body(found).get("tags", {}):
        _change(backend, request.dataset_id, {"tags": {request.key: None}})
    return {}


def experiment_ids(backend: Backend, request: OfDataset) -> Json:
    """The experiments that a dataset belongs to."""
    return {"experiment_ids": list(backend.store.get_item(KIND, request.dataset_id).experiment_ids)}


def add_experiments(backend: Backend, request: DatasetExperiments) -> Json:
    """Let a dataset belong to further experiments."""
    backend.store.get_item(KIND, request.dataset_id)
    wanted = {items.experiment_of(backend, one): True for one in request.experiment_ids}
    items.write(backend, ItemWritten(KIND, request.dataset_id, backend.now(), "change", experiments=wanted))
    return _one(backend, request.dataset_id)


def remove_experiments(backend: Backend, request: DatasetExperiments) -> Json:
    """Let a dataset no longer belong to these experiments; others are no mistake."""
    there = backend.store.get_item(KIND, request.dataset_id).experiment_ids
    gone = {one: False for one in request.experiment_ids if one in there}
    items.write(backend, ItemWritten(KIND, request.dataset_id, backend.now(), "change", experiments=gone))
    return _one(backend, request.dataset_id)


# fmt: off
EVAL_DATASETS: tuple[Row, ...] = (
    Row("POST", "/mlflow/datasets/create", CreateDataset, OneDataset, create, "write", 3),
    Row("POST", "/mlflow/datasets/search", SearchEvaluationDatasets, EvaluationDatasets, search, version=3),
    Row("GET", "/mlflow/datasets/search", SearchEvaluationDatasets, EvaluationDatasets, search, version=3),
    Row("GET", "/mlflow/datasets/{dataset_id}", OfDataset, OneDataset, get, version=3),
    Row("DELETE", "/mlflow/datasets/{dataset_id}", OfDataset, Nothing, delete, "write", 3),
    Row("PATCH", "/mlflow/datasets/{dataset_id}/tags", TagDataset, OneDataset, set_tags, "write", 3),
    Row("DELETE", "/mlflow/datasets/{dataset_id}/tags/{key}", UntagDataset, Nothing, delete_tag, "write", 3),
    Row("GET", "/mlflow/datasets/{dataset_id}/experiment-ids", OfDataset, ExperimentIds, experiment_ids, version=3),
    Row("POST", "/mlflow/datasets/{dataset_id}/add-experiments", DatasetExperiments, OneDataset, add_experiments, "write", 3),
    Row("POST", "/mlflow/datasets/{dataset_id}/remove-experiments", DatasetExperiments, OneDataset, remove_experiments,
        "write", 3),
)
# fmt: on


def shape(one: Item) -> Json:
    """MLflow's ``Dataset`` of its evaluation datasets."""
    told = items.body(one)
    return without_none(
        {
            "dataset_id": one.item_id,
            "name": told["name"],
            "tags": items.text(told.get("tags", {})),
            "schema": items.text({**told["schema"], "version": "1.0"}) if "schema" in told else None,
            "profile": items.text({"num_records": one.members}) if one.members else None,
            "digest": hashlib.sha256(f"{told['name']}:{one.updated}".encode()).hexdigest()[:8],
            "created_time": one.created,
            "last_update_time": one.updated,
            "created_by": told.get("created_by"),
            "last_updated_by": told.get("last_updated_by"),
            "experiment_ids": list(one.experiment_ids),
        }
    )


def json_of(text: str, name: str) -> Any:
    """What a text field holds. Raises InvalidValue."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as cause:
        raise InvalidValue(f"Invalid value for parameter '{name}' supplied: it must hold JSON: {cause}.") from cause


def _one(backend: Backend, dataset_id: str) -> Json:
    return {"dataset": shape(backend.store.get_item(KIND, dataset_id))}


def _change(backend: Backend, dataset_id: str, fields: dict[str, Any]) -> None:
    record = ItemWritten(KIND, dataset_id, backend.now(), "change", fields=items.text(fields), merged=["tags"])
    items.write(backend, record)


def _tags(text: str) -> dict[str, str]:
    found = json_of(text, "tags")
    if not isinstance(found, dict):
        raise InvalidValue("Invalid value for parameter 'tags' supplied: it must hold a JSON object.")
    return {key: value if isinstance(value, str) else items.text(value) for key, value in found.items() if value is not None}


def _look(found: tuple[Item, dict[str, Any]], field: Field) -> Any:
    one, told = found
    if field.kind == "tags":
        return told.get("tags", {}).get(field.key)
    own = {"dataset_id": one.item_id, "created_time": one.created, "last_update_time": one.updated}
    return own.get(field.key, told.get(field.key))
