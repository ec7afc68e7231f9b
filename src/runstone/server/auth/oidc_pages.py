"""The two addresses that a browser visits on its way to the provider and back, and the one that the provider calls itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runstone.errors import InvalidValue, RunstoneError, Trouble

from .caller import TooMany, exchange
from .gate import declared

if TYPE_CHECKING:
    from .oidc import Oidc

log = logging.getLogger("runstone.server")
#: Requests that wait for the provider at the same time: should it hang, the other threads go on serving.
_AT_ONCE = CapacityLimiter(8)
#: Bytes of a form with a logout token.
_MOST_BYTES = 64 << 10
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Not signed in · Runstone</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>:root {{ color-scheme: light dark }}
a {{ color: light-dark(#1d4ed8, #8ab4ff) }} body {{ color: light-dark(#14171c, #e8eaee); background: light-dark(#fff, #14171c);
font: 16px/1.5 system-ui; max-width: 36em; margin: 4em auto; padding: 0 1em; overflow-wrap: anywhere }}</style></head>
<body><main><h1>Not signed in</h1><p>{message}</p><p><a href="{home}">Back to Runstone</a></p></main></body></html>"""


def oidc_routes(oidc: Oidc) -> list[BaseRoute]:
    """Open to anybody: that is what signing in is for."""

    async def sign_in(request: Request) -> Response:
        back = request.query_params.get("next", "")
        return await _going(lambda: oidc.begin(exchange(), back))

    async def callback(request: Request) -> Response:
        query = dict(request.query_params)
        return await _going(lambda: oidc.finish(exchange(), query))

    async def logout(request: Request) -> Response:
        """For the provider itself, not for browsers: a form with a logout token."""
        try:
            token = _logout_token(await request.body())
            await to_thread.run_sync(oidc.signed_out_there, token, limiter=_AT_ONCE)
        except RunstoneError as cause:
            status = 400 if cause.get_http_status_code() < 500 else cause.get_http_status_code()
            body = {"error": "invalid_request", "error_description": cause.public}
            return JSONResponse(body, status, {"Cache-Control": "no-store"})
        return Response(b"", headers={"Cache-Control": "no-store"})

    return [
        Route("/oidc/back-channel-logout", declared("none", logout), methods=["POST"]),
        Route("/oidc/sign-in", declared("none", sign_in), methods=["GET"]),
        Route("/oidc/callback", declared("none", callback), methods=["GET"]),
    ]


def _logout_token(body: bytes) -> str:
    """Raises InvalidValue."""
    try:
        found = parse_qs(body.decode("ascii"), max_num_fields=20).get("logout_token", []) if len(body) <= _MOST_BYTES else []
    except ValueError:
        found = []
    if len(found) != 1:
        raise InvalidValue("Send one logout_token in a form, as OpenID Connect Back-Channel Logout has it.")
    return found[0]


async def _going(where: Callable[[], str]) -> Response:
    """On to the address that ``where()`` finds, or a page that says why not."""
    try:
        address = await to_thread.run_sync(where, limiter=_AT_ONCE)
    except RunstoneError as cause:
        if isinstance(cause, Trouble):
            log.warning("signing in at the OpenID provider: %s", cause.message)
        headers = {**_HEADERS, "Content-Security-Policy": _POLICY}
        if isinstance(cause, TooMany):
            headers["Retry-After"] = str(cause.seconds)
        text = _PAGE.format(message=escape(cause.public), home=escape(exchange().base + "/"))
        return Response(text, cause.get_http_status_code(), headers, "text/html")
    return RedirectResponse(address, 303, _HEADERS)
