"""A load generator that is not the bottleneck: keep-alive connections in one thread, on epoll, without an HTTP library.

It sends the next request of a connection when the last one's answer is whole, and keeps every answer's time.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Load(NamedTuple):
    """``latencies`` are seconds, sorted; ``bad`` counts answers that were not 200, ``example`` is one of them."""

    seconds: float
    latencies: list[float]
    bad: int
    example: str

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return (len(self.latencies) - self.bad) / self.seconds

    def quantile(self, share: float) -> float:
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)]


class _Connection:
    def __init__(self, port: int, bodies: Callable[[int], bytes], head: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.bodies, self.head, self.count = bodies, head, 0
        self.answer, self.left, self.sent = b"", -1, 0.0

    def send(self) -> None:
        body = self.bodies(self.count)
        self.count += 1
        self.answer, self.left, self.sent = b"", -1, time.perf_counter()
        self.socket.sendall(b"%s%d\r\n\r\n%s" % (self.head, len(body), body))

    def take(self) -> bool:
        """Read what is there; whether the answer is whole."""
        piece = self.socket.recv(1 << 20)
        if not piece:
            raise ConnectionError(f"the server closed the connection; so far it said {self.answer[:200]!r}")
        if self.left >= 0:
            self.left -= len(piece)
            return self.left <= 0
        self.answer += piece
        end = self.answer.find(b"\r\n\r\n")
        if end < 0:
            return False
        for line in self.answer[:end].lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                self.left = int(line[15:]) - (len(self.answer) - end - 4)
                return self.left <= 0
        raise ConnectionError(f"an answer without a length: {self.answer[:200]!r}")


def drive(port: int, path: str, bodies: Sequence[Callable[[int], bytes]], seconds: float) -> Load:
    """POST to ``path`` for that long, one connection for each of ``bodies``, which make the n-th body."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: ".encode()
    connections = [_Connection(port, make, head) for make in bodies]
    latencies: list[float] = []
    bad, example = 0, ""
    with selectors.DefaultSelector() as waiting:
        for one in connections:
            waiting.register(one.socket, selectors.EVENT_READ, one)
            one.send()
        began = now = time.perf_counter()
        open_ones = len(connections)
        while open_ones:
            for key, _ in waiting.select():
                one = key.data
                if not one.take():
                    continue
                now = time.perf_counter()
                latencies.append(now - one.sent)
                if not one.answer.startswith(b"HTTP/1.1 200"):
                    bad, example = bad + 1, one.answer[:400].decode(errors="replace")
                if now - began < seconds:
                    one.send()
                else:
                    waiting.unregister(one.socket)
                    open_ones -= 1
    for one in connections:
        one.socket.close()
    return Load(now - began, sorted(latencies), bad, example)
