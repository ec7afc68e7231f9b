"""An application on a port: one process, one event loop, a clean end on Ctrl-C and SIGTERM."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import errno
import gc
import ipaddress
import os
import signal
import socket
import ssl
import stat
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn

from granian.constants import Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.server.embed import Server
from msgspec import Struct
from starlette.applications import Starlette

from runstone import settings
from runstone.errors import InvalidValue

#: Seconds that answers under way may take once the server was told to end.
GRACE = 10.0
#: Bytes that a socket's path may have on every system (``sun_path``).
_LONGEST_SOCKET = 103
#: Ports tried after one that is taken.
TRIES = 50


class Tls(Struct, frozen=True):
    """PEM files of the server's certificate (with its chain) and of its key, which has no password."""

    certificate: str
    key: str

    def check(self) -> None:
        """Raises InvalidValue for files that do not make a server's certificate."""
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key, password=_no_password)
        except (OSError, ValueError) as cause:
            raise InvalidValue(
                f"TLS cannot be served with the certificate {self.certificate!r} and the key {self.key!r}: {cause}. Both are "
                "PEM files, the key belongs to the certificate and has no password."
            ) from cause


def _no_password() -> str:
    raise ValueError("the key asks for a password")


class Address(Struct, frozen=True):
    """Where a server listens: a port of an address, or a socket in the file system; plain or with TLS."""

    host: str = "127.0.0.1"
    port: int = 0
    socket: str = ""
    tls: Tls | None = None

    def options(self) -> dict[str, Any]:
        """Of Granian's servers."""
        place: dict[str, Any] = {
            "address": "127.0.0.1" if self.host == "localhost" else self.host.strip("[]"),
            "port": self.port,
        }
        if self.socket:
            place = {"uds": Path(self.socket)}
        if self.tls is not None:
            place |= {
                "ssl_cert": Path(self.tls.certificate),
                "ssl_key": Path(self.tls.key),
                "ssl_protocol_min": SSLProtocols.tls12,
            }
        return {
            **place,
            "interface": Interfaces.ASGI,
            "log_enabled": False,
            "websockets": False,
            "backlog": 1024,
            "http1_settings": HTTP1Settings(header_read_timeout=round(1000 * settings.CLIENT_SECONDS.get())),
        }

    def url(self, prefix: str = "") -> str:
        """Where a browser on this machine finds it; for a socket, which file it is."""
        if self.socket:
            return f"unix:{self.socket}{prefix and ' ' + prefix}"
        found = url(self.host, self.port, prefix)
        return found if self.tls is None else "https" + found.removeprefix("http")

    def connect(self) -> None:
        """Try whether something listens. Raises OSError."""
        if self.socket:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(1)
                probe.connect(self.socket)
            return
        host = self.host.strip("[]")
        socket.create_connection(({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), self.port), timeout=1).close()

    def clear(self) -> None:
        """Take away a socket that a server left which is gone. Raises InvalidValue: it is in use, or no socket."""
        path = Path(self.socket)
        if not path.parent.is_dir():
            raise InvalidValue(f"There is no folder for the socket {self.socket!r}; make {path.parent} first.")
        if len(os.fsencode(self.socket)) > _LONGEST_SOCKET:
            raise InvalidValue(f"The path of the socket {self.socket!r} has more than {_LONGEST_SOCKET} bytes; shorten it.")
        if not os.access(path.parent, os.W_OK):
            raise InvalidValue(f"The folder for the socket {self.socket!r} cannot be written; name another path.")
        if not path.exists():
            return
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise InvalidValue(f"{self.socket!r} is there and is no socket; name another path.")
        try:
            self.connect()
        except OSError:
            path.unlink()
        else:
            raise InvalidValue(f"Another server answers at the socket {self.socket!r}; name another path, or end it.")

    def settle(self) -> None:
        """Once it listens: a socket is for the user who started the server, and who else may is for ``chmod`` to say."""
        if self.socket:
            Path(self.socket).chmod(0o600)


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


def leave() -> NoReturn:
    """End this process, after :func:`serve`, with exit code 0: what was registered for the end is done, the interpreter is not
    taken apart.

    Threads of the Rust runtime may still be there. One that asks for the interpreter while it is being taken apart is unwound
    by it, through Rust code that allows no unwinding, and the process would die by SIGABRT.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)


def serve(app: Starlette, address: Address, ready: Callable[[], None]) -> None:
    """Answer there until SIGINT or SIGTERM; ``ready`` is called once it listens.

    Streams of events end first, answers under way get :data:`GRACE` seconds.
    """
    gc.freeze()  # what is loaded stays; of what requests leave, little may pile up
    gc.set_threshold(50_000, 20, 20)
    run = _uvloop(settings.LOOP.get()) or asyncio.run
    run(_serve(app, address, ready))


def _uvloop(chosen: str) -> Callable[[Coroutine[Any, Any, None]], None] | None:
    """What runs a coroutine in uvloop's event loop, where that is wanted and there; a quarter less work for each request.

    Raises: InvalidValue: it is not installed, and asked for.
    """
    if chosen == "asyncio":
        return None
    try:
        import uvloop
    except ImportError as cause:
        if chosen == "uvloop":
            raise InvalidValue("RUNSTONE_LOOP is uvloop, which is not installed: pip install 'runstone[fast]'.") from cause
        return None
    return uvloop.run


async def _serve(app: Starlette, address: Address, ready: Callable[[], None]) -> None:
    server = Server(app, **address.options())
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    serving = asyncio.create_task(server.serve())
    waiting = asyncio.create_task(told.wait())
    try:
        if await _listens(address, serving):
            address.settle()
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


async def _listens(address: Address, serving: asyncio.Task[None]) -> bool:
    """Wait until a connection is taken; ``False`` when the server ended instead."""
    while not serving.done():
        with contextlib.suppress(OSError):
            address.connect()
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
