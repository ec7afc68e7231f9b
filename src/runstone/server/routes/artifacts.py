"""Files of a run: one level of names, or the bytes of one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from runstone.errors import InvalidValue
from runstone.query.run_models import Folders
from runstone.server import preview_schema as p
from runstone.server import schema as s
from runstone.server.files import plain, root_at, run_root, send
from runstone.server.previews import look_into

if TYPE_CHECKING:
    from runstone.server.backend import Backend


def list_artifacts(backend: Backend, run_id: str, query: s.ArtifactsQuery) -> s.Artifacts:
    """One level of the run's artifacts."""
    root = run_root(backend, run_id)
    return s.Artifacts(root.uri, list(root.list(query.path)))


def take_folder(backend: Backend, body: s.FolderWanted) -> s.FolderTaken:
    """Give a folder of the served artifacts to one writer, or take it back."""
    if not backend.locations.destination:
        raise InvalidValue("This server serves no artifacts (--no-serve-artifacts): clients reach them where they lie.")
    root = root_at(backend, backend.locations.destination)
    if not isinstance(root, Folders):
        return s.FolderTaken(True)
    path = plain(body.path)
    if body.last:
        return s.FolderTaken(root.take(path, plain(body.last)))
    root.leave(path)
    return s.FolderTaken(False)


async def send_file(request: Request, backend: Backend, run_id: str, query: s.ArtifactFileQuery) -> Response:
    """The bytes of one artifact, whole or a range of them, streamed."""
    return await send(request, lambda: run_root(backend, run_id), query.path, query.download)


def preview(backend: Backend, run_id: str, query: p.PreviewQuery) -> p.FilePreview:
    """What can be seen of a Parquet or NumPy file."""
    root = run_root(backend, run_id)
    path = plain(query.path)
    size = root.stat(path).file_size or 0
    with root.open(path) as file:
        return look_into(file, path, size, query.offset, query.limit)
