"""Addresses with which clients reach one file of an object store directly, past the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from runstone.contracts import ArtifactStore, Presigning
from runstone.errors import InvalidValue, NotFound, RunstoneError
from runstone.server.files import plain, root_at, run_root

from . import shapes

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: Seconds that an address is good for, if nobody says otherwise, and the most that clouds grant (a week).
EXPIRES, LONGEST = 900, 604_800

_NO_DOWNLOAD = "Multipart download is not supported for the current artifact repository; read the file through the server."
_NO_UPLOAD = "Presigned upload is not supported for the current artifact repository; send the file through the server."


class Presign(Struct, kw_only=True):
    run_id: str
    path: str
    expiration: int = EXPIRES


class PresignUpload(Struct, kw_only=True):
    """For a run or a logged model, one of the two."""

    path: str
    run_id: str = ""
    model_id: str = ""
    expiration: int = EXPIRES


def upload(backend: Backend, request: PresignUpload) -> shapes.Json:
    """An address to PUT one file of a run or a logged model."""
    if bool(request.run_id) == bool(request.model_id):
        raise InvalidValue("Exactly one of run_id and model_id must be given.")
    path = _asked(request)
    if request.model_id:
        root = root_at(backend, backend.store.get_logged_model(request.model_id).artifact_location)
    else:
        root = run_root(backend, request.run_id)
    if not isinstance(root, Presigning):
        raise RunstoneError(_NO_UPLOAD, error_code="NOT_IMPLEMENTED")
    return {"presigned_url": root.presigned(path, "PUT", request.expiration), "headers": {}}


def download(backend: Backend, request: Presign) -> shapes.Json:
    """An address to GET one file of a run."""
    url, size = presigned_download(run_root(backend, request.run_id), _asked(request), request.expiration)
    return {"presigned_url": url, "headers": {}, "file_size": size}


def presigned_download(root: ArtifactStore, path: str, seconds: int) -> tuple[str, int | None]:
    """Address and size of a file. Raises NotFound, and NOT_IMPLEMENTED where the place cannot offer it."""
    if not isinstance(root, Presigning):
        raise RunstoneError(_NO_DOWNLOAD, error_code="NOT_IMPLEMENTED")
    info = root.stat(path)
    if info.is_dir:
        raise NotFound(f"{path!r} is a folder, not a file.")
    return root.presigned(path, "GET", seconds), info.file_size


def capabilities(backend: Backend) -> dict[str, bool]:
    """What ``server-info`` tells clients: whether files may travel in parts, straight to and from the object store."""
    if not backend.locations.destination:
        return {"multipart_uploads_enabled": False, "multipart_downloads_enabled": False}
    root = root_at(backend, backend.locations.destination)
    presigning = root if isinstance(root, Presigning) else None
    return {
        "multipart_uploads_enabled": presigning is not None and presigning.part_uploads() is not None,
        "multipart_downloads_enabled": presigning is not None,
    }


def _asked(request: Presign | PresignUpload) -> str:
    if not 1 <= request.expiration <= LONGEST:
        raise InvalidValue(
            f"Invalid value {request.expiration} for parameter 'expiration' supplied: it is between 1 and {LONGEST} seconds."
        )
    return plain(request.path)
