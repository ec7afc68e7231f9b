"""``POST /v1/traces``: what exporters of OpenTelemetry send, and MLflow's client for each span that ends."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from runstone.contracts import Batch
from runstone.errors import InvalidValue
from runstone.query.span_texts import found_keys, span_text
from runstone.records import SpanText, TraceStarted
from runstone.server.observe import ROUTE

from . import heads, json_body, pieces, protobuf
from .meaning import translated
from .spans import Span, kept
from .turns import Turns

if TYPE_CHECKING:
    from runstone.server.backend import Backend

PATH = "/v1/traces"
PROTOBUF, JSON = "application/x-protobuf", "application/json"
_READERS = {PROTOBUF: protobuf.read, JSON: json_body.read}
EXPERIMENT, RUN = "x-mlflow-experiment-id", "x-mlflow-run-id"
#: Bytes that a packed body may have unpacked.
MOST_BYTES = 64 << 20
#: Parts that a body in gzip may be put together from (RFC 1952, 2.2); each costs a copy of what follows it.
MOST_MEMBERS = 1000
#: Spans of one message; exporters send hundreds.
MOST_SPANS = 20_000
_ID_BYTES = {"trace_id": 16, "span_id": 8}


def receiver(backend: Backend) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint: spans are stored before the answer goes out, all of the message or none of it."""

    turns = Turns()

    async def receive(request: Request) -> Response:
        request.scope[ROUTE] = PATH
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in _READERS:
            raise InvalidValue(f"Content-Type {kind!r} is not read here; send {PROTOBUF} or {JSON}.")
        experiment, run = request.headers.get(EXPERIMENT, ""), request.headers.get(RUN, "")
        if not experiment:
            raise InvalidValue(f"The header {EXPERIMENT} is missing: the id of the experiment that the traces belong to.")
        body, packing = await request.body(), request.headers.get("content-encoding", "identity").strip().lower()

        def work() -> None:
            keep(backend, experiment, run, [translated(one) for one in _READERS[kind](unpacked(body, packing))])

        await turns.run(work, len(body), packing not in ("", "identity"))
        return Response(b"" if kind == PROTOBUF else b"{}", media_type=kind, headers={"Cache-Control": "no-store"})

    return receive


def unpacked(body: bytes, packing: str) -> bytes:
    """A body as its sender had it. Raises InvalidValue; a small body that grows beyond all measure is refused early."""
    if packing in ("", "identity"):
        return body
    if packing not in ("gzip", "deflate"):
        raise InvalidValue(f"Content-Encoding {packing!r} is not read here; send gzip, deflate or none.")
    found = bytearray()
    for _ in range(MOST_MEMBERS):
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, as its first bytes say
        try:
            found += inflate.decompress(body, MOST_BYTES + 1 - len(found))
        except zlib.error as cause:
            raise InvalidValue(f"The body is not packed as Content-Encoding {packing!r} says: {cause}.") from cause
        if len(found) > MOST_BYTES:
            raise InvalidValue(f"The body has more than {MOST_BYTES >> 20} MiB unpacked; send it in smaller pieces.")
        if not inflate.eof:
            raise InvalidValue("The packed body breaks off.")
        body = inflate.unused_data
        if not body:
            return bytes(found)
        if packing != "gzip":
            raise InvalidValue("There is more after the end of the packed body.")
    raise InvalidValue(f"The body has more than {MOST_MEMBERS} gzip members; pack it in one.")


def keep(backend: Backend, experiment: str, run: str, spans: list[Span]) -> None:
    """Store spans and what they tell of their traces."""
    if len(spans) > MOST_SPANS:
        raise InvalidValue(f"The message has {len(spans):,} spans; send at most {MOST_SPANS:,} in one.")
    traces: dict[str, list[Span]] = {}
    for one in spans:
        for name, size in _ID_BYTES.items():
            given: bytes = getattr(one, name)
            if len(given) != size or not any(given):
                raise InvalidValue(f"The span {one.name!r} has the {name} {given[:20].hex()!r}: {size} bytes, not all zeros.")
        traces.setdefault(one.trace, []).append(one)
    if not traces:
        return
    if run:
        run = backend.store.get_run(run).info.run_id
    files = {trace_id: [kept(one) for one in group] for trace_id, group in traces.items()}
    told = {trace_id: [span_text(one) for one in group] for trace_id, group in files.items()}
    backend.write(Batch([_found_by(heads.head(experiment, run, traces[one]), texts) for one, texts in told.items()]))
    for trace_id, group in traces.items():
        head = backend.store.get_trace(trace_id)
        pieces.add(backend.artifacts(head.artifact_location), files[trace_id])
        if head.state != "IN_PROGRESS":
            _summarize(backend, experiment, head.artifact_location, group)


def _found_by(head: TraceStarted, texts: list[SpanText]) -> TraceStarted:
    return replace(head, spans=texts, metadata={**head.metadata, **found_keys(texts)})


def _summarize(backend: Backend, experiment: str, location: str, group: list[Span]) -> None:
    """Once the root is there: one file, and the figures of the whole trace."""
    try:
        whole = pieces.gather(backend.own_artifacts(location))
    except InvalidValue:
        return  # too large to be read at once
    figures = heads.figures(whole)
    if figures:
        told = heads.head(experiment, "", group)
        backend.write(Batch([replace(told, metadata=figures, tags={})]))
