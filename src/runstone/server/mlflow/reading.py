"""From an HTTP request to one of the messages: query or body, protobuf's JSON habits, MLflow's error texts."""

from __future__ import annotations

import json
import math
import re
from typing import Any, TypeVar, get_origin, get_type_hints

import msgspec
from msgspec import Struct
from starlette.datastructures import QueryParams

from runstone.errors import InvalidValue, RunstoneError

T = TypeVar("T", bound=Struct)

_MISSING = re.compile(r"missing required field `(\w+)`")
_PLACE = re.compile(r"`\$\.?([^`]*)`")


def read(kind: type[T], query: QueryParams, body: bytes, parts: dict[str, Any]) -> T:
    """The message of type ``kind``: fields of the JSON body, else of the query string, and the path's own parts.

    Raises:
        InvalidValue: a required field is missing or empty, or a value has the wrong type.
        RunstoneError: ``MALFORMED_REQUEST``, the body is no JSON object.
    """
    given = _object(body) if body.strip() else _from_query(kind, query)
    given.update(parts)
    try:
        message = msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as cause:
        raise _refusal(str(cause)) from cause
    for name in kind.__struct_fields__[: _required(kind)]:
        if getattr(message, name) == "":
            raise _missing(name)
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


def _required(kind: type[Struct]) -> int:
    return len(kind.__struct_fields__) - len(kind.__struct_defaults__)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        try:
            found = json.loads(body)  # bare NaN and Infinity, as Python's json writes them
        except (ValueError, RecursionError) as cause:
            raise RunstoneError(f"The request's body is no JSON: {cause}", error_code="MALFORMED_REQUEST") from cause
    if not isinstance(found, dict):
        raise RunstoneError("The request's body must be a JSON object.", error_code="MALFORMED_REQUEST")
    return {key: value for key, value in found.items() if value is not None}


def _from_query(kind: type[Struct], query: QueryParams) -> dict[str, Any]:
    lists = {name for name, hint in get_type_hints(kind).items() if get_origin(hint) is list}
    return {key: query.getlist(key) if key in lists else query[key] for key in query}


def _refusal(problem: str) -> InvalidValue:
    missing = _MISSING.search(problem)
    if missing:
        return _missing(missing[1])
    place = _PLACE.search(problem)
    reason = problem.partition(" - at ")[0]
    return InvalidValue(f"Invalid value for parameter '{place[1] if place else 'request'}' supplied: {reason}.")


def _missing(name: str) -> InvalidValue:
    return InvalidValue(
        f"Missing value for required parameter '{name}'. See the API docs for more information about request parameters."
    )
