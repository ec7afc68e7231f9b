"""MLflow's endpoints for review queues: which traces wait for whom, to be asked which questions.

The name of a queue is kept as it is written; it is unique in its experiment whatever the case of its letters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET, Struct, UnsetType, field

from runstone.entities.items import Item, ItemQuery
from runstone.errors import AlreadyExists, InvalidValue, NotFound
from runstone.records import ItemDeleted, ItemWritten

from . import items, label_schemas
from .answers import Nothing
from .limits import MAX_KEY, check_length, page_size, word
from .row import Row
from .shapes import Json, without_none

if TYPE_CHECKING:
    from runstone.server.backend import Backend

KIND, RESERVED = "review_queue", "default"
_TYPES = {"USER": 1, "CUSTOM": 2}
_MOST_USERS = 10


class CreateQueue(Struct):
    experiment_id: str
    name: str
    queue_type: str | int
    created_by: str = ""
    users: list[str] = field(default_factory=list)
    schema_ids: list[str] = field(default_factory=list)


class UserQueue(Struct):
    experiment_id: str
    user: str


class OfQueue(Struct):
    queue_id: str


class QueueName(Struct):
    experiment_id: str
    name: str


class ListQueues(Struct):
    experiment_id: str
    user: str = ""
    item_id: str = ""
    max_results: int = 1000
    page_token: str = ""


class UpdateQueue(OfQueue):
    update_users: bool = False
    users: list[str] = field(default_factory=list)
    update_schema_ids: bool = False
    schema_ids: list[str] = field(default_factory=list)
    name: str = ""
    new_owner: str = ""


class QueueShape(Struct):
    queue_id: str
    experiment_id: str
    name: str
    queue_type: str
    creation_time_ms: int
    last_update_time_ms: int
    users: list[str]
    schema_ids: list[str]
    created_by: str | UnsetType = UNSET


class OneQueue(Struct):
    review_queue: QueueShape


class Queues(Struct):
    review_queues: list[QueueShape]
    next_page_token: str | UnsetType = UNSET


def create(backend: Backend, request: CreateQueue) -> Json:
    """Make a queue: of one user, or for some users and questions."""
    experiment = items.experiment_of(backend, request.experiment_id)
    users = _users(request.users)
    if word(request.queue_type, _TYPES, "queue_type") == _TYPES["USER"]:
        name, kind = _user(request.name), "USER"
        if users not in ([], [name]) or request.schema_ids:
            raise InvalidValue(
                "A user queue is for the user of its name and for all questions: give no users and no schema_ids."
            )
        users, schemas = [name], list[str]()
    else:
        name, kind = _name(request.name), "CUSTOM"
        schemas = _schemas(backend, experiment, request.schema_ids)
    told = {
        "name": name, "queue_type": kind, "users": users, "schema_ids": schemas, "created_by": request.created_by or None,
    }  # fmt: skip
    made = ItemWritten(
        KIND, items.new_id("rq-"), backend.now(), "new", experiment, name.lower(), items.text(without_none(told))
    )
    items.write(backend, made)
    return get(backend, OfQueue(made.item_id))


def get_or_create_user(backend: Backend, request: UserQueue) -> Json:
    """The queue of one user, made if there is none."""
    experiment, name = items.experiment_of(backend, request.experiment_id), _user(request.user)
    found = items.at(backend, KIND, experiment, name)
    if found is None:
        try:
            return create(backend, CreateQueue(experiment, name, "USER", created_by=name))
        except AlreadyExists:  # somebody else was faster
            found = items.at(backend, KIND, experiment, name)
    if found is None or items.body(found)["queue_type"] != "USER":
        raise AlreadyExists(f"A queue named '{name}' exists that is no user's; rename it first.")
    return {"review_queue": _shape(found)}


def get(backend: Backend, request: OfQueue) -> Json:
    """By id."""
    return {"review_queue": _shape(backend.store.get_item(KIND, request.queue_id))}


def get_by_name(backend: Backend, request: QueueName) -> Json:
    """By the name that it has in an experiment."""
    experiment = items.experiment_of(backend, request.experiment_id)
    found = items.at(backend, KIND, experiment, request.name.lower())
    if found is None:
        raise NotFound(f"Review queue with name '{request.name}' not found for experiment '{request.experiment_id}'.")
    return {"review_queue": _shape(found)}


def list_queues(backend: Backend, request: ListQueues) -> Json:
    """Queues of an experiment, the newest first: all, those of a user, those with a trace in them."""
    size = page_size(request.max_results, items.MOST)
    experiment = items.experiment_of(backend, request.experiment_id)
    ids: tuple[str, ...] | None = None
    if request.item_id:
        ids = tuple({one.parent for one in items.every(backend, ItemQuery(kind="review_item", keys=(request.item_id,)))})
    found = items.every(backend, ItemQuery(kind=KIND, parents=(experiment,), ids=ids, newest_first=True))
    user = _user(request.user) if request.user else None
    wanted = [one for one in map(_shape, found) if user is None or user in one["users"]]
    page, token = items.window(wanted, size, request.page_token, KIND, experiment, user, request.item_id)
    return without_none({"review_queues": page, "next_page_token": token})


def update(backend: Backend, request: UpdateQueue) -> Json:
    """Change name, owner, users or questions of a queue that is no user's."""
    found = backend.store.get_item(KIND, request.queue_id)
    if items.body(found)["queue_type"] == "USER":
        raise InvalidValue("A user's queue cannot be changed: its name, user, questions and owner are given.")
    given: dict[str, Any] = {}
    if request.name:
        given["name"] = _name(request.name)
    if request.new_owner:
        check_length("new_owner", request.new_owner, MAX_KEY)
        given["created_by"] = request.new_owner.strip()
    if request.update_users:
        given["users"] = _users(request.users)
    if request.update_schema_ids:
        if found.members:
            raise InvalidValue("A queue with items keeps its questions; remove the items before you change them.")
        given["schema_ids"] = _schemas(backend, found.parent, request.schema_ids)
    if given:
        key = str(given.get("name", "")).lower()
        changed = ItemWritten(KIND, found.item_id, backend.now(), "change", key=key, fields=items.text(given))
        items.write(backend, changed)
    return get(backend, OfQueue(found.item_id))


def delete(backend: Backend, request: OfQueue) -> Json:
    """With all that waits in it; what was said of the traces stays. One that is not there is no mistake, as in MLflow."""
    if items.known(backend, KIND, request.queue_id) is not None:
        items.write(backend, ItemDeleted(KIND, request.queue_id, backend.now()))
    return {}


# fmt: off
REVIEW_QUEUES: tuple[Row, ...] = (
    Row("POST", "/mlflow/review-queues/create", CreateQueue, OneQueue, create, "write", 3),
    Row("POST", "/mlflow/review-queues/get-or-create-user", UserQueue, OneQueue, get_or_create_user, "write", 3),
    Row("GET", "/mlflow/review-queues/get", OfQueue, OneQueue, get, version=3),
    Row("GET", "/mlflow/review-queues/get-by-name", QueueName, OneQueue, get_by_name, version=3),
    Row("GET", "/mlflow/review-queues/list", ListQueues, Queues, list_queues, version=3),
    Row("POST", "/mlflow/review-queues/update", UpdateQueue, OneQueue, update, "write", 3),
    Row("POST", "/mlflow/review-queues/delete", OfQueue, Nothing, delete, "write", 3),
)
# fmt: on


def _name(given: str) -> str:
    name = given.strip()
    if not name or name.lower() == RESERVED:
        raise InvalidValue(
            f"Invalid value {given!r} for parameter 'name' supplied: a text that is neither empty nor 'default'."
        )
    check_length("name", name, MAX_KEY)
    return name


def _user(given: str) -> str:
    user = given.strip().lower()
    if not user:
        raise InvalidValue("Invalid value '' for parameter 'user' supplied: it must not be empty.")
    check_length("user", user, MAX_KEY)
    return user


def _users(given: list[str]) -> list[str]:
    users = sorted({_user(one) for one in given})
    if len(users) > _MOST_USERS:
        raise InvalidValue(f"A review queue can have at most {_MOST_USERS} users; got {len(users)}.")
    return users


def _schemas(backend: Backend, experiment: str, given: list[str]) -> list[str]:
    wanted = sorted({one.strip() for one in given})
    there = {one["schema_id"] for one in label_schemas.every(backend, experiment)} if wanted else set()
    unknown = [one for one in wanted if one not in there]
    if unknown:
        raise InvalidValue(f"Label schema id(s) {unknown} not found for experiment '{experiment}'.")
    return wanted


def _shape(one: Item) -> Json:
    return {
        "queue_id": one.item_id,
        "experiment_id": one.parent,
        **items.body(one),
        "creation_time_ms": one.created,
        "last_update_time_ms": one.updated,
    }
