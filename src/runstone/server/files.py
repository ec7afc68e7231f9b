"""Files of a run or a model as answers: ranges, versions, and headers that disarm what a browser could execute."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

from anyio import to_thread
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from runstone.contracts import ArtifactStore
from runstone.errors import InvalidValue, NotFound

from .media import SANDBOX, disposition, media_type
from .ranges import Unsatisfiable, wanted

if TYPE_CHECKING:
    from .backend import Backend

log = logging.getLogger("runstone.server")

#: Bytes read and sent at a time.
PIECE = 1 << 20


def root_at(backend: Backend, uri: str) -> ArtifactStore:
    """The artifacts at a URI as the store has it, or as clients see it (``mlflow-artifacts:/…``).

    Raises:
        InvalidValue: it leads to another server. This one fetches from none, whoever wrote the URI.
    """
    place = backend.locations.resolved(uri)
    if urlsplit(place).scheme.lower() in ("http", "https", "mlflow-artifacts"):
        raise InvalidValue(f"Artifact location {uri!r} lies on another server; this server reads none but its own.")
    return backend.artifacts(place)


def run_root(backend: Backend, run_id: str) -> ArtifactStore:
    """The artifacts of a run, deleted ones too. Raises NotFound."""
    uri = backend.store.get_run(run_id, metrics=False).info.artifact_uri
    if not uri:
        raise NotFound(f"Run {run_id!r} has no artifact location.")
    return root_at(backend, uri)


async def send(request: Request, root: Callable[[], ArtifactStore], path: str, download: bool) -> Response:
    """The bytes of one file, whole or a range of them, streamed.

    Args:
        root: opens the artifacts; called in a worker thread.
        path: the file below them.
        download: to be saved, not looked at.
    """
    found = await to_thread.run_sync(lambda: _open(root(), path))
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition(path, download),
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
    }
    if found.tag:
        headers["ETag"] = found.tag
        if found.tag in [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]:
            found.file.close()
            return Response(status_code=304, headers=headers)
    same = request.headers.get("if-range") in (None, found.tag)
    try:
        part = wanted(request.headers.get("range"), found.size) if same else None
    except Unsatisfiable:
        found.file.close()
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{found.size}"})
    start, end = part or (0, found.size)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
    kind = media_type(path)
    if request.method == "HEAD":
        found.file.close()
        return Response(None, 206 if part else 200, headers, media_type=kind)
    return StreamingResponse(_pieces(found.file, start, end), 206 if part else 200, headers, media_type=kind)


def plain(path: str) -> str:
    """``path``, if it cannot climb out even when something behind us decodes it once more.

    Raises:
        InvalidValue: it is absolute, has ``..``, a backslash, a drive or a control character; or, decoded again, it climbs.
    """
    seen = path
    for _ in range(4):
        climbs = seen.startswith(("/", "\\")) or ".." in seen.replace("\\", "/").split("/") or seen[1:2] == ":" or "\0" in seen
        # names that MLflow 2 gives images are full of "%": decoded again they may hold anything, but lead nowhere
        if climbs or (seen is path and ("\\" in seen or any(char < " " for char in seen))):
            raise InvalidValue(
                f"Invalid artifact path {path!r}: it must be relative, with '/' between its parts, and without '..'."
            )
        decoded = unquote(seen)
        if decoded == seen:
            return path
        seen = decoded
    raise InvalidValue(f"Invalid artifact path {path!r}: it is encoded too many times.")


class _Found(Struct, frozen=True):
    file: BinaryIO
    size: int
    tag: str


def _open(root: ArtifactStore, path: str) -> _Found:
    """Open first, ask the open file how long it is: a file replaced meanwhile is still sent whole, the old one."""
    file = root.open(path)
    try:
        status = os.fstat(file.fileno())
    except (OSError, AttributeError):  # not a file of this machine: it knows its size and version itself
        tag = str(getattr(file, "e_tag", "") or "")
        return _Found(file, int(getattr(file, "size", 0)), tag if not tag or tag.startswith(('"', "W/")) else f'"{tag}"')
    return _Found(file, status.st_size, f'"{status.st_size:x}-{status.st_mtime_ns:x}-{status.st_ino:x}"')


def _pieces(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    with file:
        if start:
            file.seek(start)
        left = end - start
        while left > 0:
            piece = file.read(min(PIECE, left))
            if not piece:
                return
            left -= len(piece)
            yield piece
