"""MLflow's endpoints for the records of evaluation datasets. Records with the same inputs are one, and merged."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, Struct, UnsetType, field

from runstone.entities.items import Item, ItemQuery, record_key
from runstone.errors import InvalidValue
from runstone.records import ItemDeleted, ItemWritten

from . import items
from .eval_datasets import KIND as DATASET
from .eval_datasets import USER, OfDataset, json_of
from .limits import page_size
from .row import Row
from .shapes import Json, without_none

if TYPE_CHECKING:
    from runstone.server.backend import Backend

KIND = "dataset_record"
_SOURCES = ("UNSPECIFIED", "TRACE", "HUMAN", "DOCUMENT", "CODE")
_PARTS = ("inputs", "outputs", "expectations")
#: Keys that are looked up at once.
_AT_ONCE = 1_000


class UpsertRecords(OfDataset):
    records: str
    updated_by: str = ""


class GetRecords(OfDataset):
    max_results: int = 1000
    page_token: str = ""


class DeleteRecords(OfDataset):
    dataset_record_ids: list[str] = field(default_factory=list)


class Upserted(Struct):
    inserted_count: int
    updated_count: int


class Records(Struct):
    records: str
    next_page_token: str | UnsetType = UNSET


class Deleted(Struct):
    deleted_count: int


def upsert(backend: Backend, request: UpsertRecords) -> Json:
    """Add records; of one with the same inputs, expectations and tags are merged, and outputs replaced."""
    dataset = backend.store.get_item(DATASET, request.dataset_id)
    given = json_of(request.records, "records")
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise InvalidValue("Invalid value for parameter 'records' supplied: it must hold a JSON list of objects.")
    now, keyed = backend.now(), dict[str, list[dict[str, Any]]]()
    for number, one in enumerate(given):
        keyed.setdefault(record_key(one.get("inputs") or {}), []).append(_checked(one, number))
    there = _there(backend, request.dataset_id, list(keyed))
    writes, by = list[ItemWritten](), request.updated_by or None
    for position, (key, same) in enumerate(keyed.items()):
        for one in same:
            by = (one.get("tags") or {}).get(USER) or by
            writes.append(_record(request.dataset_id, key, position, one, now, key not in there))
    schema = _schema(items.body(dataset).get("schema"), given)
    told = without_none({"schema": schema, "last_updated_by": by})
    writes.append(ItemWritten(DATASET, dataset.item_id, now, "change", fields=items.text(told), merged=["schema"]))
    items.write(backend, *writes)
    updated = sum(len(same) - (key not in there) for key, same in keyed.items())
    return {"inserted_count": len(given) - updated, "updated_count": updated}


def load(backend: Backend, request: GetRecords) -> Json:
    """A page of records, in the order in which they came."""
    backend.store.get_item(DATASET, request.dataset_id)
    size = page_size(request.max_results or 1000, items.MOST)
    query = ItemQuery(kind=KIND, parents=(request.dataset_id,), limit=size, page_token=request.page_token or None)
    page = backend.store.search_items(query)
    return without_none({"records": json.dumps([_shape(one) for one in page]), "next_page_token": page.token})


def delete(backend: Backend, request: DeleteRecords) -> Json:
    """Remove records of this dataset; others are left alone."""
    backend.store.get_item(DATASET, request.dataset_id)
    wanted = tuple(dict.fromkeys(request.dataset_record_ids))
    found = list(items.every(backend, ItemQuery(kind=KIND, parents=(request.dataset_id,), ids=wanted)))
    if found:
        now = backend.now()
        gone = [ItemDeleted(KIND, one.item_id, now) for one in found]
        items.write(backend, *gone, ItemWritten(DATASET, request.dataset_id, now, "change"))
    return {"deleted_count": len(found)}


# fmt: off
EVAL_RECORDS: tuple[Row, ...] = (
    Row("POST", "/mlflow/datasets/{dataset_id}/records", UpsertRecords, Upserted, upsert, "write", 3),
    Row("GET", "/mlflow/datasets/{dataset_id}/records", GetRecords, Records, load, version=3),
    Row("DELETE", "/mlflow/datasets/{dataset_id}/records", DeleteRecords, Deleted, delete, "write", 3),
)
# fmt: on


def _checked(one: dict[str, Any], number: int) -> dict[str, Any]:
    for name in ("inputs", "expectations", "tags", "source"):
        if not isinstance(one.get(name), dict | None):
            raise InvalidValue(f"Invalid value for parameter 'records[{number}].{name}' supplied: it must be an object.")
    kind = str((one.get("source") or {}).get("source_type", "UNSPECIFIED")).upper()
    if kind not in _SOURCES:
        raise InvalidValue(f"Invalid dataset record source type: {kind}. Valid source types: {', '.join(_SOURCES)}.")
    return one


def _there(backend: Backend, dataset_id: str, keys: list[str]) -> set[str]:
    found = set[str]()
    for start in range(0, len(keys), _AT_ONCE):
        query = ItemQuery(kind=KIND, parents=(dataset_id,), keys=tuple(keys[start : start + _AT_ONCE]))
        found.update(one.key for one in items.every(backend, query))
    return found


def _record(dataset_id: str, key: str, position: int, one: dict[str, Any], now: int, new: bool) -> ItemWritten:
    """The id begins with where the record stands, so that ids order what came at one time."""
    tags, source = one.get("tags") or {}, one.get("source")
    fields: dict[str, Any] = {"inputs": one.get("inputs") or {}, "expectations": one.get("expectations"), "tags": tags}
    if "outputs" in one:
        fields["outputs"] = one["outputs"]
    if source:
        fields["source"] = {**source, "source_type": str(source.get("source_type", "UNSPECIFIED")).upper()}
    if tags.get(USER):
        fields |= {"last_updated_by": tags[USER], **({"created_by": tags[USER]} if new else {})}
    told = {name: value for name, value in fields.items() if value is not None or name == "outputs"}
    item_id = f"dr-{position:08x}{secrets.token_hex(12)}"
    return ItemWritten(KIND, item_id, now, "merge", dataset_id, key, items.text(told), ["expectations", "tags"])


def _schema(there: dict[str, Any] | None, given: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The type of each field, as it was when it was first seen; of outputs that are no object, of themselves."""
    if there is None and not given:
        return None
    found: dict[str, Any] = {part: (there or {}).get(part) or {} for part in _PARTS}
    for one in given:
        for part in _PARTS:
            value, told = one.get(part), found[part]
            if isinstance(value, dict) and isinstance(told, dict):
                found[part] = {**{name: _type(inner) for name, inner in value.items()}, **told}
            elif value is not None and not told:
                found[part] = _type(value)  # outputs may be anything
    return found


def _type(value: Any) -> str:
    words = {bool: "boolean", int: "integer", float: "float", str: "string", list: "array", dict: "object"}
    return words.get(type(value), "null")


def _shape(one: Item) -> Json:
    told = items.body(one)
    source = told.get("source")
    data = (source or {}).get("source_data") or {}
    return without_none(
        {
            "dataset_record_id": one.item_id,
            "dataset_id": one.parent,
            "inputs": told.get("inputs", {}),
            "outputs": told.get("outputs"),
            "expectations": told.get("expectations"),
            "tags": told.get("tags", {}),
            "source": source,
            "source_id": data.get("trace_id") or data.get("source_id"),
            "source_type": source["source_type"] if source else None,
            "created_time": one.created,
            "last_update_time": one.updated,
            "created_by": told.get("created_by"),
            "last_updated_by": told.get("last_updated_by"),
        }
    )
