"""``runstone server --workers N``: several processes over one store. None of them keeps state, so any may answer."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.applications import Starlette

#: How the parent tells a worker what to serve.
_VARIABLE = "_RUNSTONE_WORKER"


def serve_with_workers(
    store: str, host: str, port: int, workers: int, options: Mapping[str, Any], ready: Callable[[], None]
) -> bool:
    """Answer until SIGINT or SIGTERM; ``False`` when the workers ended by themselves."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.errors import FatalError

    os.environ[_VARIABLE] = json.dumps({"store": store, "host": host, **options})
    parent = Granian(
        "runstone.cli.workers:app",
        address="127.0.0.1" if host == "localhost" else host.strip("[]"),
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        factory=True,
        websockets=False,
        log_enabled=False,
        workers_kill_timeout=5,
    )
    # the parent only watches: it is a worker that listens, a moment later
    threading.Thread(target=_when_listening, args=(host, port, ready), daemon=True).start()
    try:
        parent.serve()
    except FatalError:
        return False
    return True


def _when_listening(host: str, port: int, ready: Callable[[], None]) -> None:
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host.strip("[]"), host.strip("[]"))
    while True:
        try:
            socket.create_connection((near, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            ready()
            return


def app() -> Starlette:
    """A worker's app, as its parent described it."""
    from .serving import make_app

    given = json.loads(os.environ[_VARIABLE])
    return make_app(given.pop("store"), given.pop("host"), **given)
