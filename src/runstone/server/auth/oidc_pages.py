"""The two addresses that a browser visits on its way to the provider and back."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runstone.errors import RunstoneError

from .caller import TooMany, exchange
from .gate import declared

if TYPE_CHECKING:
    from .oidc import Oidc

#: Requests that wait for the provider at the same time: should it hang, the other threads go on serving.
_AT_ONCE = CapacityLimiter(8)
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

    return [
        Route("/oidc/sign-in", declared("none", sign_in), methods=["GET"]),
        Route("/oidc/callback", declared("none", callback), methods=["GET"]),
    ]


async def _going(where: Callable[[], str]) -> Response:
    """On to the address that ``where()`` finds, or a page that says why not."""
    try:
        address = await to_thread.run_sync(where, limiter=_AT_ONCE)
    except RunstoneError as cause:
        headers = {**_HEADERS, "Content-Security-Policy": _POLICY}
        if isinstance(cause, TooMany):
            headers["Retry-After"] = str(cause.seconds)
        text = _PAGE.format(message=escape(cause.message), home=escape(exchange().base + "/"))
        return Response(text, cause.get_http_status_code(), headers, "text/html")
    return RedirectResponse(address, 303, _HEADERS)
