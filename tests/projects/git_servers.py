"""Servers on the loopback interface that git fetches from: HTTPS around git's own CGI program, and SSH."""

from __future__ import annotations

import asyncio
import base64
import os
import shlex
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import asyncssh
import trustme

#: Who may fetch over HTTPS where that asks, and over SSH.
NAME, PASSWORD = "ada", "hush-hush"


@contextmanager
def https(root: Path, authority: trustme.CA, private: bool = False) -> Iterator[str]:
    """The repositories below ``root``, at the address given, with a certificate of ``authority``; for :data:`NAME` alone
    where ``private``."""

    class Handler(_Handler):
        folder, asks = root, private

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda request, address: None  # type: ignore[method-assign]  # a client that does not trust it
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """``git http-backend`` is a CGI program: https://git-scm.com/docs/git-http-backend."""

    folder: Path
    asks: bool

    def do_GET(self) -> None:
        allowed = "Basic " + base64.b64encode(f"{NAME}:{PASSWORD}".encode()).decode()
        if self.asks and self.headers.get("Authorization") != allowed:
            self._answer("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="git"')], b"")
            return
        path, _, query = self.path.partition("?")
        told = {
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        done = subprocess.run(["git", "http-backend"], input=body, env={**os.environ, **told}, capture_output=True, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        lines = [line.partition(": ") for line in head.decode().split("\r\n")]
        status = next((value for name, _, value in lines if name == "Status"), "200 OK")
        self._answer(status, [(name, value) for name, _, value in lines if name != "Status"], content)

    do_POST = do_GET

    def _answer(self, status: str, headers: list[tuple[str, str]], content: bytes) -> None:
        number, _, words = status.partition(" ")
        self.send_response(int(number), words)
        for name, value in [*headers, ("Content-Length", str(len(content)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Tests are silent."""


@contextmanager
def ssh(folder: Path) -> Iterator[tuple[int, Callable[[bool], str]]]:
    """A port where SSH is answered, and what makes the value of ``GIT_SSH_COMMAND`` for it: one that knows the server's key,
    or not. Keys are laid down in ``folder``. Commands of git that read are run here, others are refused."""
    keys = {name: asyncssh.generate_private_key("ssh-ed25519") for name in ("host", "user")}
    keys["user"].write_private_key(str(folder / "user"))
    (folder / "user").chmod(0o600)
    keys["user"].write_public_key(str(folder / "user.pub"))

    async def serve(process: asyncssh.SSHServerProcess[bytes]) -> None:
        words = shlex.split(process.command or "")
        if words[:1] != ["git-upload-pack"]:
            process.exit(126)
            return
        told = {**os.environ, "GIT_PROTOCOL": process.env.get("GIT_PROTOCOL", "")}
        if not Path(words[-1]).exists():  # git ends before anything is sent to it, which would break the connection
            refused = await asyncio.to_thread(subprocess.run, words, env=told, stdin=subprocess.DEVNULL, capture_output=True)
            process.stderr.write(refused.stderr)
            process.exit(refused.returncode)
            await process.wait_closed()
            return
        pipe = asyncio.subprocess.PIPE
        git = await asyncio.create_subprocess_exec(*words, env=told, stdin=pipe, stdout=pipe, stderr=pipe)
        await process.redirect(git.stdin, git.stdout, git.stderr)
        process.exit(await git.wait())
        await process.wait_closed()

    ready, ended = threading.Event(), asyncio.Event()
    found: list[int] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def listen() -> None:
        loops.append(asyncio.get_running_loop())
        listener = await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[keys["host"]], authorized_client_keys=str(folder / "user.pub"),
            process_factory=serve, encoding=None,
        )  # fmt: skip
        found.append(listener.get_port())
        ready.set()
        await ended.wait()
        listener.close()
        await listener.wait_closed()

    thread = threading.Thread(target=lambda: asyncio.run(listen()))
    thread.start()
    ready.wait()
    public = keys["host"].export_public_key().decode()
    (folder / "known").write_text(f"[127.0.0.1]:{found[0]} {public}", "utf-8")
    (folder / "unknown").touch()

    def command(known: bool) -> str:
        options = {
            "IdentityFile": folder / "user",
            "IdentitiesOnly": "yes",
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": folder / ("known" if known else "unknown"),
            "GlobalKnownHostsFile": "/dev/null",
        }
        return shlex.join(["ssh", "-F", "/dev/null", *(f"-o{name}={value}" for name, value in options.items())])

    try:
        yield found[0], command
    finally:
        loops[0].call_soon_threadsafe(ended.set)
        thread.join()
