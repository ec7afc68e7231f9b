"""From a row of the endpoint table to a route: read and check the request, call the handler in a thread, answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from anyio import to_thread
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runstone.errors import InvalidValue, RunstoneError

from .answers import json_answer
from .asking import while_asked
from .auth.gate import declared
from .backend import Backend
from .endpoints import Endpoint
from .observe import ROUTE

#: Content types that an HTML form of another site can send without asking; JSON never comes as one of them.
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


def route(endpoint: Endpoint, backend: Backend) -> Route:
    """The Starlette route of one endpoint."""
    answer = _streaming(endpoint, backend) if endpoint.stream else _plain(endpoint, backend)
    declared(endpoint.permission, answer)
    return Route(endpoint.path, answer, methods=[endpoint.method], name=endpoint.handler.__name__)


def _plain(endpoint: Endpoint, backend: Backend) -> Callable[[Request], Awaitable[Response]]:
    decoder = msgspec.json.Decoder(endpoint.body) if endpoint.body else None

    async def answer(request: Request) -> Response:
        arguments = _arguments(endpoint, request)
        if decoder is not None:
            arguments["body"] = _body(decoder, request, await request.body())
        encoding = request.headers.get("accept-encoding", "")

        def work() -> Response:
            return json_answer(endpoint.handler(backend, **arguments), encoding)

        if endpoint.permission == "read":
            return await while_asked(request.receive, to_thread.run_sync, work)
        return await to_thread.run_sync(work)

    return answer


def _streaming(endpoint: Endpoint, backend: Backend) -> Callable[[Request], Awaitable[Response]]:
    decoder = msgspec.json.Decoder(endpoint.body) if endpoint.body else None

    async def answer(request: Request) -> Response:
        arguments = _arguments(endpoint, request)
        if decoder is not None:
            arguments["body"] = _body(decoder, request, await request.body())
        found: Response = await endpoint.handler(request, backend, **arguments)
        return found

    return answer


def _arguments(endpoint: Endpoint, request: Request) -> dict[str, Any]:
    """Path parts and the query string, checked."""
    request.scope[ROUTE] = endpoint.path
    arguments: dict[str, Any] = {name: str(request.path_params[name]) for name in endpoint.parts}
    if endpoint.query is not None:
        arguments["query"] = _query(endpoint.query, request)
    return arguments


def _query(kind: type[Struct], request: Request) -> Struct:
    given = dict(request.query_params)
    unknown = sorted(given.keys() - set(kind.__struct_fields__))
    if unknown:
        known = ", ".join(kind.__struct_fields__)
        raise InvalidValue(f"Unknown query parameter {unknown[0]!r}. {request.url.path} takes: {known}.")
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as cause:
        raise InvalidValue(f"The query string of {request.url.path} cannot be read: {cause}.") from cause


def _body(decoder: msgspec.json.Decoder[Struct], request: Request, body: bytes) -> Struct:
    content_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if content_type in _FORM_TYPES:
        raise RunstoneError(f"Content-Type {content_type!r} is not read here; send application/json.", error_code="BAD_REQUEST")
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as cause:
        raise InvalidValue(f"The body of {request.method} {request.url.path} does not fit: {cause}.") from cause
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as cause:
        message = f"The body of {request.method} {request.url.path} is no JSON: {cause}."
        raise RunstoneError(message, error_code="MALFORMED_REQUEST") from cause
