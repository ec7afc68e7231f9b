"""Requests to a tracking server: sign-in, TLS options, patience with trouble that passes, its errors as ours."""

from __future__ import annotations

import base64
import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from . import errors, settings
from .errors import (
    ERROR_CLASS,
    DiskFull,
    FilterError,
    InvalidValue,
    NotFound,
    NotSupported,
    PermissionDenied,
    RestException,
    RunstoneError,
    StoreUnavailable,
)
from .turns import away

#: Tries of one request, and the seconds of the first pause between them (doubled each time, with jitter).
TRIES, PAUSE = 5, 0.2
#: Seconds that a server may ask for between two tries of one request.
MOST_PAUSE = 10.0
#: Answers worth another try.
_PASSING = (429, 500, 502, 503, 504)
#: Bytes sent or taken at a time.
PIECE = 1 << 20

_KINDS: dict[str, type[RunstoneError]] = {
    "RESOURCE_DOES_NOT_EXIST": NotFound,
    "INVALID_PARAMETER_VALUE": InvalidValue,
    "PERMISSION_DENIED": PermissionDenied,
    "NOT_IMPLEMENTED": NotSupported,
    "TEMPORARILY_UNAVAILABLE": StoreUnavailable,
    "UNAUTHENTICATED": PermissionDenied,
    "CUSTOMER_UNAUTHORIZED": PermissionDenied,
}


class Busy(StoreUnavailable):
    """The server is in trouble, or wants to be left alone for ``retry_after`` seconds; ``status`` is its HTTP status."""

    retry_after: float = 0.0
    status: int = 503


class Server:
    """One server. Safe to share between threads, and after a fork.

    Args:
        base: its address, ``http://host:port/prefix``; a user and password in it are used, and never shown.
    """

    def __init__(self, base: str, pause: float = PAUSE) -> None:
        parts = urlsplit(base)
        host = parts.netloc.rpartition("@")[2]
        self.base = f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._pause = pause
        self._lock = threading.Lock()
        self._pools: dict[int, urllib3.PoolManager] = {}

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Callable[[], Iterator[bytes] | bytes] | None = None,
        tries: int = TRIES,
        stream: bool = False,
        patience: float = 120.0,
        ours: str = "",
    ) -> urllib3.BaseHTTPResponse:
        """The answer to one request, ``body`` called anew for each try. An answer of 400 and more raises.

        Args:
            tries: how often to send it while the trouble may pass.
            stream: leave the answer's body to be read.
            patience: seconds between two pieces of the answer.
            ours: what to say where only a Runstone server knows the path, and another one answers.

        Raises:
            NotFound, InvalidValue, PermissionDenied, NotSupported, DiskFull, RestException: what the server said; its own class
                where it is Runstone.
            StoreUnavailable: it cannot be reached, or stays in trouble.
        """
        last: RunstoneError | None = None
        for attempt in range(tries):
            if attempt:
                asked = min(getattr(last, "retry_after", 0.0), MOST_PAUSE)
                time.sleep(max(self._pause * 2 ** (attempt - 1) * random.uniform(0.5, 1.5), asked))
            try:
                with away():
                    answer = self._pool().request(
                        method,
                        self.base + path,
                        headers={**self._signed_in(), **(headers or {})},
                        body=body() if body else None,
                        preload_content=not stream,
                        redirect=False,
                        timeout=urllib3.Timeout(connect=min(5.0, patience), read=patience),
                    )
                if answer.status < 300:
                    return answer
                last = self._refused(method, path, answer, ours)
                if answer.status not in _PASSING:
                    raise last
            except HTTPError as cause:
                last = StoreUnavailable(f"The server {self.base} cannot be reached: {_reason(cause)}.")
        assert last is not None
        raise last

    def close(self) -> None:
        """Give the connections back; the next request makes new ones."""
        with self._lock:
            pool = self._pools.pop(os.getpid(), None)
        if pool is not None:
            pool.clear()

    def _refused(self, method: str, path: str, answer: urllib3.BaseHTTPResponse, ours: str) -> RunstoneError:
        data = answer.read() if not answer.data else answer.data
        answer.release_conn()
        try:
            said = json.loads(data[:100_000])
        except ValueError:
            said = None
        if not isinstance(said, dict) or "error_code" not in said:
            code = {401: "PERMISSION_DENIED", 403: "PERMISSION_DENIED", 404: "RESOURCE_DOES_NOT_EXIST"}.get(answer.status)
            said = {"error_code": code or "", "message": f"{method} {self.base}{unquote(path)} was answered {answer.status}."}
        code, message = str(said["error_code"]), str(said.get("message", "the server gave no reason"))
        if answer.status == 507:
            return DiskFull(message)
        if answer.status == 413:
            return InvalidValue(message)
        if answer.status in _PASSING:
            busy = Busy(message)
            busy.status = answer.status
            after = answer.headers.get("Retry-After", "")
            busy.retry_after = min(float(after), 300.0) if after.isdigit() else 0.0
            return busy
        if ours and answer.status in (404, 405, 501) and ERROR_CLASS not in answer.headers:
            return NotSupported(ours)
        own = _own(answer.headers.get(ERROR_CLASS, ""), code, message, said)
        kind = _KINDS.get(code)
        return own or (kind(message) if kind else RestException(said))

    def _signed_in(self) -> dict[str, str]:
        token = settings.TRACKING_TOKEN.get()
        user = self._user or settings.TRACKING_USERNAME.get()
        if user:
            pair = f"{user}:{self._password or settings.TRACKING_PASSWORD.get()}"
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _pool(self) -> urllib3.PoolManager:
        """This process's connections: a forked child must not share its parent's."""
        with self._lock:
            pool = self._pools.get(os.getpid())
            if pool is None:
                pool = self._pools[os.getpid()] = urllib3.PoolManager(maxsize=16, retries=False, blocksize=PIECE, **_tls())
            return pool


def _own(name: str, code: str, message: str, said: Mapping[str, Any]) -> RunstoneError | None:
    """The error that a Runstone server raised, as the same class; ``None`` for other servers'."""
    kind = getattr(errors, name, None)
    if not isinstance(kind, type) or not issubclass(kind, RunstoneError):
        return None
    if issubclass(kind, FilterError):
        problem, _, rest = message.partition("\n  ")
        text = rest.partition("\n  ")[0]
        expected = tuple(str(one) for one in said.get("expected") or ())
        return FilterError(problem, text, int(said.get("start") or 0), int(said.get("end") or 0), expected)
    error = kind.__new__(kind)
    RunstoneError.__init__(error, message, code)
    return error


def _tls() -> dict[str, Any]:
    options: dict[str, Any] = {}
    if settings.TRACKING_INSECURE_TLS.get():
        options["cert_reqs"] = "CERT_NONE"
    elif settings.TRACKING_SERVER_CERT.get():
        options["ca_certs"] = settings.TRACKING_SERVER_CERT.get()
    if settings.TRACKING_CLIENT_CERT.get():
        options["cert_file"] = settings.TRACKING_CLIENT_CERT.get()
    return options


def _reason(cause: BaseException) -> str:
    """The innermost words, without addresses of objects."""
    text = str(cause).rpartition(">: ")[2] or type(cause).__name__
    return text.rstrip(".")
