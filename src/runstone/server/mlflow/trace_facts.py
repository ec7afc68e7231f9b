"""What figures of traces are made of: a fact for each trace, span or assessment that passes the filters."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from runstone.entities.traces import TraceHead
from runstone.errors import InvalidValue
from runstone.query.span_texts import parsed
from runstone.query.trace_figures import Fact
from runstone.query.traces import LINKED_RUN
from runstone.server.otlp import pieces
from runstone.server.otlp.meaning import COST, MODEL, TYPE

if TYPE_CHECKING:
    from runstone.server.backend import Backend

NAME, SESSION, USAGE, RUN = "mlflow.traceName", "mlflow.trace.session", "mlflow.trace.tokenUsage", "mlflow.sourceRun"
PROVIDER = "mlflow.llm.provider"
#: Bytes of spans that are read for one answer.
MOST_BYTES = 256 << 20
#: What a clause may ask: of which thing, which of its fields, and whether that takes a key.
_ASKED = {
    "trace": {"status": False, "tag": True, "metadata": True},
    "span": {"name": False, "status": False, "type": False},
    "assessment": {"name": False, "type": False},
}
_CLAUSE = re.compile(r"""\s*(\w+)\.(\w+)(?:\.(`[^`]+`|"[^"]+"|[^\s=`"]+))?\s*=\s*(?:'((?:[^']|'')*)'|"([^"]*)")\s*""")
#: The view whose filters may ask of this, beside ``trace``, of which all may.
_OF_VIEW = {"span": "SPANS", "assessment": "ASSESSMENTS"}


class Clause(NamedTuple):
    """``thing.field[.key] = value``."""

    thing: str
    field: str
    key: str
    value: str


def clause(text: str, view: str) -> Clause:
    """Raises InvalidValue."""
    found = _CLAUSE.fullmatch(text)
    if found is None:
        raise InvalidValue(
            f"Invalid filter {text[:200]!r}: one comparison such as trace.status = 'OK' or trace.tag.kind = 'test'."
        )
    thing, name, key, single, double = found.groups()
    if name not in _ASKED.get(thing, {}) or _ASKED[thing][name] != (key is not None):
        known = [f"{one}.{each}{'.<key>' if keyed else ''}" for one, fields in _ASKED.items() for each, keyed in fields.items()]
        raise InvalidValue(f"Invalid filter {text[:200]!r}: it may ask for {', '.join(known)}.")
    if thing in _OF_VIEW and _OF_VIEW[thing] != view:
        raise InvalidValue(f"Invalid filter {text[:200]!r}: {thing}s can be asked for only with view_type {_OF_VIEW[thing]}.")
    value = single.replace("''", "'") if single is not None else double
    return Clause(thing, name, (key or "").strip('`"'), value)


def passes(clauses: Sequence[Clause], thing: str, told: Callable[[tuple[str, str]], str | None]) -> bool:
    """Whether something is as all clauses about it say; ``told`` has the value of a field and its key.

    A trace that was linked to a run after it was made is the run's, too.
    """
    return all(
        told((one.field, one.key)) == one.value
        or (one.field == "metadata" and one.key == RUN and told(("metadata", LINKED_RUN + one.value)) is not None)
        for one in clauses
        if one.thing == thing
    )


def _field(told: dict[str, str], key: tuple[str, str]) -> str | None:
    return told.get(key[0])


def of_traces(backend: Backend, heads: list[TraceHead], metric: str, clauses: list[Clause]) -> Iterator[Fact]:
    for head in heads:
        value: float | str | None
        if metric == "trace_count":
            value = 1
        elif metric == "session_count":
            value = head.metadata.get(SESSION)
        elif metric == "latency":
            value = head.duration
        else:
            value = _number(_object(head.metadata.get(USAGE)).get(metric))
        if value is not None:
            named = {"trace_status": head.state}
            yield Fact(head.request_time, value, {**named, "trace_name": head.tags[NAME]} if NAME in head.tags else named)


def of_assessments(backend: Backend, heads: list[TraceHead], metric: str, clauses: list[Clause]) -> Iterator[Fact]:
    """Those that count: one that was overridden does not."""
    for head in heads:
        for one in _object(head.details).get("assessments") or ():
            if not isinstance(one, dict) or one.get("valid") is False:
                continue
            kind = next((each for each in ("feedback", "expectation", "issue") if isinstance(one.get(each), dict)), "")
            told = {"name": str(one.get("assessment_name", "")), "type": kind}
            if not passes(clauses, "assessment", partial(_field, told)):
                continue
            said = _said(one.get(kind) or {})
            value = 1.0 if metric == "assessment_count" else _opinion(said)
            if value is not None:
                text = json.dumps(said)
                yield Fact(head.request_time, value, {"assessment_name": told["name"], "assessment_value": text})


def of_spans(backend: Backend, heads: list[TraceHead], metric: str, clauses: list[Clause]) -> Iterator[Fact]:
    """Spans as they are kept among the files of their traces. Raises InvalidValue (too many bytes)."""
    size = 0
    for head in heads:
        spans, taken = pieces.read(backend.artifacts(head.artifact_location))
        size += taken
        if size > MOST_BYTES:
            raise InvalidValue(f"The spans of these traces take more than {MOST_BYTES >> 20} MiB; ask for less time at once.")
        for one in spans:
            found = _span(one, metric, clauses)
            if found is not None:
                yield found


def _span(one: dict[str, Any], metric: str, clauses: list[Clause]) -> Fact | None:
    attributes = one.get("attributes")
    given = attributes if isinstance(attributes, dict) else {}
    status = one.get("status")
    code = str((status.get("code") if isinstance(status, dict) else None) or one.get("status_code") or "UNSET")
    told = {
        "name": str(one.get("name", "")),
        "status": code.removeprefix("STATUS_CODE_"),
        "type": _text(given.get(TYPE)) or "UNKNOWN",
    }
    start, end = (one.get(f"{word}_time_unix_nano") or one.get(f"{word}_time") for word in ("start", "end"))
    if not isinstance(start, int) or not passes(clauses, "span", partial(_field, told)):
        return None
    value: float | None = 1
    if metric == "latency":
        value = (end - start) // 1_000_000 if isinstance(end, int) else None
    elif metric != "span_count":
        value = _number(_object(given.get(COST)).get(metric))
    if value is None:
        return None
    models = {"span_model_name": _text(given.get(MODEL)), "span_model_provider": _text(given.get(PROVIDER))}
    named = {f"span_{name}": text for name, text in told.items()} | {name: text for name, text in models.items() if text}
    return Fact(start // 1_000_000, value, named)


def _said(told: dict[str, Any]) -> Any:
    value = told.get("value")
    if value is None and isinstance(told.get("serialized_value"), dict):
        return parsed(told["serialized_value"].get("value"))
    return value


def _opinion(said: Any) -> float | None:
    """A number, and what can be counted as one: true and yes, false and no."""
    if isinstance(said, bool):
        return float(said)
    if isinstance(said, str):
        return {"yes": 1.0, "no": 0.0}.get(said.strip().lower())
    return _number(said)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


def _object(given: Any) -> dict[str, Any]:
    found = parsed(given)
    return found if isinstance(found, dict) else {}


def _text(given: Any) -> str:
    found = parsed(given)
    return found if isinstance(found, str) else ""
