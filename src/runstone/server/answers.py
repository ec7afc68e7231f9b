"""Answers as bytes: JSON, packed when that pays, and the one shape of an error."""

from __future__ import annotations

import http
import logging

import msgspec
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from runstone.errors import ERROR_CLASS, HTTP_STATUS, RunstoneError, TooBusy, Trouble

from .auth.caller import TooMany, Unauthenticated
from .compress import WORTHWHILE, accepted, pack
from .observe import REQUEST_ID
from .schema import Error

log = logging.getLogger("runstone.server")
_encoder = msgspec.json.Encoder()


def json_answer(answer: Struct, accept_encoding: str, status: int = 200) -> Response:
    """``answer`` as JSON. Slow for large ones: call it in a worker thread."""
    body = _encoder.encode(answer)
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    encoding = accepted(accept_encoding) if len(body) >= WORTHWHILE else None
    if encoding:
        body, headers["Content-Encoding"] = pack(body, encoding), encoding
    return Response(body, status, headers, media_type="application/json")


def error_answer(code: str, message: str, status: int | None = None, **details: object) -> Response:
    """``{"error_code", "message"}`` and, for filters, where and what."""
    error = msgspec.convert({"error_code": code, "message": message, **details}, Error)
    return json_answer(error, "", status or HTTP_STATUS.get(code, 500))


def answer_known(request: Request, error: Exception) -> Response:
    """Our own errors say themselves what they are."""
    assert isinstance(error, RunstoneError)
    if error.get_http_status_code() >= 500 or isinstance(error, Trouble):
        why = f" ({error.__cause__})" if isinstance(error.__cause__, OSError) else ""  # which folder: not for the client
        log.warning("%s %s: %s%s", request.method, request.url.path, error.message, why)
    known = {key: value for key, value in error.json_kwargs.items() if key in Error.__struct_fields__}
    answer = error_answer(str(error.error_code), error.public, error.get_http_status_code(), **known)
    answer.headers[ERROR_CLASS] = type(error).__name__
    answer.headers.update(further_headers(request, error))
    return answer


def further_headers(request: Request, error: RunstoneError) -> dict[str, str]:
    """How, or when, to ask again. No ``WWW-Authenticate`` for scripts of pages: the browser would open a dialog of its own."""
    if isinstance(error, TooMany | TooBusy):
        return {"Retry-After": str(error.seconds)}
    if isinstance(error, Unauthenticated) and request.headers.get("sec-fetch-mode", "navigate") == "navigate":
        return {"WWW-Authenticate": 'Basic realm="mlflow", charset="UTF-8"'}
    return {}


def answer_http(request: Request, error: Exception) -> Response:
    """What the router refuses: no such path, wrong method."""
    assert isinstance(error, HTTPException)
    code = {404: "ENDPOINT_NOT_FOUND"}.get(error.status_code, "BAD_REQUEST")
    reason = error.detail if error.detail != http.HTTPStatus(error.status_code).phrase else "not something this server answers"
    answer = error_answer(code, f"{request.method} {request.url.path}: {reason}", error.status_code)
    answer.headers.update(error.headers or {})
    return answer


def answer_gone(request: Request, error: Exception) -> Response:
    """A client that left in the middle of its request is no fault of ours; nobody reads this."""
    return error_answer("BAD_REQUEST", f"{request.method} {request.url.path} broke off.")


def answer_unknown(request: Request, error: Exception) -> Response:
    """A fault of ours: the log has it all, the caller is told so and no more."""
    request_id = request.scope.get(REQUEST_ID, "-")
    log.error("%s %s failed, request %s", request.method, request.url.path, request_id, exc_info=error)
    message = f"The server failed on {request.method} {request.url.path}; its log says why, under request {request_id}."
    answer = error_answer("INTERNAL_ERROR", message)
    answer.headers["X-Request-Id"] = request_id
    return answer
