"""What a server tells about its own work: an id for each request, a line for each, and counts for Prometheus."""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Mapping
from itertools import accumulate
from pathlib import Path
from urllib.parse import quote

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runstone.errors import InvalidValue
from runstone.version import __version__

log = logging.getLogger("runstone.access")

#: Where a handler leaves the pattern of its path, and this module the request's id, in the ASGI scope.
ROUTE, REQUEST_ID = "runstone.route", "runstone.request_id"
#: Upper ends of the histogram's buckets, seconds.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
#: Seconds between a worker's notes of its counts for its siblings.
NOTE = 1.0

#: Requests by their labels, a histogram by its route, further counts by their names.
_Counts = tuple[dict[str, int], dict[str, list[float]], dict[str, int]]
_PLAIN_ID = re.compile(r"[A-Za-z0-9._\-]{1,128}")


class Counters:
    """How many requests of each kind, and how long they took.

    Args:
        folder: where workers of one server keep their counts for each other; none: this process counts alone.
        further: counts of other things, by their names, which never fall.

    Raises:
        InvalidValue: the folder cannot be made.
    """

    def __init__(self, folder: Path | None = None, further: Callable[[], Mapping[str, int]] = dict) -> None:
        self.further = further
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, str, int], int] = {}
        self._seconds: dict[str, list[float]] = {}  # for a route: the count of each bucket, of what is slower, and the sum
        self._folder, self._noted = folder, 0.0
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as cause:
                raise InvalidValue(
                    f"Counts of requests cannot be kept in {str(folder)!r}: {cause.strerror}. Name a folder of yours."
                ) from cause

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        kind = (method, route, status)
        with self._lock:
            self._requests[kind] = self._requests.get(kind, 0) + 1
            times = self._seconds.get(route)
            if times is None:
                times = self._seconds[route] = [0.0] * (len(BUCKETS) + 2)
            times[bisect_left(BUCKETS, seconds)] += 1
            times[-1] += seconds
        if self._folder is not None and time.monotonic() - self._noted > NOTE:
            self._note()

    def text(self) -> str:
        """Everything in Prometheus' text format, with the counts of other workers.

        A worker's counts are noted before they are told, so that no sum is lower than one that a sibling told before:
        Prometheus would take that for a new beginning.
        """
        if self._folder is not None:
            self._note()
        requests, seconds, further = self._all()
        lines = ["# HELP runstone_http_requests_total Requests answered.", "# TYPE runstone_http_requests_total counter"]
        lines += [f"runstone_http_requests_total{{{kind}}} {number}" for kind, number in sorted(requests.items())]
        name = "runstone_http_request_duration_seconds"
        lines += [f"# HELP {name} From the request's head to the answer's end.", f"# TYPE {name} histogram"]
        ends = [*(f"{end:g}" for end in BUCKETS), "+Inf"]
        for route, (*counts, total) in sorted(seconds.items()):
            upto = list(accumulate(counts))
            lines += [f'{name}_bucket{{{route},le="{end}"}} {number:g}' for end, number in zip(ends, upto, strict=True)]
            lines += [f"{name}_count{{{route}}} {upto[-1]:g}", f"{name}_sum{{{route}}} {total:.6f}"]
        lines += [line for key, number in further.items() for line in (f"# TYPE {key} counter", f"{key} {number}")]
        lines += ["# TYPE runstone_build_info gauge", f'runstone_build_info{{version="{__version__}"}} 1', ""]
        return "\n".join(lines)

    def _all(self) -> _Counts:
        requests, seconds, further = self._own()
        for file in self._folder.glob("*.json") if self._folder is not None else ():
            if file.name == self._name:
                continue
            try:
                theirs = msgspec.json.decode(file.read_bytes(), type=_Counts)
            except (OSError, msgspec.MsgspecError):
                continue  # it is being replaced, or is nobody's count
            for kind, number in theirs[0].items():
                requests[kind] = requests.get(kind, 0) + number
            for route, times in theirs[1].items():
                mine = seconds.setdefault(route, [0.0] * len(times))
                seconds[route] = [a + b for a, b in zip(mine, times, strict=False)]
            for key, number in theirs[2].items():
                further[key] = further.get(key, 0) + number
        return requests, seconds, further

    def _own(self) -> _Counts:
        """This process's counts, by Prometheus' labels."""
        with self._lock:
            requests = {
                f'method="{method}",route="{_label(route)}",status="{status}"': number
                for (method, route, status), number in self._requests.items()
            }
            seconds = {f'route="{_label(route)}"': list(times) for route, times in self._seconds.items()}
            return requests, seconds, dict(self.further())

    @property
    def _name(self) -> str:
        return f"{os.getpid()}.json"

    def _note(self) -> None:
        assert self._folder is not None
        self._noted = time.monotonic()
        body = msgspec.json.encode(self._own())
        unfinished = self._folder / f"{os.getpid()}.tmp"
        try:
            unfinished.write_bytes(body)
            unfinished.replace(self._folder / self._name)
        except OSError as cause:
            log.warning("counts for Prometheus cannot be kept in %s: %s", self._folder, cause)


#: No browser shall take an answer for something else than it says.
NOSNIFF = (b"x-content-type-options", b"nosniff")


class Observed:
    """ASGI middleware: gives each request an id (the caller's ``X-Request-Id``, if it is plain), counts it, writes a line.

    The line has no query string: tokens may be in it.
    """

    def __init__(self, app: ASGIApp, counters: Counters) -> None:
        self.app, self.counters = app, counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = ""
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                given = value.decode("latin-1")
                break
        request_id = scope[REQUEST_ID] = given if given and _PLAIN_ID.fullmatch(given) else os.urandom(16).hex()
        begun, status, size = time.perf_counter(), 500, 0

        async def watched(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", ()))
                if NOSNIFF not in headers:
                    headers.append(NOSNIFF)
                message["headers"] = [*headers, (b"x-request-id", request_id.encode())]
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            seconds = time.perf_counter() - begun
            self.counters.count(scope["method"], scope.get(ROUTE, "other"), status, seconds)
            if log.isEnabledFor(logging.INFO):
                who, path = (scope.get("client") or ("-",))[0], quote(scope["path"])
                log.info(
                    '%s "%s %s" %d %d bytes %.1f ms %s', who, scope["method"], path, status, size, 1000 * seconds, request_id
                )


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
