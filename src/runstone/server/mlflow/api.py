"""The endpoints of the table over HTTP: find the row, read the message, call the handler, answer.

These are most of a server's requests, so they take the short way: past the router, straight from the ASGI server's words
to the row, and from its answer to the ASGI server's words.
"""

from __future__ import annotations

import asyncio
import contextvars
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from runstone.contracts import Batch
from runstone.errors import InvalidValue, RunstoneError
from runstone.server.answers import answer_gone, answer_known
from runstone.server.asking import while_asked
from runstone.server.auth.gate import check
from runstone.server.compress import WORTHWHILE, accepted, pack
from runstone.server.observe import ROUTE
from runstone.server.unknown import no_endpoint, wrong_method

from .not_offered import not_offered
from .reading import read
from .row import Row

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: Where the same endpoints answer: for clients, and for pages (MLflow's own UI calls the second).
ROOTS = ("/api", "/ajax-api")
#: Where clients of MLflow's first series (R's for long after it) say the same.
PREVIEW, PLAIN = "/2.0/preview/mlflow/", "/2.0/mlflow/"
#: Requests whose handlers ask the store at the same time.
THREADS = 40
#: Content types that an HTML form of another site can send without asking.
FORM_TYPES = (b"application/x-www-form-urlencoded", b"multipart/form-data", b"text/plain")
#: A body up to this many bytes is read at once where it arrives; reading a larger one would keep others waiting.
SMALL = 128 * 1024

_encoder = msgspec.json.Encoder()
_NO_QUERY = QueryParams()


class MlflowApi:
    """Answers for every path below one of the roots. Most paths are found in one look, however many rows there are."""

    def __init__(self, rows: Sequence[Row], backend: Backend) -> None:
        self._backend = backend
        self._threads = ThreadPoolExecutor(THREADS, "runstone-mlflow")
        self._plain: dict[str, dict[str, Row]] = {}
        self._patterns: dict[str, tuple[re.Pattern[str], dict[str, Row]]] = {}
        for row in rows:
            path = f"/{row.version}.0{row.path}"
            if "{" in path:
                pattern = _pattern(path)
                self._patterns.setdefault(path, (pattern, {}))[1][row.method] = row
            else:
                self._plain.setdefault(path, {})[row.method] = row

    async def refuse(self, request: Request) -> Response:
        """For a route of the router: paths and methods that no row has."""
        path = "/" + request.path_params["path"]
        rows, _ = self._find(path)
        if rows:
            return wrong_method(request, sorted(rows))
        return not_offered(path) or no_endpoint(request)

    def row(self, method: str, path: str) -> tuple[Row, dict[str, Any]] | None:
        """The row for a request, ``path`` from the server's root, and the variable parts of its path."""
        if path.startswith("//"):  # Java's client joins its paths to an address that ends with a slash
            path = "/" + path.lstrip("/")
        for root in ROOTS:
            if path.startswith(root + "/"):
                rows, parts = self._find(path[len(root) :])
                row = rows.get(method)
                return None if row is None else (row, parts)
        return None

    async def respond(self, row: Row, parts: dict[str, Any], scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope[ROUTE] = row.path
        try:
            check(row.permission)
            body = await _body(receive)
            if body and row.method == "POST":
                _refuse_forms(scope)
            answer = await self._answer(row, parts, scope, body, receive)
        except ClientDisconnect as error:
            await answer_gone(Request(scope), error)(scope, receive, send)
            return
        except RunstoneError as error:
            await answer_known(Request(scope), error)(scope, receive, send)
            return
        await _send(answer, scope, send)

    def _find(self, path: str) -> tuple[dict[str, Row], dict[str, Any]]:
        rows = self._plain.get(path)
        if rows is not None:
            return rows, {}
        if path.startswith(PREVIEW):
            return self._find(PLAIN + path[len(PREVIEW) :])
        for pattern, found in self._patterns.values():
            match = pattern.fullmatch(path)
            if match:
                return found, match.groupdict()
        return {}, {}

    async def _answer(self, row: Row, parts: dict[str, Any], scope: Scope, body: bytes, receive: Receive) -> bytes:
        query = QueryParams(scope["query_string"]) if scope["query_string"] else _NO_QUERY

        def work() -> bytes | Batch:
            found = row.handler(self._backend, read(row.message, query, body, parts))
            return found if isinstance(found, bytes | Batch) else _encoder.encode(found)

        done: bytes | Batch
        if row.permission == "read" and not row.writes:
            done = await while_asked(receive, self._in_thread, work)
        else:
            done = work() if row.writes and len(body) <= SMALL else await self._in_thread(work)
        if isinstance(done, Batch):
            await self._backend.written(done)
            return b"{}"
        return done

    async def _in_thread(self, work: Any) -> Any:
        """In a worker thread, with the context of the request."""
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._threads, context.run, work)


class Direct:
    """ASGI middleware, the innermost: requests for a row are answered here, all others by the router."""

    def __init__(self, app: ASGIApp, api: MlflowApi, prefix: str) -> None:
        self.app, self.api, self.prefix = app, api, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = None
        if scope["type"] == "http" and scope["path"].startswith(self.prefix):
            found = self.api.row(scope["method"], scope["path"][len(self.prefix) :])
        if found is None:
            await self.app(scope, receive, send)
        else:
            await self.api.respond(*found, scope, receive, send)


def _pattern(path: str) -> re.Pattern[str]:
    """``{name}`` is a part of the path, ``{name:path}`` all the rest of it."""
    parts = re.split(r"{(\w+)(:path)?}", path)
    texts = [re.escape(part) for part in parts[::3]]
    names = [f"(?P<{name}>{'.+' if rest else '[^/]+'})" for name, rest in zip(parts[1::3], parts[2::3], strict=True)]
    return re.compile("".join(text + name for text, name in zip(texts, [*names, ""], strict=True)), re.DOTALL)


def _refuse_forms(scope: Scope) -> None:
    """Pages of other sites can send forms, never JSON. A request without a type is taken: programs send those."""
    for name, value in scope["headers"]:
        if name == b"content-type" and value.partition(b";")[0].strip().lower() in FORM_TYPES:
            raise InvalidValue(f"Content-Type {value.decode('latin-1')!r} is not read here; send application/json.")


async def _body(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _send(body: bytes, scope: Scope, send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), (b"vary", b"Accept-Encoding")]
    if len(body) >= WORTHWHILE:
        encoding = accepted(
            next((value.decode("latin-1") for name, value in scope["headers"] if name == b"accept-encoding"), "")
        )
        if encoding:
            body = await asyncio.get_running_loop().run_in_executor(None, pack, body, encoding)
            headers.append((b"content-encoding", encoding.encode()))
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
