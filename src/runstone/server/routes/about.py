"""The server itself: is it well, what is behind it, what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from runstone.server import schema as s
from runstone.version import __version__

if TYPE_CHECKING:
    from runstone.server.backend import Backend


def health(backend: Backend) -> s.Health:
    """Whether the store behind this server is sound."""
    found = backend.store.health()
    problems = list(found.problems)
    return s.Health("trouble" if problems else "ok", backend.shown_uri, found.schema, problems, dict(found.facts))


def info(backend: Backend) -> s.Info:
    """Version and store of this server."""
    return s.Info(__version__, backend.shown_uri, backend.started)


async def events(request: Request, backend: Backend, query: s.EventsQuery) -> Response:
    """Server-sent events: ids of what changed, as it changes. Comments keep the connection awake."""
    seen = request.headers.get("last-event-id", "")
    cursor = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 17 else query.cursor
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(backend.listen(cursor), media_type="text/event-stream", headers=headers)
