"""The application: ``/invocations`` predicts, the rest tells how it is. Paths, formats and status codes are MLflow's."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from runstone import settings
from runstone.errors import InvalidValue, RunstoneError
from runstone.models.manifest import FORMAT_VERSION
from runstone.server.observe import Counters

from . import parse
from .batching import ROWS, Batcher
from .describe import openapi
from .holder import Holder

log = logging.getLogger("runstone.scoring")
T = TypeVar("T")
#: Bytes of a request that is read and answered where it came in.
SMALL = 16 << 10


class Scoring:
    """Answers for one model.

    Args:
        holder: the model that is served.
        counters: where requests are counted.
        batcher: joins requests that wait; each is predicted by itself if ``None``.
    """

    def __init__(self, holder: Holder, counters: Counters, batcher: Batcher | None = None) -> None:
        self.holder, self.counters, self.batcher = holder, counters, batcher
        counters.further = self._further

    async def ping(self, _request: Request) -> Response:
        return Response("\n", media_type=parse.JSON)

    async def version(self, _request: Request) -> Response:
        return Response(FORMAT_VERSION, media_type=parse.JSON)

    async def metrics(self, _request: Request) -> Response:
        return PlainTextResponse(self.counters.text())

    def _further(self) -> dict[str, int]:
        batches = {} if self.batcher is None else {"runstone_model_batches_total": self.batcher.batches}
        return {"runstone_model_reloads_total": self.holder.reloads, **batches}

    async def describe(self, _request: Request) -> Response:
        return Response(msgspec.json.encode(openapi(self.holder.model.metadata, self.holder.uri)), media_type=parse.JSON)

    async def invocations(self, request: Request) -> Response:
        begun = time.perf_counter()
        answer = await self._answer(request)
        answer.headers["x-model-version"] = self.holder.version or "-"
        self.counters.count("POST", "/invocations", answer.status_code, time.perf_counter() - begun)
        return answer

    async def _answer(self, request: Request) -> Response:
        try:
            kind = parse.media_type(request.headers.get("content-type"))
            body = await _body(request, settings.SCORING_MAX_MB.get() << 20)
        except parse.WrongType as wrong:
            return PlainTextResponse(str(wrong), 415)
        except ClientDisconnect:
            return PlainTextResponse("", 499)
        if body is None:
            most = settings.SCORING_MAX_MB.get()
            return _fault("BAD_REQUEST", f"The request is larger than {most} MiB ({settings.SCORING_MAX_MB.name}).", 413)
        limit = settings.SCORING_SECONDS.get()
        try:
            return await asyncio.wait_for(self._predicted(body, kind), limit)
        except asyncio.TimeoutError:
            return _fault("DEADLINE_EXCEEDED", f"Request processing time exceeded limit of {limit:g} s.", 504)

    async def _predicted(self, body: bytes, kind: str) -> Response:
        model = self.holder.model
        try:
            data, params, bare = await _work(len(body), parse.read, body, kind, model.metadata)
        except InvalidValue as wrong:
            return _fault("BAD_REQUEST", str(wrong), 400)
        try:
            if self.batcher is not None and params is None and self.batcher.takes(model):
                found = await asyncio.wrap_future(self.batcher.ask(model, data))
            else:
                found = await asyncio.to_thread(model.predict, data, params)
            return Response(await _work(len(body), parse.written, found, bare), media_type=parse.JSON)
        except RunstoneError as wrong:
            return _fault("INVALID_PARAMETER_VALUE", f"Failed to predict: {wrong}", 400)
        except parse.Unspeakable as problem:
            return _fault("INTERNAL_ERROR", str(problem), 500)
        except Exception as problem:
            log.exception("the model failed")
            told = "Encountered an unexpected error while evaluating the model. Verify that the input is compatible with it."
            return _fault("BAD_REQUEST", f"{told} {type(problem).__name__}: {problem}", 400)


async def _work(size: int, call: Callable[..., T], *given: Any) -> T:
    """Small things at once, which is less work than handing them over; large ones beside the event loop."""
    return call(*given) if size <= SMALL else await asyncio.to_thread(call, *given)


def create(
    uri: str,
    follow_seconds: float | None = None,
    batch_rows: int | None = None,
    holder: Holder | None = None,
    counts: Path | None = None,
) -> Starlette:
    """Load the model and make the application.

    Args:
        uri: any model URI.
        follow_seconds: look this often whether the alias in ``uri`` has moved; never if ``None``.
        batch_rows: predict requests that wait together, up to so many rows; each by itself if 0. ``None``: together for models
            whose answer for a row cannot depend on the rows beside it, see :func:`runstone.scoring.batching.is_rowwise`.
        holder: of the model, where it is loaded already.
        counts: a folder in which several processes keep what they counted for each other.

    Raises: as ``load_model``; InvalidValue when there is no alias to follow.
    """
    holder = holder or Holder(uri)
    if follow_seconds is not None:
        holder.follow(follow_seconds, log.warning)
    batcher = None if batch_rows == 0 else Batcher(batch_rows or ROWS, only_rowwise=batch_rows is None)
    scoring = Scoring(holder, Counters(counts), batcher)
    routes = [
        Route("/ping", scoring.ping),
        Route("/health", scoring.ping),
        Route("/version", scoring.version),
        Route("/metrics", scoring.metrics),
        Route("/openapi.json", scoring.describe),
        Route("/invocations", scoring.invocations, methods=["POST"]),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _no_such, Exception: _broken})
    app.state.pulse = holder  # what the listener ends first
    return app


async def _no_such(request: Request, problem: Exception) -> Response:
    """An unknown path, or a method that the path does not take."""
    assert isinstance(problem, HTTPException)
    method, path = request.method, request.url.path
    told = f"{method} {path} is not offered here. POST /invocations predicts; /ping, /version and /openapi.json tell more."
    answer = _fault("ENDPOINT_NOT_FOUND", told, problem.status_code)
    answer.headers.update(problem.headers or {})
    return answer


async def _broken(_request: Request, problem: Exception) -> Response:
    log.error("a request failed", exc_info=problem)
    return _fault("INTERNAL_ERROR", f"The server failed: {type(problem).__name__}. Its log says more.", 500)


async def _body(request: Request, limit: int) -> bytes | None:
    """The whole body; ``None`` for one that is larger than ``limit`` bytes."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _fault(code: str, message: str, status: int) -> Response:
    told: dict[str, Any] = {"error_code": code, "message": message}
    return Response(msgspec.json.encode(told), status, media_type=parse.JSON)
