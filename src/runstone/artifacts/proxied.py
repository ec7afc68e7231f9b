"""Artifacts behind a tracking server, which keeps them where it likes: ``mlflow-artifacts:/…``."""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import quote, unquote, urlencode, urlsplit

from runstone.contracts import ArtifactFile
from runstone.entities import FileInfo
from runstone.errors import InvalidValue, NotFound
from runstone.servers import PIECE, TRIES, Server

from .copying import copy, told
from .paths import clean
from .proxied_reader import ProxiedReader
from .sources import files_below, open_source

ROUTE = "/api/2.0/mlflow-artifacts/artifacts"
#: Where a server that is Runstone gives one of several writers a folder.
FOLDERS = "/api/runstone/v1/artifacts/folders"
_OLD = "This server gives no writer a folder for itself."
#: Files of a tree that travel at once.
_AT_ONCE = 8


def open_proxied(uri: str, tracking_uri: str) -> ProxiedArtifacts:
    """The files below ``mlflow-artifacts:/path``, ``mlflow-artifacts://host:port/path`` or ``http(s)://host…/artifacts/path``.

    Args:
        uri: see above.
        tracking_uri: the server's address, for what names none.

    Raises:
        InvalidValue: it is no such URI, or no server is known.
    """
    parts = urlsplit(uri)
    if parts.scheme != "mlflow-artifacts":
        base, route, inside = uri.partition(ROUTE)
        if not route or (inside and not inside.startswith("/")):
            raise InvalidValue(
                f"Artifact URI {uri!r} cannot be used: an http(s) address must lie below {ROUTE} of a tracking server."
            )
        return ProxiedArtifacts(uri, Server(base), clean(unquote(inside).lstrip("/")))
    server = urlsplit(tracking_uri)
    if server.scheme not in ("http", "https") or not server.netloc:
        raise InvalidValue(
            f"Artifact URI {uri!r} is reached through a tracking server, and the tracking URI names none: set it to the "
            "server's address, such as 'http://127.0.0.1:5000'."
        )
    base = f"{server.scheme}://{parts.netloc or server.netloc}{server.path}"
    return ProxiedArtifacts(uri, Server(base), clean(unquote(parts.path).lstrip("/")))


class ProxiedArtifacts:
    """An :class:`~runstone.contracts.ArtifactStore` through a server.

    Args:
        uri: as it is shown and stored.
        server: whom to ask.
        inside: path of this root below what the server serves.
    """

    def __init__(self, uri: str, server: Server, inside: str) -> None:
        self.uri, self._server, self._inside = uri, server, inside

    def put(self, source: Path | BinaryIO, path: str, *, digest: bool = True) -> ArtifactFile:
        name = clean(path, file=True)
        if isinstance(source, (str, Path)):
            with open_source(Path(source)) as stream:
                return self._put(stream, name, digest)
        return self._put(source, name, digest)

    def put_tree(self, folder: Path, path: str = "") -> Sequence[ArtifactFile]:
        if not os.path.isdir(folder):
            raise NotFound(f"There is no folder {str(folder)!r} to copy from.")
        below = clean(path)
        found = sorted(files_below(os.fspath(folder)))
        files = [(clean(f"{below}/{name}" if below else name, file=True), file) for name, file in found]
        with ThreadPoolExecutor(_AT_ONCE, "runstone-upload") as pool:
            put = list(pool.map(lambda pair: self.put(Path(pair[1]), pair[0]), files))
        return sorted(put, key=lambda file: file.path)

    def open(self, path: str) -> BinaryIO:
        name = clean(path, file=True)
        return cast("BinaryIO", ProxiedReader(self._server, self._address(name), path))

    def stat(self, path: str) -> FileInfo:
        name = clean(path)
        if name:
            try:
                answer = self._server.ask("HEAD", self._address(name))
                return FileInfo(name, False, int(answer.headers.get("Content-Length", 0)))
            except (NotFound, InvalidValue):
                pass
            folder = posixpath.dirname(name)
            if any(info.path == name and info.is_dir for info in self.list(folder)):
                return FileInfo(name, True)
        elif self.list():
            return FileInfo("", True)
        raise NotFound(f"There is no artifact {path!r} below {self.uri}.")

    def list(self, path: str = "") -> Sequence[FileInfo]:
        name = clean(path)
        whole = posixpath.join(self._inside, name)
        query = "?" + urlencode({"path": whole}) if whole else ""
        files = json.loads(self._server.ask("GET", ROUTE + query).data).get("files", [])
        infos = [
            FileInfo(posixpath.join(name, clean(one["path"], file=True)), bool(one["is_dir"]), _size(one)) for one in files
        ]
        if len(infos) == 1 and not infos[0].is_dir and infos[0].path == posixpath.join(name, posixpath.basename(name)):
            return []  # some servers answer a file's own path with the file
        return sorted(infos, key=lambda info: info.path)

    def walk(self, path: str = "") -> Iterator[FileInfo]:
        for info in sorted(self.list(path), key=lambda info: info.path + "/" * info.is_dir):
            if info.is_dir:
                yield from self.walk(info.path)
            else:
                yield info

    def fetch(self, path: str, target: Path) -> Path:
        name = clean(path)
        there = Path(target) / name
        if self.stat(path).is_dir:
            with told(there):
                there.mkdir(parents=True, exist_ok=True)
            with ThreadPoolExecutor(_AT_ONCE, "runstone-download") as pool:
                list(pool.map(lambda info: self._land(info.path, Path(target)), self.walk(name)))
        else:
            self._land(name, Path(target))
        return there

    def local(self, path: str = "") -> Path | None:
        clean(path)
        return None

    def delete(self, path: str = "") -> None:
        self._server.ask("DELETE", self._address(clean(path)))

    def take(self, folder: str, last: str) -> bool:
        """Have a folder for one writer, who puts the file ``last`` there in the end; whether nobody else has or had it."""
        return bool(self._folder(folder, last)["taken"])

    def leave(self, folder: str) -> None:
        """The writer is done."""
        self._folder(folder, "")

    # --- inside ---------------------------------------------------------------------------------------------------

    def _address(self, name: str) -> str:
        return f"{ROUTE}/{quote(posixpath.join(self._inside, name), safe='/')}"

    def _folder(self, folder: str, last: str) -> dict[str, bool]:
        told = json.dumps({"path": posixpath.join(self._inside, clean(folder)), "last": last}).encode()
        answer = self._server.ask(
            "POST", FOLDERS, headers={"Content-Type": "application/json"}, body=lambda: told, tries=1, patience=10.0, ours=_OLD
        )
        found: dict[str, bool] = json.loads(answer.data)
        return found

    def _put(self, stream: BinaryIO, name: str, digest: bool) -> ArtifactFile:
        upload = _Upload(stream, digest)
        headers = {"Content-Type": "application/octet-stream"}
        if upload.length is not None:
            headers["Content-Length"] = str(upload.length)
        # what cannot be read twice cannot be sent twice
        tries = TRIES if upload.start is not None else 1
        try:
            self._server.ask("PUT", self._address(name), headers=headers, body=upload.pieces, tries=tries)
        except _SourceBroke as broken:
            raise broken.reason from None
        return ArtifactFile(name, upload.size, upload.digest.hexdigest() if digest else "")

    def _land(self, name: str, target: Path) -> None:
        there = target / name
        with told(there):
            there.parent.mkdir(parents=True, exist_ok=True)
        with self.open(name) as stream:
            copy(stream, os.fspath(there), durable=False)


class _Upload:
    """A stream on its way, counted and, if wanted, hashed.

    ``start`` is where it begins, ``None`` if it cannot be read again; ``length`` its bytes from there, if known.
    """

    def __init__(self, stream: BinaryIO, hashed: bool) -> None:
        self._stream, self._hashed = stream, hashed
        self.size, self.digest = 0, hashlib.sha256()
        self.start: int | None = None
        self.length: int | None = None
        try:
            self.start = stream.tell()
            self.length = stream.seek(0, os.SEEK_END) - self.start
            stream.seek(self.start)
        except (OSError, AttributeError):  # a pipe, or not a whole file object
            self.start = self.length = None

    def pieces(self) -> Iterator[bytes]:
        if self.start is not None:
            self._stream.seek(self.start)
        self.size, self.digest = 0, hashlib.sha256()
        while piece := self._piece(PIECE if self.length is None else min(PIECE, self.length - self.size)):
            if not isinstance(piece, (bytes, bytearray, memoryview)):
                raise InvalidValue(f"The stream gave {type(piece).__name__}, not bytes; open it in binary mode.")
            if self._hashed:
                self.digest.update(piece)
            self.size += len(piece)
            yield bytes(piece)
        if self.length is not None and self.size < self.length:
            raise InvalidValue(f"The file became shorter while it was sent: {self.size} of {self.length} bytes were left.")

    def _piece(self, wanted: int) -> bytes:
        try:
            return self._stream.read(wanted)
        except OSError as cause:
            raise _SourceBroke(cause) from cause


class _SourceBroke(Exception):
    """``reason`` is no trouble of the connection, as which an OSError would be taken while sending."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _size(entry: dict[str, object]) -> int | None:
    size = entry.get("file_size")
    return None if size is None else int(str(size))
