"""Searching traces by what no index knows: regular expressions, attributes and texts of spans, numbers of assessments.

The store finds what meets the rest of a filter, in order; each of those is looked at until the page is full. A page that would
take too much work ends early, with a token that goes on behind what was looked at.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from runstone.contracts import TraceQuery
from runstone.entities import PagedList
from runstone.entities.traces import TraceHead
from runstone.errors import InvalidValue, Trouble
from runstone.query.items import meets
from runstone.query.trace_split import ATTRIBUTES, CONTENT, split
from runstone.query.traces import FOUND, LINKED_RUN
from runstone.query.tree import Field
from runstone.server.otlp import pieces
from runstone.server.otlp.meaning import TYPE

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
    plain, rest = split(query.filter)
    if not rest or query.limit < 1:
        return backend.store.search_traces(query)
    looker, found = _Looker(backend), list[TraceHead]()
    asked, size = replace(query, filter=plain), _FIRST
    while True:
        page = backend.store.search_traces(replace(asked, limit=size))
        for place, head in enumerate(page):
            looker.turn(head)
            if all(meets(one, head, looker.look) for one in rest):
                found.append(head)
            if len(found) == query.limit or looker.done:
                return PagedList(found, _token(backend, asked, page, place + 1))
        if page.token is None:
            return PagedList(found)
        asked, size = replace(asked, page_token=page.token), min(size * 4, _LARGEST)


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
    given, status = kept.get("attributes"), kept.get("status")
    attributes = given if isinstance(given, dict) else {}

    def told(key: str) -> Any:
        if key == CONTENT.key:
            texts = {name: json.dumps(pieces.parsed(value), ensure_ascii=False) for name, value in attributes.items()}
            return json.dumps({**kept, "attributes": texts}, ensure_ascii=False)
        if key.startswith(ATTRIBUTES):
            return _text(attributes.get(key.removeprefix(ATTRIBUTES)))
        if key == "status":
            code = (status.get("code") if isinstance(status, dict) else None) or kept.get("status_code") or "UNSET"
            return str(code).removeprefix("STATUS_CODE_")
        return str(kept.get("name", "")) if key == "name" else _text(attributes.get(TYPE)) or "UNKNOWN"

    return told


def _text(value: Any) -> str | None:
    """A text as it is, anything else as JSON."""
    found = pieces.parsed(value)
    return found if found is None or isinstance(found, str) else json.dumps(found, ensure_ascii=False)
