"""A request's body, streamed into an artifact store: constant memory, and nothing to be seen of one that breaks off."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable
from typing import Any, BinaryIO, TypeVar, cast

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.requests import ClientDisconnect, Request

from runstone import settings
from runstone.errors import RunstoneError

T = TypeVar("T")

#: Bytes handed on at a time, and how often so many wait at most.
PIECE = 1 << 20
_WAITING = 4
#: So many pieces of these bytes are handed on as they came; to put more of them together takes less than to write each.
_FEW = 64
#: Bytes of a refused body that are still read: a client that is cut off while it sends never sees the reason.
_DRAIN = 64 << 20
#: Files that are written at the same time. They have threads of their own: uploads that stall keep no other request waiting.
_THREADS = 64
_limiter: RunVar[CapacityLimiter] = RunVar("runstone uploads")


class UploadTooLarge(RunstoneError):
    """More than ``RUNSTONE_MAX_UPLOAD_MB``."""

    default_code = "BAD_REQUEST"

    def get_http_status_code(self) -> int:
        return 413


async def receive(request: Request, put: Callable[[BinaryIO], T]) -> T:
    """What ``put`` returns for the request's body, which it reads as a file, in a worker thread.

    Raises:
        UploadTooLarge: the body is longer than the setting allows.
        RunstoneError: what ``put`` raises; the rest of the body has been read.
    """
    limit = settings.MAX_UPLOAD_MB.get() << 20
    said = request.headers.get("content-length", "")
    length = int(said) if said.isdigit() else None
    if length is not None and length > limit:
        await _drop(request)
        raise _too_large(limit)
    body = _Body(asyncio.get_running_loop(), length)
    feeding = asyncio.ensure_future(_feed(request, body, limit))
    await _begun(feeding, body)
    putting = asyncio.ensure_future(to_thread.run_sync(put, cast("BinaryIO", body), limiter=_room()))
    try:
        await asyncio.wait({feeding, putting}, return_when=asyncio.FIRST_COMPLETED)
        if not feeding.done() and putting.exception() is not None:
            body.drain()
        elif feeding.done() and feeding.exception() is not None:
            body.break_off(cast("Exception", feeding.exception()))
        await asyncio.wait({feeding, putting})
    except asyncio.CancelledError:
        body.break_off(ClientDisconnect())
        feeding.cancel()
        await asyncio.wait({putting})
        raise
    if feeding.exception() is not None:
        putting.exception()  # a consequence, seen
        raise cast("Exception", feeding.exception())
    return putting.result()


async def _begun(feeding: asyncio.Future[None], body: _Body) -> None:
    """Wait for the first piece, so that a client that dribbles bytes holds no thread. Raises what ended it before."""
    beginning = asyncio.ensure_future(body.begun.wait())
    try:
        either: set[asyncio.Future[Any]] = {feeding, beginning}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        feeding.cancel()
        raise
    finally:
        beginning.cancel()
    if not body.begun.is_set():
        feeding.result()


def _room() -> CapacityLimiter:
    try:
        return _limiter.get()
    except LookupError:
        _limiter.set(CapacityLimiter(_THREADS))
        return _limiter.get()


async def _drop(request: Request) -> None:
    """Read what a client that must be refused sends, as long as that is bearable."""
    seen = 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen > _DRAIN:
            return


async def _feed(request: Request, body: _Body, limit: int) -> None:
    seen, waiting, pieces = 0, 0, list[bytes]()
    try:
        async for chunk in request.stream():
            seen += len(chunk)
            if seen > limit:
                if not body.over:
                    body.break_off(_too_large(limit))
                if seen > limit + _DRAIN:
                    raise _too_large(limit)
            if body.over or not chunk:
                continue
            pieces.append(chunk)
            waiting += len(chunk)
            if waiting >= PIECE:
                await body.give(pieces)
                waiting, pieces = 0, []
    except ClientDisconnect as cause:
        raise ClientDisconnect("the client went away in the middle of its upload") from cause
    if seen > limit:
        raise _too_large(limit)
    if body.length is not None and seen < body.length and not body.over:
        raise ClientDisconnect(f"the upload ended after {seen} of {body.length} bytes")
    if pieces:
        await body.give(pieces)
    await body.give([])


class _Body:
    """A file that the event loop fills and one thread reads.

    ``size`` is the length that the client announced, if it did.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, length: int | None) -> None:
        self.length = self.size = length
        self.over, self.begun = False, asyncio.Event()
        self._loop, self._room = loop, asyncio.Semaphore(_WAITING)
        self._given: queue.SimpleQueue[list[bytes] | Exception] = queue.SimpleQueue()
        self._held: list[bytes | memoryview] = []  # the first of them last
        self._ended = False

    async def give(self, pieces: list[bytes]) -> None:
        """Hand on pieces, none for the end; waits while enough of them are there."""
        if not self.over:
            await self._room.acquire()
            self._given.put(pieces if len(pieces) <= _FEW else [b"".join(pieces)])
            self.begun.set()

    def break_off(self, reason: Exception) -> None:
        """The reader gets this instead of more bytes."""
        self._given.put(reason)
        self.begun.set()
        self.drain()

    def drain(self) -> None:
        """Nobody reads any more: what still comes is dropped."""
        self.over = True
        for _ in range(_WAITING):
            self._room.release()

    def read(self, size: int = -1) -> bytes:
        """As a file's, in the worker thread; ``size`` must be positive, and less may come."""
        if not self._held and not self._ended:
            given = self._given.get()
            if isinstance(given, Exception):
                raise given
            self._loop.call_soon_threadsafe(self._room.release)
            self._held += reversed(given)
            self._ended = not given
        piece = self._held.pop() if self._held else b""
        if len(piece) > size:
            rest = memoryview(piece)
            self._held.append(rest[size:])
            piece = rest[:size]
        return bytes(piece)


def _too_large(limit: int) -> UploadTooLarge:
    return UploadTooLarge(
        f"The file is larger than the {limit >> 20:,} MiB that this server takes (RUNSTONE_MAX_UPLOAD_MB). "
        "Raise the setting, or send it in smaller files."
    )
