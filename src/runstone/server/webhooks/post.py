"""One message over HTTP: to an address that was checked, bounded in time and size, without redirects and proxies."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import SplitResult

from msgspec import Struct

from .addresses import check_url, resolve

#: Bytes of an answer that are read; of these, characters that are kept.
_MOST, _SHOWN = 4_096, 1_000
_AGENT = "Runstone-Webhook/1"


class Answer(Struct, frozen=True):
    """What the receiver said. ``retry_after``: seconds it asks to wait, 0 for nothing said."""

    status: int
    text: str = ""
    retry_after: float = 0.0

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300

    @property
    def try_again(self) -> bool:
        return self.status == 429 or self.status >= 500


class Rules(Struct, frozen=True):
    """``seconds`` that one try may take in all; ``retries`` after the first."""

    schemes: Sequence[str] = ("https",)
    allow_private: bool = False
    seconds: float = 30.0
    retries: int = 3


def signature(secret: str, delivery_id: str, timestamp: str, body: str) -> str:
    """MLflow's: ``v1,`` and the Base64 of HMAC-SHA256 over ``delivery_id.timestamp.body``."""
    signed = hmac.new(secret.encode(), f"{delivery_id}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def headers(delivery_id: str, timestamp: str, body: str, secret: str) -> dict[str, str]:
    """Of one message; without a secret there is no signature."""
    found = {
        "Content-Type": "application/json",
        "User-Agent": _AGENT,
        "Connection": "close",
        "X-MLflow-Delivery-Id": delivery_id,
        "X-MLflow-Timestamp": timestamp,
    }
    if secret:
        found["X-MLflow-Signature"] = signature(secret, delivery_id, timestamp, body)
    return found


def post(url: str, body: str, head: Mapping[str, str], rules: Rules) -> Answer:
    """Send it once.

    Raises:
        InvalidValue: the address is none that messages may go to.
        OSError, http.client.HTTPException: no answer; TimeoutError: none in time.
    """
    parts = check_url(url, rules.schemes)
    connection = _connection(parts, resolve(parts, rules.allow_private), rules.seconds)
    over = threading.Event()
    late = threading.Timer(rules.seconds, _cut, [connection, over])
    late.daemon = True
    late.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body.encode(), dict(head))
        answer = connection.getresponse()
        text = answer.read(_MOST).decode("utf-8", "replace")[:_SHOWN]
        return Answer(answer.status, text, _seconds(answer.getheader("Retry-After")))
    except (OSError, http.client.HTTPException) as cause:
        # the socket that was cut, or the one that waited as long, would speak of itself: "connection closed"
        if over.is_set() or isinstance(cause, TimeoutError):
            raise TimeoutError(f"no answer within {rules.seconds:g} s") from cause
        raise
    finally:
        late.cancel()
        connection.close()


class _Plain(http.client.HTTPConnection):
    """Connects to the addresses given, whatever the name means by now."""

    def __init__(self, parts: SplitResult, addresses: Sequence[str], seconds: float) -> None:
        super().__init__(parts.hostname or "", parts.port, timeout=seconds)
        self.addresses = addresses

    def connect(self) -> None:
        self.sock = _connected(self.addresses, self.port, self.timeout)


class _Secure(http.client.HTTPSConnection):
    """The same with the certificate checked, for the name."""

    def __init__(self, parts: SplitResult, addresses: Sequence[str], seconds: float) -> None:
        self.checked = ssl.create_default_context()
        super().__init__(parts.hostname or "", parts.port, timeout=seconds, context=self.checked)
        self.addresses = addresses

    def connect(self) -> None:
        plain = _connected(self.addresses, self.port, self.timeout)
        try:
            self.sock = self.checked.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


def _connection(parts: SplitResult, addresses: Sequence[str], seconds: float) -> _Plain | _Secure:
    return (_Secure if parts.scheme == "https" else _Plain)(parts, addresses, seconds)


def _connected(addresses: Sequence[str], port: int, seconds: float | None) -> socket.socket:
    """The first that answers, each for its share of the time."""
    trouble: OSError = OSError("the host has no address")
    for one in addresses[:4]:
        try:
            return socket.create_connection((one, port), (seconds or 30.0) / min(4, len(addresses)))
        except OSError as cause:
            trouble = cause
    raise trouble


def _cut(connection: http.client.HTTPConnection, over: threading.Event) -> None:
    """An answer that comes drop by drop ends here."""
    over.set()
    open_socket = connection.sock
    if open_socket is not None:
        with suppress(OSError):
            socket.socket.shutdown(open_socket, socket.SHUT_RDWR)


def _seconds(text: str | None) -> float:
    return min(60.0, float(text)) if text is not None and text.isdecimal() else 0.0
