"""The store itself over HTTP, for our own clients: what they write, and what they ask. Messages: :mod:`runstone.wire_store`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anyio import to_thread
from msgspec import structs
from starlette.requests import Request
from starlette.responses import Response

from runstone.contracts import Batch
from runstone.entities import Experiment, PagedList, Run
from runstone.entities.logged_models import LoggedModel
from runstone.entities.traces import TraceHead
from runstone.errors import InvalidValue, NotFound, RunstoneError
from runstone.records import (
    ExperimentChanged,
    ExperimentCreated,
    LoggedModelCreated,
    ModelVersionCreated,
    Record,
    RunStarted,
    TraceStarted,
)
from runstone.server.auth.gate import check
from runstone.server.backend import Backend
from runstone.server.mlflow.registry_sources import origin, shown_location
from runstone.wire_store import MEDIA_TYPE, QUESTIONS, pack_receipts, pack_result, unpack_arguments, unpack_batches

#: Most bytes of a message as it travels.
BODY_CAP = 128 << 20


class MessageTooLarge(RunstoneError):
    """More than ``BODY_CAP``."""

    default_code = "BAD_REQUEST"

    def get_http_status_code(self) -> int:
        return 413


async def ingest(request: Request, backend: Backend) -> Response:
    """Write batches: stretches of journals, each exactly once, and direct ones."""
    body = await _body(request)

    def work() -> bytes:
        batches = [_checked(backend, batch) for batch in unpack_batches(body)]
        if len(batches) == 1 and batches[0].origin is None:
            return pack_receipts([backend.write(batches[0])])
        return pack_receipts(backend.store.write_all(batches))

    return await _answered(work)


async def ask(request: Request, backend: Backend, question: str) -> Response:
    """Ask the store one of its questions."""
    permission = QUESTIONS.get(question)
    if permission is None:
        raise NotFound(f"The store has no question {question!r}. It has: {', '.join(QUESTIONS)}.")
    check(permission)
    body = await _body(request)

    def work() -> bytes:
        arguments = unpack_arguments(question, body)
        if question == "version_location":
            return pack_result(shown_location(backend, *arguments))
        return pack_result(_shown(backend, getattr(backend.store, question)(*arguments)))

    return await _answered(work)


async def _body(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != MEDIA_TYPE:
        raise InvalidValue(f"Content-Type {kind!r} is not read here; send {MEDIA_TYPE}.")
    pieces, length = [], 0
    async for piece in request.stream():
        length += len(piece)
        if length > BODY_CAP:
            raise MessageTooLarge(f"The message has more than {BODY_CAP:,} bytes; send it in smaller pieces.")
        pieces.append(piece)
    return b"".join(pieces)


async def _answered(work: Callable[[], bytes]) -> Response:
    return Response(await to_thread.run_sync(work), media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


# --- what a client may name, and what it is told ----------------------------------------------------------------------------


#: Records that can say where files are.
_WITH_PLACES = (ExperimentChanged, ExperimentCreated, LoggedModelCreated, ModelVersionCreated, RunStarted, TraceStarted)


def _checked(backend: Backend, batch: Batch) -> Batch:
    """The batch with every place that a client names held to what this server keeps. Raises InvalidValue."""
    if not any(isinstance(record, _WITH_PLACES) for record in batch.records):
        return batch
    return structs.replace(batch, records=[_place_checked(backend, record) for record in batch.records])


def _place_checked(backend: Backend, record: Record) -> Record:
    if isinstance(record, ExperimentCreated):
        return structs.replace(record, artifact_location=backend.locations.stored(record.artifact_location))
    if isinstance(record, ExperimentChanged):
        return structs.replace(record, artifact_location=None)  # whoever runs the server says where
    if isinstance(record, RunStarted) and record.artifact_uri:
        return structs.replace(record, artifact_uri="")  # it follows from the experiment
    if isinstance(record, LoggedModelCreated | TraceStarted) and record.artifact_location:
        return structs.replace(record, artifact_location=backend.locations.stored(record.artifact_location))
    if isinstance(record, ModelVersionCreated):
        prompt = "mlflow.prompt.is_prompt" in record.tags
        found = origin(backend, record.source, record.source_run, record.model_id, prompt)
        return structs.replace(
            record, source=found.source, source_run=found.run_id, model_id=found.model_id, location=found.location
        )
    return record


def _shown(backend: Backend, value: Any) -> Any:
    """A result with the places of artifacts as clients reach them."""
    if isinstance(value, PagedList):
        return PagedList([_shown(backend, one) for one in value], value.token)
    if isinstance(value, Run):
        info = structs.replace(value.info, artifact_uri=backend.shown_artifact_uri(value.info.artifact_uri or "") or None)
        return Run(info, value.data, value.run_inputs, value.run_outputs)
    if isinstance(value, Experiment | LoggedModel | TraceHead):
        return structs.replace(value, artifact_location=backend.shown_artifact_uri(value.artifact_location))
    return value
