"""The door: who asks is found out before a request is routed, and whether that is enough is decided where it arrives.

Deciding after routing leaves no room between two readings of a path. Every route declares what it needs; one that does not
is refused. ``tests/auth/test_every_route.py`` walks all of them.
"""

from __future__ import annotations

import http.cookies
import logging
from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runstone.errors import PermissionDenied, RunstoneError
from runstone.server.answers import answer_known, error_answer

from .caller import Exchange, Unauthenticated, administrator, caller, current
from .signing import COOKIE, Signing

log = logging.getLogger("runstone.server")

#: ``none``: anybody. ``read`` and ``write``: whoever signed in, with a token of that scope. ``admin``: administrators.
#: ``per row``: the endpoint looks itself, for each row of its table.
Permission = Literal["none", "read", "write", "admin", "per row"]
F = TypeVar("F", bound=Callable[..., Any])

_SAFE = ("GET", "HEAD", "OPTIONS")
_DECLARED = "runstone_permission"


def declared(permission: Permission, endpoint: F) -> F:
    """``endpoint``, with what it needs written on it."""
    setattr(getattr(endpoint, "__func__", endpoint), _DECLARED, permission)  # methods carry nothing themselves
    return endpoint


def permission_of(route: Route) -> str | None:
    """What a route declares; ``None`` for nothing."""
    found: str | None = getattr(route.endpoint, _DECLARED, None)
    return found


def check(permission: str) -> None:
    """Whether the caller may use what needs this. Without accounts everybody may. Raises as :func:`caller`."""
    if permission == "none" or current.get(None) is None:
        return
    if permission == "admin":
        administrator()
    elif permission in ("read", "write"):
        caller(permission)
    else:
        raise PermissionDenied("Permission denied: this address declares no permission.")


def guard_routes(routes: Iterable[BaseRoute]) -> None:
    """Put the check before each of these routes."""
    for route in routes:
        if isinstance(route, Mount):
            guard_routes(route.routes)
        elif isinstance(route, Route):
            route.app = _Checked(route.app, permission_of(route) or "undeclared")


class _Checked:
    def __init__(self, app: ASGIApp, permission: str) -> None:
        self._app, self._permission = app, permission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._permission != "per row":
            check(self._permission)
        await self._app(scope, receive, send)


class Gate:
    """ASGI middleware: names the caller of each request.

    Args:
        behind_proxy: believe ``X-Forwarded-For`` and ``X-Forwarded-Proto``.
        base: the static prefix.
    """

    def __init__(self, app: ASGIApp, signing: Signing, behind_proxy: bool = False, base: str = "") -> None:
        self.app, self.signing, self.behind_proxy, self.base = app, signing, behind_proxy, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        asking = self._exchange(scope, headers)
        before = current.set(asking)
        try:
            refused = await self._identify(asking, scope, headers)
            if refused is not None:
                await refused(scope, receive, send)
                return
            await self.app(scope, receive, lambda message: send(_with_cookies(message, asking)))
        finally:
            current.reset(before)

    def _exchange(self, scope: Scope, headers: Headers) -> Exchange:
        address, scheme = (scope.get("client") or ("-",))[0], scope.get("scheme", "http")
        if self.behind_proxy:
            address = headers.get("x-forwarded-for", address).rpartition(",")[2].strip()
            scheme = headers.get("x-forwarded-proto", scheme).rpartition(",")[2].strip()
        asking = Exchange(address, scheme == "https")
        asking.request_cookies, asking.base = _cookies(headers.get("cookie", "")), self.base
        asking.host = headers.get("host", "")
        return asking

    async def _identify(self, asking: Exchange, scope: Scope, headers: Headers) -> Response | None:
        """Set the caller. An answer, if this request goes no further."""
        header, cookie = headers.get("authorization", ""), asking.request_cookies.get(COOKIE, "")
        try:
            found = self.signing.at_once(header, cookie)
            if found is None and (header or cookie):
                found = await to_thread.run_sync(self.signing.identify, asking, header, cookie)
            if found is not None:
                self.signing.spend(found)
        except RunstoneError as cause:
            if not isinstance(cause, Unauthenticated):
                return answer_known(Request(scope), cause)
            asking.problem = cause
            return None
        if found is not None and found.how == "session" and scope["method"] not in _SAFE and not _same_site(headers):
            return error_answer("PERMISSION_DENIED", "This request comes from another site, or does not say where from.")
        asking.caller = found
        return None


def _same_site(headers: Headers) -> bool:
    """Browsers send ``Origin`` with everything that is no GET, and no page can choose it."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site") == "same-origin"
    return urlsplit(origin.lower()).netloc == headers.get("host", "").lower()


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in http.cookies.SimpleCookie(header).items()}
    except http.cookies.CookieError:
        return {}


def _with_cookies(message: Message, asking: Exchange) -> Message:
    if message["type"] == "http.response.start" and asking.cookies:
        cookies = [(b"set-cookie", one.encode("latin-1")) for one in asking.cookies]
        message["headers"] = [*message.get("headers", ()), *cookies]
    return message
