"""Files of a run: one level of names, or the bytes of one file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from anyio import to_thread
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from runstone.contracts import ArtifactStore
from runstone.errors import NotFound
from runstone.server import schema as s
from runstone.server.media import SANDBOX, disposition, media_type
from runstone.server.ranges import Unsatisfiable, wanted

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: Bytes read and sent at a time.
PIECE = 256 * 1024


def list_artifacts(backend: Backend, run_id: str, query: s.ArtifactsQuery) -> s.Artifacts:
    """One level of the run's artifacts."""
    root = _root(backend, run_id)
    return s.Artifacts(root.uri, list(root.list(query.path)))


async def send_file(request: Request, backend: Backend, run_id: str, query: s.ArtifactFileQuery) -> Response:
    """The bytes of one artifact, whole or a range of them, streamed."""
    found = await to_thread.run_sync(_open, backend, run_id, query.path)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition(query.path, query.download),
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
    kind = media_type(query.path)
    if request.method == "HEAD":
        found.file.close()
        return Response(None, 206 if part else 200, headers, media_type=kind)
    return StreamingResponse(_pieces(found.file, start, end), 206 if part else 200, headers, media_type=kind)


class _Found(Struct, frozen=True):
    file: BinaryIO
    size: int
    tag: str


def _open(backend: Backend, run_id: str, path: str) -> _Found:
    """Open first, ask the open file how long it is: a file replaced meanwhile is still sent whole."""
    root = _root(backend, run_id)
    info = root.stat(path)
    if info.is_dir:
        raise NotFound(f"{path!r} is a folder of run {run_id!r}, not a file. List it to see what is inside.")
    file = root.open(path)
    try:
        status = os.fstat(file.fileno())
    except (OSError, AttributeError):  # not a file of this machine
        return _Found(file, info.file_size or 0, "")
    return _Found(file, status.st_size, f'"{status.st_size:x}-{status.st_mtime_ns:x}-{status.st_ino:x}"')


def _root(backend: Backend, run_id: str) -> ArtifactStore:
    uri = backend.store.get_run(run_id).info.artifact_uri
    if not uri:
        raise NotFound(f"Run {run_id!r} has no artifact location.")
    return backend.artifacts(uri)


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
