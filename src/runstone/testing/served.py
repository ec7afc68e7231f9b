"""A real server in this process, on a port of its own, for any number of stores: each behind a path of its own."""

from __future__ import annotations

import asyncio
import itertools
import threading
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.types import Receive, Scope, Send

from runstone import connect
from runstone.contracts import Store
from runstone.server.app import create_app
from runstone.server.listen import free_port


class ServedStores:
    """``with ServedStores() as served: url = served.add(store)``."""

    def __init__(self) -> None:
        self.port = free_port("127.0.0.1", 0)
        self._apps: dict[str, Any] = {}
        self._numbers = itertools.count(1)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="served-stores", daemon=True)

    def __enter__(self) -> ServedStores:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join(15)

    def add(self, store: Store, **options: Any) -> str:
        """Serve a store; its address. ``options`` as for :func:`~runstone.server.app.create_app`."""
        prefix = f"/s{next(self._numbers)}"
        self._apps[prefix] = create_app(store, connect.open_artifacts, prefix=prefix, **options)
        return f"http://127.0.0.1:{self.port}{prefix}"

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
                self._ready.set()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await self._apps["/" + scope["path"].split("/")[1]](scope, receive, send)

    def _serve(self) -> None:
        async def run() -> None:
            self._loop = asyncio.get_running_loop()
            self._server = Server(
                self._answer, address="127.0.0.1", port=self.port, interface=Interfaces.ASGI, log_enabled=False
            )
            await self._server.serve()

        asyncio.run(run())
