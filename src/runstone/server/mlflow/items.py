"""What MLflow's endpoints for items beside the traces share: reading, writing and paging them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from runstone.contracts import Batch
from runstone.entities.items import Item, ItemQuery
from runstone.errors import InvalidValue, NotFound
from runstone.query import paging
from runstone.records import ItemDeleted, ItemWritten

if TYPE_CHECKING:
    from runstone.server.backend import Backend

T = TypeVar("T")
#: Most of one page.
MOST = 50_000


def body(one: Item) -> dict[str, Any]:
    """The fields of an item."""
    found: dict[str, Any] = json.loads(one.body)
    return found


def text(fields: dict[str, Any]) -> str:
    """Fields for a record."""
    return json.dumps(fields)


def new_id(prefix: str) -> str:
    return prefix + uuid.uuid4().hex


def experiment_of(backend: Backend, experiment_id: str) -> str:
    """The id as it is written. Raises NotFound, PermissionDenied."""
    return backend.store.get_experiment(experiment_id).experiment_id


def write(backend: Backend, *records: ItemWritten | ItemDeleted) -> None:
    """All of them or none."""
    backend.write(Batch(records))


def every(backend: Backend, query: ItemQuery) -> Iterator[Item]:
    """All pages."""
    while True:
        page = backend.store.search_items(query)
        yield from page
        if page.token is None:
            return
        query = msgspec.structs.replace(query, page_token=page.token)


def at(backend: Backend, kind: str, parent: str, key: str) -> Item | None:
    """The last version at a key."""
    query = ItemQuery(kind=kind, parents=(parent,), keys=(key,))
    return max(every(backend, query), key=lambda one: one.version, default=None)


def known(backend: Backend, kind: str, item_id: str) -> Item | None:
    """``None`` for one that is not there."""
    try:
        return backend.store.get_item(kind, item_id)
    except NotFound:
        return None


def window(found: Sequence[T], size: int, token: str, *search: Any) -> tuple[Sequence[T], str | None]:
    """A page of what is at hand, and the token of the next. Raises InvalidValue for a token of another search."""
    mark = paging.fingerprint(*search)
    start = paging.decode(token, mark).values[0][0] if token else 0
    if not isinstance(start, int) or start < 0:
        raise InvalidValue(f"page_token={token!r} is not a token of this store. Pass the token of the page before, unchanged.")
    more = start + size < len(found)
    return found[start : start + size], paging.encode(paging.Place(mark, [[start + size]])) if more else None
