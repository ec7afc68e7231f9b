"""A client that leaves takes its question with it: what is read stops, and what waited for its turn is not begun."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from anyio import to_thread
from starlette.types import Message

from runstone.contracts import RunQuery, Store
from runstone.server.app import create_app
from runstone.store import search
from runstone.store.search_sql import Sql, rows

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT COUNT(*) FROM n"
BODY = b'{"experiment_ids": ["0"]}'
OURS, THEIRS = "/api/runstone/v1/runs/table", "/api/2.0/mlflow/runs/search"


class Client:
    """Asks one question, and can leave."""

    def __init__(self, path: str) -> None:
        self.path, self.status = path, 0
        self.leaves, self.gone = asyncio.Event(), asyncio.Event()
        self._told = False

    async def receive(self) -> Message:
        if not self._told:
            self._told = True
            return {"type": "http.request", "body": BODY, "more_body": False}
        await self.leaves.wait()
        self.gone.set()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.status = message.get("status", self.status)

    def ask(self, app: Any) -> asyncio.Task[None]:
        headers = [(b"host", b"localhost"), (b"content-length", b"%d" % len(BODY)), (b"content-type", b"application/json")]
        scope = {
            "type": "http", "http_version": "1.1", "method": "POST", "path": self.path, "raw_path": self.path.encode(),
            "root_path": "", "scheme": "http", "query_string": b"", "headers": headers, "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
        }  # fmt: skip
        return asyncio.create_task(app(scope, self.receive, self.send))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[RunQuery]:
    """Those that were begun; they never end by themselves."""
    begun: list[RunQuery] = []

    def endless(connection: Any, query: RunQuery, *_: Any) -> Any:
        begun.append(query)
        return rows(connection, Sql(ENDLESS))

    for name in ("table", "search_runs"):
        monkeypatch.setattr(search, name, endless)
    return begun


async def until(what: Callable[[], bool]) -> None:
    while not what():
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("path", [OURS, THEIRS])
def test_what_is_read_for_it_stops(path: str, store: Store, reads: list[RunQuery]) -> None:
    async def scene() -> None:
        app = create_app(store, lambda uri: None)  # type: ignore[arg-type,return-value]
        client = Client(path)
        task = client.ask(app)
        await until(lambda: len(reads) == 1)
        client.leaves.set()
        await task
        assert client.status == 400  # whom nobody reads any more

    asyncio.run(scene())


def test_what_waits_for_its_turn_is_not_begun(store: Store, reads: list[RunQuery]) -> None:
    async def scene() -> None:
        app = create_app(store, lambda uri: None)  # type: ignore[arg-type,return-value]
        to_thread.current_default_thread_limiter().total_tokens = 1
        first, second = Client(OURS), Client(OURS)
        asked = [first.ask(app), second.ask(app)]
        await until(lambda: len(reads) == 1)
        second.leaves.set()
        await second.gone.wait()
        first.leaves.set()
        await asyncio.gather(*asked)
        assert len(reads) == 1

    asyncio.run(scene())
