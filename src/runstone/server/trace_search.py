"""Searching traces by what the store cannot tell: regular expressions, attributes of spans, numbers of assessments, and all
that is asked of spans whose texts it does not have (of MLflow 2, and of versions that kept none).

The store finds what meets the rest of a filter, in order; each of those is looked at until the page is full. A page that would
take too much work ends early, with a token that goes on behind what was looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from runstone.contracts import TraceQuery
from runstone.entities import PagedList
from runstone.entities.traces import TraceHead
from runstone.errors import InvalidValue, Trouble
from runstone.query.items import meets
from runstone.query.span_texts import attribute_text, attributes, span_text
from runstone.query.trace_split import ATTRIBUTES, split
from runstone.query.traces import FOUND, LINKED_RUN, READ
from runstone.query.tree import Field
from runstone.records import SpanText
from runstone.server.otlp import pieces

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: Traces that are looked at for one page, those of them whose spans are read, and bytes of these.
MOST_TRACES, MOST_READ, MOST_BYTES = 20_000, 2_000, 64 << 20
#: Traces that the store is asked for at first; four times as many each further time, up to the last of these.
_FIRST, _LARGEST = 64, 1024
_NAMES = {"name": "mlflow.traceName"}

#: What one of several things of a trace has for a key.
Told = Callable[[str], Any]


def search(backend: Backend, query: TraceQuery) -> PagedList[TraceHead]:
    """One page; with fewer than asked for, and a token, where more would be too much work. Raises FilterError, InvalidValue."""
    asked = split(query.filter)
    if not (asked.rest or asked.spans) or query.limit < 1:
        return backend.store.search_traces(query)
    looker, found = _Looker(backend), list[TraceHead]()
    query, limit = replace(query, filter=asked.stored, unread=True), query.limit
    size = _FIRST if asked.rest else limit
    while True:
        page = backend.store.search_traces(replace(query, limit=size))
        for place, head in enumerate(page):
            looker.turn(head)
            told = asked.rest if READ in head.metadata else (*asked.rest, *asked.spans)
            if all(meets(one, head, looker.look) for one in told):
                found.append(head)
            if len(found) == limit or looker.done:
                return PagedList(found, _token(backend, query, page, place + 1))
        if page.token is None:
            return PagedList(found)
        query, size = replace(query, page_token=page.token), min(size * 4, _LARGEST)


def every(backend: Backend, query: TraceQuery) -> list[TraceHead]:
    """All that are found. Raises InvalidValue where that would take too much work."""
    found = search(backend, query)
    if found.token is not None:
        raise InvalidValue(
            "To look through so many traces is too much work at once; add a condition, such as timestamp_ms > …."
        )
    return list(found)


def _token(backend: Backend, asked: TraceQuery, page: PagedList[TraceHead], count: int) -> str | None:
    """Where to go on behind the first ``count`` of a page. What was deleted meanwhile makes no trace be passed over."""
    if count == len(page):
        return page.token
    seen = {one.trace_id for one in page[:count]}
    for limit in range(count, 0, -1):
        again = backend.store.search_traces(replace(asked, limit=limit))
        if again and again[-1].trace_id in seen:
            return again.token
    return asked.page_token


class _Looker:
    """What conditions ask of the trace whose turn it is; its spans are read once, and only if one asks for them."""

    def __init__(self, backend: Backend) -> None:
        self._backend, self._spans = backend, list[Told]()
        self._read = False
        self._traces = self._files = self._bytes = 0

    def turn(self, head: TraceHead) -> None:
        self._read = False
        self._traces += 1

    @property
    def done(self) -> bool:
        return self._traces >= MOST_TRACES or self._files >= MOST_READ or self._bytes >= MOST_BYTES

    def look(self, head: TraceHead, field: Field) -> Any:
        """The field's value, ``None`` for none; of what a trace has several, all of them."""
        if field.kind == "span":
            return self._of_spans(head)
        if field.kind in ("feedback", "expectation"):
            return _said(head, field)
        if field.kind == "tags":
            return head.tags.get(field.key)
        if field.kind == "params":
            return head.metadata.get(field.key)
        if field.kind == "issue" or field.key == "prompt":
            start = f"{FOUND}{'prompt' if field.key == 'prompt' else 'issue.id'}."
            return [_always(key.removeprefix(start)) for key in head.metadata if key.startswith(start)]
        if field.key == "run_id":
            linked = [key.removeprefix(LINKED_RUN) for key in head.metadata if key.startswith(LINKED_RUN)]
            return [_always(one) for one in (head.metadata.get("mlflow.sourceRun"), *linked) if one is not None]
        return _attribute(head, field.key)

    def _of_spans(self, head: TraceHead) -> list[Told]:
        if not self._read:
            self._read, self._spans = True, []
            self._files += 1
            try:
                kept, size = pieces.read(self._backend.artifacts(head.artifact_location))
            except Trouble:  # they are too large to be read at once, or where the server does not read
                return self._spans
            self._bytes += size
            self._spans = [_span(one) for one in kept]
        return self._spans


def _attribute(head: TraceHead, key: str) -> Any:
    if key in _NAMES:
        return head.tags.get(_NAMES[key])
    if key == "client_request_id":
        return head.metadata.get(f"{FOUND}{key}")
    return {
        "trace_id": head.trace_id,
        "experiment_id": head.experiment_id,
        "timestamp_ms": head.request_time,
        "execution_time_ms": head.duration,
        "status": head.state,
        "end_time_ms": None if head.duration is None else head.request_time + head.duration,
    }[key]


def _said(head: TraceHead, field: Field) -> list[Told]:
    """Values of the valid assessments of a name: numbers, where the field's part says so, else texts."""
    found = []
    for one in msgspec.json.decode(head.details, type=dict[str, Any]).get("assessments") or ():
        told = one.get(field.kind) if isinstance(one, dict) else None
        if not isinstance(told, dict) or one.get("valid") is False or one.get("assessment_name") != field.key:
            continue
        value = told.get("value")
        if value is None and isinstance(told.get("serialized_value"), dict):
            value = told["serialized_value"].get("value")
        if field.part:
            value = value if isinstance(value, int | float) and not isinstance(value, bool) else None
        elif value is not None and not isinstance(value, str):
            value = msgspec.json.encode(value).decode()
        if value is not None:
            found.append(_always(value))
    return found


def _always(value: Any) -> Told:
    return lambda key: value


def _span(kept: dict[str, Any]) -> Told:
    texts: SpanText | None = None

    def told(key: str) -> Any:
        nonlocal texts
        if key.startswith(ATTRIBUTES):
            return attribute_text(attributes(kept).get(key.removeprefix(ATTRIBUTES)))
        texts = texts or span_text(kept)
        return getattr(texts, key)

    return told
