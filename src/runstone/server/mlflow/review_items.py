"""MLflow's endpoints for what waits in a review queue."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from msgspec import UNSET, Struct, UnsetType, field

from runstone.entities.items import Item, ItemQuery
from runstone.errors import InvalidValue, NotFound
from runstone.records import ItemDeleted, ItemWritten

from . import items
from .answers import Nothing
from .limits import MAX_KEY, check_length, page_size, word
from .review_queues import KIND as QUEUE
from .review_queues import OfQueue
from .row import Row
from .shapes import Json, without_none

if TYPE_CHECKING:
    from runstone.server.backend import Backend

KIND = "review_item"
_TYPES, _STATES = {"TRACE": 1}, {"PENDING": 1, "COMPLETE": 2, "DECLINED": 3}


class ItemIds(OfQueue):
    item_ids: list[str] = field(default_factory=list)


class AddItems(ItemIds):
    item_type: str | int = "TRACE"


class ListItems(OfQueue):
    status: str | int = ""
    max_results: int = 1000
    page_token: str = ""


class SetStatus(OfQueue):
    item_id: str
    status: str | int
    completed_by: str = ""


class ReviewItem(Struct):
    queue_id: str
    item_type: str
    item_id: str
    status: str
    creation_time_ms: int
    last_update_time_ms: int
    completed_by: str | UnsetType = UNSET
    completed_time_ms: int | UnsetType = UNSET


class OneItem(Struct):
    item: ReviewItem


class Added(Struct):
    items: list[ReviewItem]


class ReviewItems(Added):
    next_page_token: str | UnsetType = UNSET


def add(backend: Backend, request: AddItems) -> Json:
    """Let traces wait in a queue; what is there already stays as it is."""
    backend.store.get_item(QUEUE, request.queue_id)
    word(request.item_type, _TYPES, "item_type")
    wanted = _ids(request.item_ids)
    there = {one.key for one in _at(backend, request.queue_id, wanted)}
    fields, now = items.text({"status": "PENDING"}), backend.now()
    new = [one for one in wanted if one not in there]
    made = [
        ItemWritten(KIND, f"ri-{place:08x}{secrets.token_hex(12)}", now, "merge", request.queue_id, one, fields)
        for place, one in enumerate(new)
    ]
    if made:
        items.write(backend, *made)
    found = {one.key: one for one in _at(backend, request.queue_id, wanted)}
    return {"items": [_shape(found[one]) for one in wanted if one in found]}


def remove(backend: Backend, request: ItemIds) -> Json:
    """Take traces out of a queue."""
    backend.store.get_item(QUEUE, request.queue_id)
    found = _at(backend, request.queue_id, _ids(request.item_ids))
    if found:
        items.write(backend, *(ItemDeleted(KIND, one.item_id, backend.now()) for one in found))
    return {}


def list_items(backend: Backend, request: ListItems) -> Json:
    """What waits in a queue, the newest first: all, or of one status."""
    backend.store.get_item(QUEUE, request.queue_id)
    size = page_size(request.max_results, items.MOST)
    wanted = _state(request.status) if request.status else None
    query = ItemQuery(kind=KIND, parents=(request.queue_id,), newest_first=True)
    found = [one for one in map(_shape, items.every(backend, query)) if wanted in (None, one["status"])]
    page, token = items.window(found, size, request.page_token, KIND, request.queue_id, wanted)
    return without_none({"items": page, "next_page_token": token})


def set_status(backend: Backend, request: SetStatus) -> Json:
    """Say that a trace was looked at, or is to be looked at again. Who was first to say the same stays named."""
    backend.store.get_item(QUEUE, request.queue_id)
    state, by = _state(request.status), request.completed_by.strip().lower()
    check_length("completed_by", by, MAX_KEY)
    if (state == "PENDING") == bool(by):
        wanted = "must not be set when an item is pending again" if by else f"is required when the status is {state}"
        raise InvalidValue(f"`completed_by` {wanted}.")
    found = _at(backend, request.queue_id, [request.item_id.strip()])
    if not found:
        raise NotFound(f"Item '{request.item_id}' is not attached to review queue '{request.queue_id}'.")
    if items.body(found[0])["status"] != state:
        told = {"status": state, "completed_by": by or None, "completed_time_ms": backend.now() if by else None}
        changed = ItemWritten(KIND, found[0].item_id, backend.now(), "change", fields=items.text(told))
        items.write(backend, changed)
    return {"item": _shape(backend.store.get_item(KIND, found[0].item_id))}


# fmt: off
REVIEW_ITEMS: tuple[Row, ...] = (
    Row("POST", "/mlflow/review-queues/items/add", AddItems, Added, add, "write", 3),
    Row("POST", "/mlflow/review-queues/items/remove", ItemIds, Nothing, remove, "write", 3),
    Row("GET", "/mlflow/review-queues/items/list", ListItems, ReviewItems, list_items, version=3),
    Row("POST", "/mlflow/review-queues/items/set-status", SetStatus, OneItem, set_status, "write", 3),
)
# fmt: on


def _ids(given: list[str]) -> list[str]:
    found = list(dict.fromkeys(one.strip() for one in given))
    if not found or "" in found:
        raise InvalidValue("Invalid value for parameter 'item_ids' supplied: at least one id, and none of them empty.")
    for one in found:
        check_length("item_ids", one, MAX_KEY)
    return found


def _state(given: str | int) -> str:
    number = word(given, _STATES, "status")
    return next(name for name, one in _STATES.items() if one == number)


def _at(backend: Backend, queue_id: str, item_ids: list[str]) -> list[Item]:
    return list(items.every(backend, ItemQuery(kind=KIND, parents=(queue_id,), keys=tuple(item_ids))))


def _shape(one: Item) -> Json:
    return {
        "queue_id": one.parent,
        "item_type": "TRACE",
        "item_id": one.key,
        "creation_time_ms": one.created,
        "last_update_time_ms": one.updated,
        **items.body(one),
    }
