"""Requests of many test clients on one event loop: else each request starts a thread and a loop of its own, which takes
longer than most answers."""

from __future__ import annotations

from contextlib import ExitStack

from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.testclient import TestClient


class OneLoop:
    """``loop.join(client)`` for clients that are not entered (that would start the app's chores); then ``loop.close()``."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._portal: BlockingPortal | None = None

    def join(self, client: TestClient) -> TestClient:
        if self._portal is None:
            self._portal = self._open.enter_context(start_blocking_portal())
        client.portal = self._portal
        return client

    def close(self) -> None:
        self._open.close()
        self._portal = None
