"""Who may talk to this server: checks on every request before anything else.

A page of another site, open in the user's browser, can send requests to ``127.0.0.1``. Two headers, which such a page
cannot choose, give it away: ``Host`` (a name that was re-bound to this machine is still that name) and ``Origin``.
"""

from __future__ import annotations

import fnmatch
import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runstone import settings

from .answers import error_answer
from .mlflow.not_offered import NO_WORKSPACES, WORKSPACE
from .pace import GONE, LEAST_RATE, Paced

_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
_LOOKED_AT = frozenset((b"host", b"origin", b"content-length", b"transfer-encoding", WORKSPACE))
#: Spellings of ``Host`` that were found right and need no second look.
_REMEMBERED = 100


class Guard:
    """ASGI middleware.

    Args:
        hosts: names (``*`` patterns allowed, without port) that ``Host`` may carry, beside the loopback ones.
        any_address: also accept any IP address as ``Host``; an address cannot be re-bound.
        origins: further origins that may call (``https://ui.example.org``), ``*`` for all; one's own host always may.
        body_limit: bytes that a request's body may have.
        is_upload: whether a request (method, path) has a file as its body; whoever takes it limits it.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Sequence[str] = (),
        any_address: bool = False,
        origins: Sequence[str] = (),
        body_limit: int = 16 * 1024 * 1024,
        is_upload: Callable[[str, str], bool] = lambda method, path: False,
    ) -> None:
        self.app, self.any_address, self.body_limit, self.is_upload = app, any_address, body_limit, is_upload
        self.patience = settings.CLIENT_SECONDS.get()
        self.hosts = tuple(host.lower() for host in (*_LOCAL_NAMES, *hosts))
        self._welcome: set[str] = set()
        self.origins = tuple(origin.lower().rstrip("/") for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name: value for name, value in scope["headers"] if name in _LOOKED_AT}
        refusal = self._refusal(headers.get(b"host", b"").decode("latin-1"), headers.get(b"origin"))
        if refusal:
            await error_answer("PERMISSION_DENIED", refusal)(scope, receive, send)
            return
        if headers.get(WORKSPACE, b"").strip() and not scope["path"].rstrip("/").endswith("/mlflow/server-info"):
            # answered as if there were none, runs would land where nobody looks for them
            await error_answer("FEATURE_DISABLED", NO_WORKSPACES)(scope, receive, send)
            return
        length = headers.get(b"content-length", b"")
        if b"transfer-encoding" in headers or not length.isdigit():
            limited = not self.is_upload(scope["method"], scope["path"])
            await self._watched(scope, receive, send, limit=self.body_limit if limited else None)
        elif int(length) > self.body_limit and not self.is_upload(scope["method"], scope["path"]):
            await self._too_large(scope, receive, send)
        elif int(length):  # the HTTP server hands on no more than that
            await self._watched(scope, receive, send, length=int(length))
        else:
            await self.app(scope, receive, send)

    def _refusal(self, host: str, given: bytes | None) -> str:
        """Why this request is not answered; empty when it is."""
        host = host.lower()
        if host not in self._welcome and not self._is_known(host):
            return f"Host {host!r} is not a name of this server. Open it as localhost, or allow it with --allowed-hosts."
        if given is not None and "*" not in self.origins:
            origin = given.decode("latin-1")
            low = origin.lower()
            if urlsplit(low).netloc != host and low not in self.origins:
                return f"Origin {origin!r} may not call this server. Start it with --cors-allowed-origins {origin} to allow it."
        return ""

    def _is_known(self, host: str) -> bool:
        known = self._known(_without_port(host))
        if known and len(self._welcome) < _REMEMBERED:
            self._welcome.add(host)
        return known

    def _known(self, name: str) -> bool:
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in self.hosts if "[" not in pattern) or name in self.hosts:
            return True
        try:
            address = ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return self.any_address or address.is_loopback

    async def _watched(
        self, scope: Scope, receive: Receive, send: Send, limit: int | None = None, length: int | None = None
    ) -> None:
        """Hand on a body that comes in time, of ``limit`` bytes at most or of this length; stop reading when it does not."""
        seen, answered, refused = 0, False, False

        async def refuse(answer: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
            nonlocal refused
            if not answered:
                await answer(scope, receive, send)
            refused = True

        paced = Paced(receive, self.patience, lambda: refuse(self._too_slow), length)

        async def counted() -> Message:
            nonlocal seen
            message = await paced()
            if limit is not None and message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > limit:
                    await refuse(self._too_large)
                    return GONE
            return message

        async def watched(message: Message) -> None:
            nonlocal answered
            if not refused:
                answered = True
                await send(message)

        await self.app(scope, paced if limit is None else counted, watched)

    async def _too_slow(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = (
            f"The request's body did not come in time: silent for {self.patience:g} seconds (RUNSTONE_CLIENT_SECONDS), or "
            f"slower than {LEAST_RATE:,} bytes a second."
        )
        answer = error_answer("BAD_REQUEST", message, 408)
        answer.headers["Connection"] = "close"
        await answer(scope, receive, send)

    async def _too_large(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = f"The request's body is larger than {self.body_limit:,} bytes; send it in smaller pieces."
        await error_answer("BAD_REQUEST", message, 413)(scope, receive, send)


def _without_port(host: str) -> str:
    """``name:80`` and ``[::1]:80`` without the port; what is neither, such as ``name:80@other``, as it is."""
    name, _, port = host.rpartition(":")
    return name if port.isdigit() and (":" not in name or name.endswith("]")) else host
