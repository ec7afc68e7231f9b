"""From an HTTP request to one of the messages: query or body, protobuf's JSON habits, MLflow's error texts."""

from __future__ import annotations

import contextlib
import json
import math
import re
from functools import cache
from typing import Any, TypeVar, get_origin, get_type_hints

import msgspec
from msgspec import Struct
from starlette.datastructures import QueryParams

from runstone.errors import InvalidValue, RunstoneError

T = TypeVar("T", bound=Struct)

_MISSING = re.compile(r"missing required field `(\w+)`")
#: An experiment's id, or none.
_WHOLE = re.compile(r"|\s*[+-]?\d+\s*", re.ASCII)
_PLACE = re.compile(r"`\$\.?([^`]*)`")


def read(kind: type[T], query: QueryParams, body: bytes, parts: dict[str, Any]) -> T:
    """The message of type ``kind``: fields of the JSON body, else of the query string, and the path's own parts.

    Unknown fields are ignored, and ``null`` is as good as nothing, but for a message whose class says ``NULLS = True``.

    Raises:
        InvalidValue: a required field is missing or an empty text, a value has the wrong type, an experiment's id is no number.
        RunstoneError: ``MALFORMED_REQUEST``, the body is no JSON object.
    """
    message: T | None = None
    if body and not parts:
        try:
            message = _decoder(kind).decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            message = None  # something unusual in it, or wrong: the long way says what
    if message is None:
        message = _converted(kind, query, body, parts)
    for name in _required(kind):
        if getattr(message, name) == "":
            raise missing(name)
    for name in _experiments(kind):
        found = getattr(message, name)
        for one in [found] if isinstance(found, str) else found or ():
            if not _WHOLE.fullmatch(str(one)) or (one == "" and one is not found):
                raise InvalidValue(f"Invalid experiment ID {one!r}: experiments have whole numbers as ids.")
    return message


def number(value: object, name: str) -> float:
    """A metric's value: a number, or a text that protobuf's JSON knows (``"NaN"``, ``"Infinity"``, ``"1.5"``)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise InvalidValue(f"Invalid value {value!r} for parameter '{name}' supplied: a number is needed.")
    try:
        return float(value)
    except (ValueError, OverflowError) as cause:
        raise InvalidValue(f"Invalid value {value!r} for parameter '{name}' supplied: a number is needed.") from cause


def json_number(value: float) -> float | str:
    """``value`` as protobuf's JSON writes it."""
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def missing(name: str) -> InvalidValue:
    """The error for a field that must be there."""
    return InvalidValue(
        f"Missing value for required parameter '{name}'. See the API docs for more information about request parameters."
    )


@cache
def _decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    return msgspec.json.Decoder(kind, strict=False)


@cache
def _required(kind: type[Struct]) -> tuple[str, ...]:
    return tuple(field.name for field in msgspec.structs.fields(kind) if field.required)


@cache
def _experiments(kind: type[Struct]) -> tuple[str, ...]:
    """Fields that name experiments."""
    return tuple(field.name for field in msgspec.structs.fields(kind) if field.name in ("experiment_id", "experiment_ids"))


def _converted(kind: type[T], query: QueryParams, body: bytes, parts: dict[str, Any]) -> T:
    given = _object(body, getattr(kind, "NULLS", False)) if body.strip() else _from_query(kind, query)
    given.update(parts)
    for name in _lists(kind):
        if given.get(name) == {}:  # R's JSON has one empty list for all
            given[name] = []
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as cause:
        raise refusal(str(cause)) from cause


def _object(body: bytes, nulls: bool) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            found = json.loads(body)  # bare NaN and Infinity, as Python's json writes them
            json.dumps(found, ensure_ascii=False).encode()  # half of a surrogate pair is no text that could be kept
        except (ValueError, RecursionError) as cause:
            raise RunstoneError(f"The request's body is no JSON: {cause}", error_code="MALFORMED_REQUEST") from cause
    if isinstance(found, str):  # old clients (R's, before 1.0) pack their JSON twice
        with contextlib.suppress(msgspec.DecodeError, RecursionError):
            found = msgspec.json.decode(found)
    if not isinstance(found, dict):
        raise RunstoneError("The request's body must be a JSON object.", error_code="MALFORMED_REQUEST")
    plain: dict[str, Any] = found if nulls else _without_null(found)
    return plain


def _without_null(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _without_null(value) for key, value in found.items() if value is not None}
    if isinstance(found, list):
        return [_without_null(value) for value in found]
    return found


def _from_query(kind: type[Struct], query: QueryParams) -> dict[str, Any]:
    return {key: query.getlist(key) if key in _lists(kind) else query[key] for key in query}


@cache
def _lists(kind: type[Struct]) -> frozenset[str]:
    """Fields that are lists: repeated keys of a query."""
    return frozenset(name for name, hint in get_type_hints(kind).items() if get_origin(hint) is list)


def refusal(problem: str, where: str = "") -> InvalidValue:
    """The error for what msgspec says of a request, or of what is in it at ``where``."""
    place = _PLACE.search(problem)
    path = ".".join(filter(None, (where, place[1] if place else "")))
    lacking = _MISSING.search(problem)
    if lacking:
        return missing(f"{path}.{lacking[1]}" if path else lacking[1])
    reason = problem.partition(" - at ")[0]
    return InvalidValue(f"Invalid value for parameter '{path or 'request'}' supplied: {reason}.")
