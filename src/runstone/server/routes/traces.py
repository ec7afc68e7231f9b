"""Traces for people: found, their spans as a tree on one time line, one span with all that it says."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from runstone.contracts import TraceQuery
from runstone.entities.traces import TraceHead
from runstone.errors import NotFound
from runstone.query.printer import quoted
from runstone.server import trace_search
from runstone.server import traces_schema as t
from runstone.server.mlflow.traces import shown_metadata
from runstone.server.otlp import pieces
from runstone.server.otlp.meaning import INPUTS, MODEL, OUTPUTS, TYPE, USAGE

if TYPE_CHECKING:
    from runstone.server.backend import Backend

_STATES = ("OK", "ERROR", "IN_PROGRESS")
_NAME, _RUN = "mlflow.traceName", "mlflow.sourceRun"
#: Attributes that have a place of their own.
_SHOWN = {INPUTS, OUTPUTS, TYPE, "mlflow.traceRequestId"}


def list_traces(backend: Backend, query: t.TracesQuery) -> t.Traces:
    """Traces of some experiments, newest or slowest first."""
    page = trace_search.search(
        backend,
        TraceQuery(
            experiment_ids=tuple(part for part in query.exp.split(",") if part),
            filter=_filter(query),
            order_by=("execution_time_ms DESC",) if query.order == "slowest" else (),
            limit=query.limit,
            page_token=query.page_token or None,
        ),
    )
    return t.Traces([_row(one) for one in page], page.token or "")


def get_trace(backend: Backend, trace_id: str) -> t.TraceDetail:
    """One trace with its spans, without what these took and gave."""
    head = backend.store.get_trace(trace_id)
    kept = _kept(backend, head)
    spans = _spans(kept)
    return t.TraceDetail(
        trace=_row(head),
        experiment_name=backend.store.get_experiment(head.experiment_id).name,
        metadata=shown_metadata(head),
        tags={key: value for key, value in head.tags.items() if key != "mlflow.artifactLocation"},
        assessments=_assessments(_details(head)),
        spans=spans[: t.MOST_SPANS],
        count=len(spans),
    )


def get_span(backend: Backend, trace_id: str, span_id: str) -> t.SpanDetail:
    """One span of a trace: inputs, outputs, attributes, events."""
    kept = _kept(backend, backend.store.get_trace(trace_id))
    spans = _spans(kept)
    for one in kept:
        if _id(one) == span_id:
            span = next(span for span in spans if span.span_id == span_id)
            attributes, events = _object(one.get("attributes")), one.get("events")
            begun = _begun(kept)
            return t.SpanDetail(
                span=span,
                inputs=_text(attributes.get(INPUTS)),
                outputs=_text(attributes.get(OUTPUTS)),
                attributes={_sound(str(key)): _text(value) for key, value in attributes.items() if key not in _SHOWN},
                events=[_event(one, begun) for one in events if isinstance(one, dict)] if isinstance(events, list) else [],
            )
    raise NotFound(f"Trace {trace_id!r} has no span {span_id!r}.")


def _filter(query: t.TracesQuery) -> str:
    parts = [f"({query.filter})"] if query.filter.strip() else []
    if query.q.strip():
        text = query.q.strip()
        parts.append(f"(name ILIKE {quoted(f'%{text}%')} OR trace_id LIKE {quoted(f'{text}%')})")
    if query.state:
        parts.append(f"status = {quoted(query.state)}")
    if query.run:
        parts.append(f"run_id = {quoted(query.run)}")
    return " AND ".join(parts)


def _row(head: TraceHead) -> t.TraceRow:
    details, metadata = _details(head), head.metadata
    cost = _object(metadata.get("mlflow.trace.cost")).get("total_cost")
    return t.TraceRow(
        trace_id=head.trace_id,
        experiment_id=head.experiment_id,
        name=head.tags.get(_NAME, ""),
        state=cast("t.State", head.state if head.state in _STATES else "STATE_UNSPECIFIED"),
        time=head.request_time,
        duration=head.duration,
        request=_preview(details.get("request_preview") or details.get("request") or metadata.get("mlflow.traceInputs")),
        response=_preview(details.get("response_preview") or details.get("response") or metadata.get("mlflow.traceOutputs")),
        tokens=_tokens(metadata.get("mlflow.trace.tokenUsage")),
        cost=float(cost) if isinstance(cost, int | float) else None,
        session=metadata.get("mlflow.trace.session", ""),
        user=metadata.get("mlflow.trace.user", ""),
        run_id=metadata.get(_RUN, ""),
        assessments=len(_assessments(details)),
    )


def _details(head: TraceHead) -> dict[str, Any]:
    return _object(head.details)


def _object(text: object) -> dict[str, Any]:
    """A JSON object, given as text or as itself; nothing for anything else: it comes from outside."""
    if isinstance(text, str):
        try:
            text = json.loads(text)
        except (ValueError, RecursionError):
            return {}
    return text if isinstance(text, dict) else {}


def _preview(value: object) -> str:
    return _text(value)[:1_000]


def _tokens(text: object) -> t.TraceTokens | None:
    usage = _object(text)
    found = [usage.get(name) for name in ("input_tokens", "output_tokens", "total_tokens")]
    counts = [one if isinstance(one, int) and not isinstance(one, bool) and 0 <= one < 2**53 else None for one in found]
    return t.TraceTokens(*counts) if any(one is not None for one in counts) else None


def _assessments(details: dict[str, Any]) -> list[t.TraceAssessment]:
    found = []
    given = details.get("assessments")
    for one in given if isinstance(given, list) else ():
        if not isinstance(one, dict):
            continue
        kind = "expectation" if one.get("expectation") else "feedback"
        said = _object(one.get(kind))
        value = said.get("value", _object(said.get("serialized_value")).get("value"))
        source = _object(one.get("source"))
        found.append(
            t.TraceAssessment(
                name=_sound(str(one.get("assessment_name") or "")),
                kind=cast("Any", kind),
                value=_text(value),
                source=_sound(str(source.get("source_id") or source.get("source_type") or "")),
                rationale=_sound(str(one.get("rationale") or "")),
                valid=one.get("valid") is not False,
            )
        )
    return found


# --- spans: as a client or an exporter has told them, so any part may be missing or of another kind ------------------------


def _kept(backend: Backend, head: TraceHead) -> list[t.Kept]:
    found, _ = pieces.read(backend.artifacts(head.artifact_location))
    whole = [one for one in found if isinstance(one, dict) and _id(one) and _nanoseconds(one, "start") is not None]
    return sorted(whole, key=lambda one: (_nanoseconds(one, "start") or 0, -(_nanoseconds(one, "end") or 0)))


def _spans(kept: list[t.Kept]) -> list[t.TraceSpan]:
    begun, ids = _begun(kept), {_id(one) for one in kept}
    return [_span(one, begun, ids) for one in kept]


def _span(one: t.Kept, begun: int, ids: set[str]) -> t.TraceSpan:
    start, end = _nanoseconds(one, "start") or begun, _nanoseconds(one, "end")
    parent = _hex(one.get("parent_span_id") or one.get("parent_id"))
    status = _object(one.get("status"))
    attributes = _object(one.get("attributes"))
    code = str(status.get("code") or one.get("status_code") or "UNSET").removeprefix("STATUS_CODE_")
    return t.TraceSpan(
        span_id=_id(one),
        parent_id=parent if parent in ids and parent != _id(one) else "",
        name=_sound(str(one.get("name") or "")),
        kind=_plain(attributes.get(TYPE)),
        status=_sound(code),
        message=_sound(str(status.get("message") or one.get("status_message") or "")),
        start=(start - begun) / 1e6,
        duration=(end - start) / 1e6 if end is not None and end >= start else None,
        model=_plain(attributes.get(MODEL)),
        tokens=_tokens(attributes.get(USAGE)),
    )


def _id(one: t.Kept) -> str:
    return _hex(one.get("span_id") or _object(one.get("context")).get("span_id"))


def _hex(given: object) -> str:
    """An id as people know it: MLflow 3 writes it in base64, MLflow 2 with ``0x``; a slash in it would break addresses."""
    text = _sound(str(given or "")).removeprefix("0x")
    if re.fullmatch(r"[A-Za-z0-9+/]{11}=", text):
        try:
            return base64.b64decode(text, validate=True).hex()
        except binascii.Error:
            pass
    return text


def _begun(kept: Iterable[t.Kept]) -> int:
    return min((_nanoseconds(one, "start") or 0 for one in kept), default=0)


def _nanoseconds(one: t.Kept, end: str) -> int | None:
    value = one.get(f"{end}_time_unix_nano") or one.get(f"{end}_time")
    try:
        number = int(value) if value is not None and not isinstance(value, bool) else None
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number is not None and 0 <= number < 2**63 else None


def _event(event: dict[str, Any], begun: int) -> t.SpanEvent:
    when = event.get("time_unix_nano", event.get("timestamp"))
    time = (int(when) - begun) / 1e6 if isinstance(when, int | float) and when == when and abs(when) < 2**63 else None
    attributes = {_sound(str(key)): _text(value) for key, value in _object(event.get("attributes")).items()}
    return t.SpanEvent(_sound(str(event.get("name") or "")), time, attributes)


def _plain(value: object) -> str:
    """A text that may be JSON of a text."""
    if isinstance(value, str) and value.startswith('"'):
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(value)
    return _text(value)


def _text(value: object) -> str:
    """As JSON; attributes are JSON in text already, most of them."""
    if value is None or isinstance(value, str):
        return _sound(value or "")[: t.MOST_TEXT]
    try:
        return _sound(json.dumps(value, ensure_ascii=False, default=str))[: t.MOST_TEXT]
    except RecursionError:
        return "(nested too deeply to be shown)"


def _sound(text: str) -> str:
    """Without halves of surrogate pairs, which JSON can name and UTF-8 cannot say."""
    return text.encode("utf-8", "replace").decode()
