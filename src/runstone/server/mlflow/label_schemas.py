"""MLflow's endpoints for label schemas: the questions that people answer about traces.

Every experiment has one question from the start, under the reserved name Feedback. It is not stored, and cannot be changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from runstone.entities.items import DEFAULT_SCHEMA, Item, ItemQuery
from runstone.errors import InvalidValue, NotFound
from runstone.records import ItemDeleted, ItemWritten

from . import items
from .answers import Nothing, Rest
from .limits import MAX_KEY, check_length, page_size, word
from .row import Row
from .shapes import Json, without_none

if TYPE_CHECKING:
    from runstone.server.backend import Backend

KIND, DEFAULT = "label_schema", "Feedback"
_TYPES = {"FEEDBACK": 1, "EXPECTATION": 2}
_MOST_OPTIONS, _MOST_LABEL, _MOST_INSTRUCTION = 10, 64, 1_000


class PassFail(Struct):
    positive_label: str = ""
    negative_label: str = ""


class Categorical(Struct):
    options: list[str] = []
    multi_select: bool = False


class Numeric(Struct):
    min_value: float | None = None
    max_value: float | None = None


class FreeText(Struct):
    max_length: int | None = None


class Input(Struct):
    """One of these."""

    pass_fail: PassFail | None = None
    categorical: Categorical | None = None
    numeric: Numeric | None = None
    text: FreeText | None = None


class CreateSchema(Struct):
    experiment_id: str
    name: str
    type: str | int
    input: Input
    instruction: str = ""
    enable_comment: bool = False


class OfSchema(Struct):
    schema_id: str


class SchemaName(Struct):
    experiment_id: str
    name: str


class ListSchemas(Struct):
    experiment_id: str
    max_results: int = 100
    page_token: str = ""


class UpdateSchema(OfSchema):
    name: str | None = None
    instruction: str | None = None
    enable_comment: bool | None = None
    input: Input | None = None


class SchemaShape(Struct):
    schema_id: str
    experiment_id: str
    name: str
    type: str
    input: Rest
    enable_comment: bool
    created_at: int
    last_updated_at: int
    is_default: bool
    instruction: str | UnsetType = UNSET


class OneSchema(Struct):
    label_schema: SchemaShape


class Schemas(Struct):
    label_schemas: list[SchemaShape]
    next_page_token: str | UnsetType = UNSET


def create(backend: Backend, request: CreateSchema) -> Json:
    """Add a question to an experiment."""
    names = {number: name for name, number in _TYPES.items()}
    told = {
        "type": names[word(request.type, _TYPES, "type")],
        "instruction": request.instruction or None,
        "enable_comment": request.enable_comment,
        "input": _input(request.input),
    }
    _check(request.name, request.instruction)
    experiment = items.experiment_of(backend, request.experiment_id)
    fields = items.text(without_none(told))
    made = ItemWritten(KIND, items.new_id("ls-"), backend.now(), "new", experiment, request.name, fields)
    items.write(backend, made)
    return get(backend, OfSchema(made.item_id))


def get(backend: Backend, request: OfSchema) -> Json:
    """By id."""
    if request.schema_id.startswith(DEFAULT_SCHEMA):
        return {"label_schema": _default(backend, request.schema_id.removeprefix(DEFAULT_SCHEMA))}
    return {"label_schema": _shape(backend.store.get_item(KIND, request.schema_id))}


def get_by_name(backend: Backend, request: SchemaName) -> Json:
    """By the name that it has in an experiment."""
    experiment = items.experiment_of(backend, request.experiment_id)
    if request.name == DEFAULT:
        return {"label_schema": _default(backend, experiment)}
    found = items.at(backend, KIND, experiment, request.name)
    if found is None:
        raise NotFound(f"Label schema with name '{request.name}' not found for experiment '{request.experiment_id}'.")
    return {"label_schema": _shape(found)}


def list_schemas(backend: Backend, request: ListSchemas) -> Json:
    """All questions of an experiment, the newest first."""
    size = page_size(request.max_results, items.MOST)
    found = list(every(backend, items.experiment_of(backend, request.experiment_id)))
    page, token = items.window(found, size, request.page_token, KIND, request.experiment_id)
    return without_none({"label_schemas": page, "next_page_token": token})


def every(backend: Backend, experiment_id: str) -> Iterator[Json]:
    """All questions of an experiment, with the one that it has from the start."""
    query = ItemQuery(kind=KIND, parents=(experiment_id,), newest_first=True)
    yield from map(_shape, items.every(backend, query))
    yield _default(backend, experiment_id)


def update(backend: Backend, request: UpdateSchema) -> Json:
    """Change what is given; its type stays."""
    _changeable(request.schema_id, "edited")
    there = backend.store.get_item(KIND, request.schema_id)
    given = {
        "instruction": request.instruction,
        "enable_comment": request.enable_comment,
        "input": None if request.input is None else _input(request.input),
    }
    _check(request.name if request.name is not None else there.key, request.instruction or "")
    fields = items.text(without_none(given))
    changed = ItemWritten(KIND, there.item_id, backend.now(), "change", key=request.name or "", fields=fields)
    items.write(backend, changed)
    return get(backend, OfSchema(there.item_id))


def delete(backend: Backend, request: OfSchema) -> Json:
    """Remove a question; answers to it stay. One that is not there is no mistake, as in MLflow."""
    _changeable(request.schema_id, "deleted")
    if items.known(backend, KIND, request.schema_id) is not None:
        items.write(backend, ItemDeleted(KIND, request.schema_id, backend.now()))
    return {}


# fmt: off
LABEL_SCHEMAS: tuple[Row, ...] = (
    Row("POST", "/mlflow/label-schemas/create", CreateSchema, OneSchema, create, "write", 3),
    Row("GET", "/mlflow/label-schemas/get", OfSchema, OneSchema, get, version=3),
    Row("GET", "/mlflow/label-schemas/get-by-name", SchemaName, OneSchema, get_by_name, version=3),
    Row("GET", "/mlflow/label-schemas/list", ListSchemas, Schemas, list_schemas, version=3),
    Row("PATCH", "/mlflow/label-schemas/update", UpdateSchema, OneSchema, update, "write", 3),
    Row("DELETE", "/mlflow/label-schemas/delete", OfSchema, Nothing, delete, "write", 3),
)
# fmt: on


def _check(name: str, instruction: str) -> None:
    if not name.strip():
        raise InvalidValue(f"Label schema `name` must be a non-empty string; got {name!r}.")
    check_length("name", name, MAX_KEY)
    check_length("instruction", instruction, _MOST_INSTRUCTION)
    if name.strip().lower() == DEFAULT.lower():
        raise InvalidValue(f"`{name}` is the name of the question that every experiment has; choose another one.")


def _changeable(schema_id: str, what: str) -> None:
    if schema_id.startswith(DEFAULT_SCHEMA):
        raise InvalidValue(f"The experiment's default question cannot be {what}.")


def _input(given: Input) -> dict[str, Any]:
    found = {name: value for name in Input.__struct_fields__ if (value := getattr(given, name)) is not None}
    if len(found) != 1:
        raise InvalidValue("Label schema `input` must be one of pass_fail, categorical, numeric and text.")
    for value in found.values():
        _INPUTS[type(value)](value)
    return {name: without_none(msgspec.structs.asdict(value)) for name, value in found.items()}


def _pass_fail(one: PassFail) -> None:
    _labels("pass_fail", [one.positive_label, one.negative_label])


def _categorical(one: Categorical) -> None:
    if not 1 <= len(one.options) <= _MOST_OPTIONS:
        raise InvalidValue(f"`categorical.options` must be 1 to {_MOST_OPTIONS} texts; got {len(one.options)}.")
    _labels("categorical.options", one.options)


def _labels(where: str, labels: list[str]) -> None:
    for label in labels:
        if not 1 <= len(label) <= _MOST_LABEL:
            raise InvalidValue(f"`{where}` needs labels of 1 to {_MOST_LABEL} characters; got {label!r}.")
        if labels.count(label) > 1:
            raise InvalidValue(f"`{where}` needs labels that differ; {label!r} appears twice.")


def _numeric(one: Numeric) -> None:
    if one.min_value is not None and one.max_value is not None and not one.min_value < one.max_value:
        raise InvalidValue(f"`numeric.min_value` must be less than `max_value`; got {one.min_value} and {one.max_value}.")


def _free_text(one: FreeText) -> None:
    if one.max_length is not None and one.max_length < 1:
        raise InvalidValue(f"`text.max_length` must be at least 1; got {one.max_length}.")


_INPUTS: dict[type, Any] = {PassFail: _pass_fail, Categorical: _categorical, Numeric: _numeric, FreeText: _free_text}


def _default(backend: Backend, experiment_id: str) -> Json:
    experiment = backend.store.get_experiment(experiment_id)
    return {
        "schema_id": DEFAULT_SCHEMA + experiment.experiment_id,
        "experiment_id": experiment.experiment_id,
        "name": DEFAULT,
        "type": "FEEDBACK",
        "instruction": "Share any feedback on this trace.",
        "input": {"text": {}},
        "enable_comment": False,
        "created_at": experiment.creation_time or 0,
        "last_updated_at": experiment.creation_time or 0,
        "is_default": True,
    }


def _shape(one: Item) -> Json:
    told = items.body(one)
    return {
        "schema_id": one.item_id,
        "experiment_id": one.parent,
        "name": one.key,
        **told,
        "created_at": one.created,
        "last_updated_at": one.updated,
        "is_default": False,
    }
