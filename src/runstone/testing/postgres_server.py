"""A real PostgreSQL server of this machine, in a folder of its own, gone when the block ends.

::

    with serving_postgres() as server:
        store = connect.open_store(server.new_database())
"""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from runstone.store.dialects import WRITER
from runstone.store.dialects.postgresql import Postgresql
from runstone.store.schema import seed
from runstone.store.sql import SqlStore
from runstone.store.tables import metadata

#: Who may do everything, and the password of everybody.
USER, PASSWORD = "runstone", "a secret of tests"
_HOW = "install PostgreSQL (apt-get install postgresql)"
#: For speed. A killed server may lose its last commits by the last of these; ``ALTER DATABASE … SET`` it where that matters.
_FAST = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")


class PostgresMissing(RuntimeError):
    """There is no PostgreSQL here, or none that this user can start; the message says what to do."""


class PostgresServer:
    """A running server. ``kill`` and ``start`` make it die and come back on the same port, with all its data.

    Args:
        folder: where its files go; made by the caller.
        safe: whether commits reach the disk. Tests do not need it; figures do.
    """

    def __init__(self, folder: Path, safe: bool = False) -> None:
        self.folder, self._options = folder, () if safe else _FAST
        self._bin, self._owner = binaries(), _owner()
        if self._owner is not None:
            shutil.chown(folder, self._owner)
        self._initialize()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._free: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def uri(self, database: str = "postgres", user: str = USER, password: str = PASSWORD) -> str:
        """The address of one of its databases."""
        secret = password.replace(" ", "%20")
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def new_database(self, name: str = "", options: str = "") -> str:
        """The URI of a new, empty database."""
        name = name or f"d{uuid.uuid4().hex[:12]}"
        self.run(f'CREATE DATABASE "{name}" {options}')
        return self.uri(name)

    def new_store(self) -> str:
        """The URI of an empty store. One that was given back is emptied, which takes a tenth of the time to make one."""
        if self._free:
            uri = self._free.pop()
            _empty(uri)
            return uri
        uri = self.new_database()
        SqlStore(Postgresql(uri), uri, "").close()
        return uri

    def give_back(self, uri: str) -> None:
        """A store that :meth:`new_store` gave; whoever is still in it is thrown out."""
        name = uri.rpartition("/")[2]
        self.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        self._free.append(uri)

    def run(self, statement: str, database: str = "postgres") -> list[Any]:
        """Rows of a statement, run outside of transactions by who may do everything."""
        with psycopg.connect(self.uri(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [
            str(self._bin / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port),
            "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}",
            "-c", "max_connections=60", "-c", "shared_buffers=64MB", *self._options,
        ]  # fmt: skip
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, user=self._owner, cwd=self.folder)
        for _ in range(600):
            try:
                self.run("SELECT 1")
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None:
                    break
                time.sleep(0.02)
        raise PostgresMissing(f"PostgreSQL does not start: {(self.folder / 'log').read_text()[-2000:]}")

    def kill(self) -> None:
        """As the power does it: SIGKILL to the server and all its processes, at once."""
        self._end(signal.SIGKILL)
        # its children notice by themselves, and the next start would wait for them
        (self.folder / "data/postmaster.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        """Roll back what is going on and end."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if how == signal.SIGKILL:
            process.send_signal(signal.SIGSTOP)  # or it makes one more child, which keeps the memory that the next start wants
        children = _children(process.pid)
        process.send_signal(how)
        if how == signal.SIGKILL:
            for child in children:
                _kill(child)
        process.wait(30)

    def _initialize(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".pw") as secret:
            secret.write(PASSWORD)
            secret.flush()
            os.chmod(secret.name, 0o644)
            command = [
                str(self._bin / "initdb"), "-D", str(self.folder / "data"), "-U", USER, "--pwfile", secret.name,
                "--auth=scram-sha-256", "--no-sync", "--encoding=UTF8", "--locale=C",
            ]  # fmt: skip
            done = subprocess.run(command, capture_output=True, text=True, user=self._owner, cwd=self.folder, check=False)
        if done.returncode:
            raise PostgresMissing(f"PostgreSQL cannot be set up here: {done.stderr.strip() or done.stdout.strip()}")


@contextmanager
def serving_postgres(safe: bool = False) -> Iterator[PostgresServer]:
    """A server on a free port of the loopback address until the block ends. Raises PostgresMissing."""
    binaries()
    # a short path: sockets have no long ones
    folder = Path(tempfile.mkdtemp(prefix="runstone-pg-"))
    try:
        server = PostgresServer(folder, safe)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def binaries() -> Path:
    """The folder of the newest PostgreSQL's programs. Raises PostgresMissing."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda one: float(one.parts[-3]))
    found = debian[-1] if debian else shutil.which("postgres")
    if found is None:
        raise PostgresMissing(f"no PostgreSQL found; {_HOW}")
    return Path(found).parent


def _empty(uri: str) -> None:
    engine = Postgresql(uri).engine()
    with engine.connect() as connection, connection.execution_options(**{WRITER: True}).begin():
        for table in metadata.tables:
            connection.exec_driver_sql(f"DELETE FROM {table}")
        seed(connection)
    engine.dispose()


def _owner() -> str | None:
    """Whom the server runs as: it refuses to be root."""
    if os.getuid():
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
            return name
        except KeyError:
            continue
    raise PostgresMissing(f"PostgreSQL does not run as {getpass.getuser()}, and there is no user 'postgres'; {_HOW}")


def _children(pid: int) -> list[int]:
    import psutil

    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
