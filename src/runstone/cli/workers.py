"""``runstone server --workers N``: several processes over one store. None of them keeps state, so any may answer.

One that dies is replaced. Should the parent die without a word, its workers end, too: they would hold the port.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from runstone.server.listen import Address

#: How the parent tells a worker what to serve.
_VARIABLE = "_RUNSTONE_WORKER"
#: Seconds between a worker's looks for its parent, and how long it may take to end once that is gone.
_LOOK, _END = 0.5, 10.0
#: Seconds before a worker that died is replaced; one that cannot start must not keep the machine busy.
_RESPAWN = 0.5


def serve_with_workers(
    store: str, address: Address, workers: int, options: Mapping[str, Any], ready: Callable[[], None]
) -> bool:
    """Answer until SIGINT or SIGTERM; ``False`` when the workers ended by themselves."""
    from granian import Granian
    from granian.errors import FatalError

    described = {"store": store, "host": address.host, "parent": os.getpid(), **options}
    os.environ[_VARIABLE] = json.dumps(described)
    parent = Granian(
        "runstone.cli.workers:app",
        workers=workers,
        factory=True,
        workers_kill_timeout=5,
        respawn_failed_workers=True,
        respawn_interval=_RESPAWN,
        **address.options(),
    )
    # the parent only watches: it is a worker that listens, a moment later
    threading.Thread(target=_when_listening, args=(address, ready), daemon=True).start()
    try:
        parent.serve()
    except FatalError:
        return False
    return True


def _when_listening(address: Address, ready: Callable[[], None]) -> None:
    while True:
        try:
            address.connect()
        except OSError:
            time.sleep(0.02)
        else:
            address.settle()
            ready()
            return


def app() -> Starlette:
    """A worker's app, as its parent described it."""
    from .serving import make_app

    given = json.loads(os.environ[_VARIABLE])
    threading.Thread(target=_end_with, args=(given.pop("parent"),), daemon=True).start()
    return make_app(given.pop("store"), given.pop("host"), **given)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_END)
    os._exit(1)
