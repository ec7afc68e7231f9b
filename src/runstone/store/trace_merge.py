"""What is known of a trace's head when more of it comes: pure functions of records and JSON texts."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from runstone.errors import InvalidValue
from runstone.query.traces import FOUND, found_key, value_key
from runstone.records import TraceStarted


def merged(new: TraceStarted, old: TraceStarted | None) -> TraceStarted:
    """The head after ``new`` came to what was known. Raises InvalidValue."""
    if not new.observed:
        details = new.details if old is None else added(old.details, new.details)
        return replace(new, details=_marked(details, False) if observed(details) else details)
    if old is None:
        return replace(new, details=_marked(new.details, True))
    if not old.observed:
        return replace(old, details=added(new.details, old.details))
    start = min(new.time, old.time)
    ends = [one.time + one.duration for one in (new, old) if one.duration is not None]
    return TraceStarted(
        new.trace_id,
        old.experiment_id,
        start,
        max(ends) - start if ends else None,
        old.state if new.state == "IN_PROGRESS" else new.state,
        _marked(added(old.details, new.details), True),
        observed=True,
    )


def searched(details: str) -> dict[str, str]:
    """What searches may ask of details: the client's id, the valid assessments, the last of each name, which values
    any of them has, and their issues."""
    told = _told(details) if details != "{}" else {}
    found = {}
    if told.get("client_request_id"):
        found[f"{FOUND}client_request_id"] = str(told["client_request_id"])
    for one in told.get("assessments") or ():
        if isinstance(one, dict) and isinstance(one.get("issue"), dict) and one.get("valid") is not False:
            found[found_key("issue.id", one.get("assessment_name", ""))] = ""
        for kind in ("feedback", "expectation"):
            value = _value_of(one.get(kind)) if isinstance(one, dict) and one.get("valid") is not False else None
            if value is not None:
                name = one.get("assessment_name", "")
                found[found_key(kind, name)] = value
                found[value_key(kind, name, value)] = ""
    return {key.replace("\0", ""): value.replace("\0", "") for key, value in found.items()}  # PostgreSQL takes none


def _value_of(given: Any) -> str | None:
    """A text as it is, anything else as JSON."""
    if not isinstance(given, dict):
        return None
    value = given.get("value")
    if value is None and isinstance(given.get("serialized_value"), dict):
        value = given["serialized_value"].get("value")
    return value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode()


def observed(details: str) -> bool:
    """Whether details say that they, and the whole head, are known from spans only."""
    return '"observed":true' in details and _told(details).get("observed") is True


def _marked(details: str, known_from_spans: bool) -> str:
    told = _told(details)
    told.pop("observed", None)
    return msgspec.json.encode({**told, "observed": True} if known_from_spans else told).decode()


def _told(details: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(details, type=dict[str, Any])
    except msgspec.MsgspecError as cause:
        raise InvalidValue(f"The details of a trace must be a JSON object: {cause}.") from cause


def added(before: str, after: str) -> str:
    """Details with those that came later: these win, but no assessment is lost. Raises InvalidValue."""
    if before in ("{}", after):
        return after
    try:
        old, new = (msgspec.json.decode(text, type=dict[str, Any]) for text in (before, after))
        known = {str(one.get("assessment_id")): one for part in (old, new) for one in part.get("assessments", ())}
    except (msgspec.MsgspecError, AttributeError, TypeError) as cause:
        raise InvalidValue(f"The details of a trace must be a JSON object, its assessments objects: {cause}.") from cause
    told = {**old, **new, **({"assessments": list(known.values())} if known else {})}
    return msgspec.json.encode(told).decode()


def assessed(details: str, changes: dict[str, str | None]) -> str:
    """A trace's details with assessments added, changed and removed, in their order. Raises InvalidValue."""
    try:
        told = msgspec.json.decode(details, type=dict[str, Any])
        known = {str(one.get("assessment_id")): one for one in told.get("assessments", ())}
        for key, text in changes.items():
            if text is None:
                known.pop(key, None)
                continue
            fields = msgspec.json.decode(text, type=dict[str, Any])
            if key in known or "assessment_id" in fields:
                after = {**known.get(key, {}), **fields}
                known[key] = {name: value for name, value in after.items() if value is not None}
    except msgspec.MsgspecError as cause:
        raise InvalidValue(f"Assessments of a trace must be JSON objects: {cause}.") from cause
    return msgspec.json.encode({**told, "assessments": list(known.values())}).decode()


def joined_list(before: str, new: str) -> str:
    """A JSON list with the items of another at its end that it lacks; what was no list gives way. Raises InvalidValue."""
    try:
        known = msgspec.json.decode(before, type=list[Any])
    except msgspec.MsgspecError:
        known = []
    try:
        more = msgspec.json.decode(new, type=list[Any])
    except msgspec.MsgspecError as cause:
        raise InvalidValue(f"What is joined to a tag of a trace must be a JSON list: {cause}.") from cause
    texts = dict.fromkeys(msgspec.json.encode(one) for one in (*known, *more))
    return f"[{b','.join(texts).decode()}]"
