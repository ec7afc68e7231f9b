"""The endpoints of the table over HTTP: find the row, read the message, call the handler in a thread, answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from runstone.server.compress import WORTHWHILE, accepted, pack
from runstone.server.observe import ROUTE
from runstone.server.unknown import no_endpoint, wrong_method

from .reading import read
from .row import Row

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: Where the same endpoints answer: for clients, and for pages (MLflow's own UI calls the second).
ROOTS = ("/api", "/ajax-api")

_encoder = msgspec.json.Encoder()


class MlflowApi:
    """Answers for every path below one of the roots. Most paths are found in one look, however many rows there are."""

    def __init__(self, rows: Sequence[Row], backend: Backend) -> None:
        self._backend = backend
        self._plain: dict[str, dict[str, Row]] = {}
        self._patterns: dict[str, tuple[re.Pattern[str], dict[str, Row]]] = {}
        for row in rows:
            path = f"{row.version}.0{row.path}"
            if "{" in path:
                pattern = _pattern(path)
                self._patterns.setdefault(path, (pattern, {}))[1][row.method] = row
            else:
                self._plain.setdefault(path, {})[row.method] = row

    async def respond(self, request: Request) -> Response:
        """Route ``{path}`` below a root to its row."""
        path: str = request.path_params["path"]
        rows, parts = self._find(path)
        row = rows.get(request.method)
        if row is None:
            return wrong_method(request, sorted(rows)) if rows else no_endpoint(request)
        request.scope[ROUTE] = row.path
        return await self._answer(row, request, parts)

    def _find(self, path: str) -> tuple[dict[str, Row], dict[str, Any]]:
        rows = self._plain.get(path)
        if rows is not None:
            return rows, {}
        for pattern, found in self._patterns.values():
            match = pattern.fullmatch(path)
            if match:
                return found, match.groupdict()
        return {}, {}

    async def _answer(self, row: Row, request: Request, parts: dict[str, Any]) -> Response:
        body, encoding = await request.body(), request.headers.get("accept-encoding", "")

        def work() -> Response:
            found = row.handler(self._backend, read(row.message, request.query_params, body, parts))
            return _json(found if isinstance(found, bytes) else _encoder.encode(found), encoding)

        return await to_thread.run_sync(work)


def _pattern(path: str) -> re.Pattern[str]:
    """``{name}`` is a part of the path, ``{name:path}`` all the rest of it."""
    parts = re.split(r"{(\w+)(:path)?}", path)
    texts = [re.escape(part) for part in parts[::3]]
    names = [f"(?P<{name}>{'.+' if rest else '[^/]+'})" for name, rest in zip(parts[1::3], parts[2::3], strict=True)]
    return re.compile("".join(text + name for text, name in zip(texts, [*names, ""], strict=True)), re.DOTALL)


def _json(body: bytes, accept_encoding: str) -> Response:
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    encoding = accepted(accept_encoding) if len(body) >= WORTHWHILE else None
    if encoding:
        body, headers["Content-Encoding"] = pack(body, encoding), encoding
    return Response(body, 200, headers, media_type="application/json")
