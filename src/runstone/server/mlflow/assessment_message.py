"""An assessment as it comes: what is kept is what clients can read back. They read a whole search at once, and one field of
another kind would hide all traces beside it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import msgspec
from msgspec import Struct, field

from runstone.errors import InvalidValue

from .reading import refusal


class Source(Struct, omit_defaults=True):
    source_type: str = ""
    source_id: str = ""


class Failure(Struct, omit_defaults=True):
    error_code: str = ""
    error_message: str = ""
    stack_trace: str = ""


class Feedback(Struct, omit_defaults=True):
    value: Any = None
    error: Failure | None = None


class Serialized(Struct, omit_defaults=True):
    serialization_format: str = ""
    value: str = ""


class Expectation(Struct, omit_defaults=True):
    value: Any = None
    serialized_value: Serialized | None = None


class Issue(Struct, omit_defaults=True):
    issue_name: str = ""


class Assessment(Struct, omit_defaults=True):
    """Fields of MLflow's message of this name. Times are RFC 3339."""

    assessment_id: str = ""
    assessment_name: str = ""
    trace_id: str = ""
    span_id: str = ""
    source: Source | None = None
    create_time: str = ""
    last_update_time: str = ""
    feedback: Feedback | None = None
    expectation: Expectation | None = None
    issue: Issue | None = None
    rationale: str = ""
    error: Failure | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    overrides: str = ""
    valid: bool | None = None


def plain(given: dict[str, Any], where: str) -> dict[str, Any]:
    """What of an assessment can be kept: fields that are known, of their kinds. ``where`` names it in errors.

    Raises InvalidValue.
    """
    try:
        found = msgspec.convert(given, Assessment, strict=False)
    except msgspec.ValidationError as cause:
        raise refusal(str(cause), where) from cause
    for name in ("create_time", "last_update_time"):
        if time := getattr(found, name):
            _check_time(time, f"{where}.{name}")
    if found.expectation is not None:
        _check_expectation(found.expectation, f"{where}.expectation")
    kept: dict[str, Any] = msgspec.to_builtins(found)
    return kept


def filled(given: dict[str, Any], where: str, now: int) -> dict[str, Any]:
    """A new assessment, as :func:`plain`, with what its sender left to the server; ``now`` in milliseconds."""
    time = shown_time(now)
    found = plain(given, where)
    first = found.get("create_time") or time
    return {**found, "create_time": first, "last_update_time": found.get("last_update_time") or first,
            "valid": found.get("valid", True)}  # fmt: skip


def shown_time(now: int) -> str:
    """Milliseconds since 1970 as protobuf's JSON has a point in time."""
    return datetime.fromtimestamp(now / 1000, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _check_time(text: str, where: str) -> None:
    try:
        msgspec.convert(text, datetime)
    except msgspec.ValidationError as cause:
        raise InvalidValue(f"Invalid value {text!r} for parameter '{where}' supplied: like 2026-01-31T12:00:00.5Z.") from cause


def _check_expectation(expectation: Expectation, where: str) -> None:
    packed = expectation.serialized_value
    if packed is None and expectation.value is None:
        raise InvalidValue(f"Missing value for required parameter '{where}.value'.")
    if packed is not None and packed.serialization_format != "JSON_FORMAT":
        raise InvalidValue(
            f"Invalid value {packed.serialization_format!r} for parameter '{where}.serialized_value.serialization_format' "
            "supplied: it is JSON_FORMAT."
        )
