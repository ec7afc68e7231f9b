"""Questions to the one other server that this one ever calls by itself: the configured OpenID provider.

Each is bounded in time and size, goes to https (or to this machine), follows no redirect and reads JSON only.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode, urlsplit

from runstone.errors import InvalidValue, RunstoneError

#: For one question in all, and for one wait within it.
SECONDS, WAIT = 10.0, 5.0
MOST_BYTES = 1024 * 1024


class ProviderTrouble(RunstoneError):
    """The provider is away, or answers what nobody can use."""

    default_code = "TEMPORARILY_UNAVAILABLE"


class ProviderRefusal(ProviderTrouble):
    """The provider answered 400 or 401: ``reason`` is its word for why."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def check_url(url: str, what: str) -> str:
    """``url``, if it may be asked. Raises InvalidValue for anything but https, or http to this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as cause:
        raise InvalidValue(f"{what} {url!r} is no URL: {cause}.") from cause
    plain = parts.scheme == "http" and _is_here(host)
    if not host or not (parts.scheme == "https" or plain) or "@" in parts.netloc or parts.fragment or not url.isprintable():
        raise InvalidValue(f"{what} {url!r} must begin with https:// (http:// only on this machine, as in tests).")
    return url


def ask_json(url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The JSON object at ``url``; ``form``: sent by POST.

    Raises:
        ProviderTrouble: no answer in time, too much of it, another status than 200, or no JSON object.
        ProviderRefusal: of these, status 400 or 401 with OAuth's ``error``.
    """
    parts = urlsplit(check_url(url, "The address"))
    where = f"{parts.scheme}://{parts.netloc}"
    kind = http.client.HTTPConnection if parts.scheme == "http" else http.client.HTTPSConnection
    connection = kind(parts.hostname or "", parts.port, timeout=WAIT)
    sent = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
    body = None
    if form is not None:
        body, sent["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
    late = threading.Timer(SECONDS, _cut, [connection])
    late.daemon = True
    late.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET" if form is None else "POST", path, body, sent)
        answer = connection.getresponse()
        found = answer.read(MOST_BYTES + 1)
    except (OSError, http.client.HTTPException, ssl.SSLError, ValueError) as cause:
        raise ProviderTrouble(f"The OpenID provider at {where} does not answer: {cause or type(cause).__name__}.") from cause
    finally:
        late.cancel()
        connection.close()
    if len(found) > MOST_BYTES:
        raise ProviderTrouble(f"The OpenID provider at {where} answers with more than {MOST_BYTES:,} bytes.")
    return _read(found, answer.status, where)


def _read(body: bytes, status: int, where: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as cause:
        raise ProviderTrouble(f"The OpenID provider at {where} answers {status} and no JSON.") from cause
    if not isinstance(found, dict):
        raise ProviderTrouble(f"The OpenID provider at {where} answers {status} and no JSON object.")
    if status in (400, 401) and isinstance(found.get("error"), str):
        reason = found["error"][:100]
        raise ProviderRefusal(f"The OpenID provider at {where} refuses: {reason!r}.", reason)
    if status != 200:
        raise ProviderTrouble(f"The OpenID provider at {where} answers {status}.")
    return found


def _cut(connection: http.client.HTTPConnection) -> None:
    """An answer that comes drop by drop ends here: each wait was short, all together are not."""
    open_socket = connection.sock
    if open_socket is not None:
        with suppress(OSError):
            socket.socket.shutdown(open_socket, socket.SHUT_RDWR)


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
