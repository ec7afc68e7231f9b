"""An application on a port: one process, one event loop, a clean end on Ctrl-C and SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import signal
import socket
from collections.abc import Callable

from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette

from runstone.errors import InvalidValue

#: Seconds that answers under way may take once the server was told to end.
GRACE = 10.0
#: Ports tried after one that is taken.
TRIES = 50


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def free_port(host: str, port: int, tries: int = 1) -> int:
    """``port`` if nobody has it, else one of the ``tries - 1`` that follow; for 0 any free one.

    Raises:
        InvalidValue: all are taken, or this machine has no such address.
    """
    last = min(port + tries, 65_536)
    for candidate in range(port, max(last, port + 1)):
        try:
            return _probe(host, candidate)
        except OSError as cause:
            if cause.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT) or isinstance(cause, socket.gaierror):
                raise InvalidValue(f"This machine has no address {host!r}. 127.0.0.1 always works.") from cause
            if cause.errno == errno.EACCES:
                raise InvalidValue(f"Port {candidate} needs the rights of the administrator; use one over 1023.") from cause
    asked = f"Port {port} is taken" if tries == 1 else f"Ports {port} to {last - 1} are taken"
    raise InvalidValue(f"{asked} on {host}. Choose another with --port, or --port 0 for any free one.")


def url(host: str, port: int, prefix: str = "") -> str:
    """Where a browser on this machine finds it."""
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "[::]", "localhost") else host
    return f"http://{f'[{shown}]' if ':' in shown and '[' not in shown else shown}:{port}{prefix}"


def serve(app: Starlette, host: str, port: int, ready: Callable[[], None]) -> None:
    """Answer on ``host``:``port`` until SIGINT or SIGTERM; ``ready`` is called once it listens.

    Streams of events end first, answers under way get :data:`GRACE` seconds.
    """
    asyncio.run(_serve(app, host, port, ready))


async def _serve(app: Starlette, host: str, port: int, ready: Callable[[], None]) -> None:
    address = "127.0.0.1" if host == "localhost" else host.strip("[]")
    server = Server(app, address, port, interface=Interfaces.ASGI, log_enabled=False, websockets=False, backlog=1024)
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    serving = asyncio.create_task(server.serve())
    waiting = asyncio.create_task(told.wait())
    try:
        if await _listens(address, port, serving):
            ready()
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        app.state.pulse.end()
        server.stop()  # type: ignore[no-untyped-call]
        await asyncio.wait({serving}, timeout=GRACE)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    if serving.done():
        serving.result()


async def _listens(host: str, port: int, serving: asyncio.Task[None]) -> bool:
    """Wait until a connection is taken; ``False`` when the server ended instead."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    while not serving.done():
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(near, port)
            writer.close()
            return True
        await asyncio.sleep(0.01)
    return False


def _probe(host: str, port: int) -> int:
    """Bind and let go; the port that it was. Raises OSError when it is taken."""
    name = "127.0.0.1" if host == "localhost" else host.strip("[]")
    family, kind, _, _, address = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what just ended does not hold the port
        probe.bind(address)
        found: int = probe.getsockname()[1]
        return found
