"""Artifacts through the server: ``mlflow-artifacts:/…``, and the files of runs and model versions for pages and tools."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
from anyio import to_thread
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from runstone.contracts import ArtifactStore, PartUploads, Presigning
from runstone.errors import InvalidValue, RunstoneError
from runstone.server.files import plain, root_at, run_root, send
from runstone.server.uploads import receive

from . import shapes
from .presigning import EXPIRES, presigned_download
from .reading import read
from .registry_sources import version_place

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: Parts that one upload may have.
MOST_PARTS = 10_000


class NoParts(RunstoneError):
    """Clients know by how its message begins that they must send the file whole."""

    default_code = "NOT_IMPLEMENTED"


class NewUpload(Struct, kw_only=True):
    """``path`` is the client's own file; its name is that of the artifact."""

    path: str
    num_parts: int = 1


class Part(Struct):
    part_number: int
    etag: str = ""


class FinishedUpload(Struct, kw_only=True):
    path: str
    upload_id: str = ""
    parts: list[Part] = []


class Below(Struct):
    path: str = ""


class OfRun(Struct):
    """``run_uuid`` is the old name of ``run_id``."""

    path: str
    run_id: str = ""
    run_uuid: str = ""


class OfModel(Struct):
    artifact_file_path: str


class OfVersion(Struct):
    name: str
    version: str
    path: str


class Served:
    """The destination that this server offers as ``mlflow-artifacts:/``."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def root(self) -> ArtifactStore:
        destination = self.backend.locations.destination
        if not destination:
            raise RunstoneError(
                "This server serves no artifacts (--no-serve-artifacts): clients reach them where they lie.",
                error_code="ENDPOINT_NOT_FOUND",
            )
        return root_at(self.backend, destination)

    async def list(self, request: Request) -> Response:
        """One level of the served files."""
        """One level, by bare names, as MLflow's clients expect."""
        path = plain(request.query_params.get("path", ""))
        files = await to_thread.run_sync(lambda: self.root().list(path))
        return _json({"files": [_info(posixpath.basename(one.path), one.is_dir, one.file_size) for one in files]})

    async def download(self, request: Request) -> Response:
        """The bytes of one served file, whole or a range."""
        if not request.path_params["path"]:
            return await self.list(request)
        return await send(request, self.root, plain(request.path_params["path"]), download=True)

    async def upload(self, request: Request) -> Response:
        """Keep a file, whole or not at all."""
        path = plain(request.path_params["path"])
        await receive(request, lambda body: self.root().put(body, path, digest=False))
        return _json({})

    async def delete(self, request: Request) -> Response:
        """Remove a served file or folder."""
        path = plain(request.path_params["path"]).strip("/.")
        if not path:
            raise InvalidValue("All artifacts of a server cannot be deleted at once; name a folder or a file.")
        await to_thread.run_sync(lambda: self.root().delete(path))
        return _json({})

    async def presigned(self, request: Request) -> Response:
        """An address of the object store for one file."""
        path = plain(request.path_params["path"])

        def work() -> shapes.Json:
            signed, size = presigned_download(self.root(), path, EXPIRES)
            return {"url": signed, "headers": {}, "file_size": size}

        return _json(await to_thread.run_sync(work))

    async def create_parts(self, request: Request) -> Response:
        """Begin an upload in parts."""
        asked = read(NewUpload, request.query_params, await request.body(), {})
        path = _target(request, asked.path)
        if not 1 <= asked.num_parts <= MOST_PARTS:
            raise InvalidValue(f"Invalid value {asked.num_parts} for parameter 'num_parts': it is between 1 and {MOST_PARTS}.")

        def work() -> shapes.Json:
            uploads = self._parts()
            upload = uploads.create(path)
            numbers = range(1, asked.num_parts + 1)
            return {
                "upload_id": upload,
                "credentials": [
                    {"url": uploads.part_url(path, upload, number, EXPIRES), "part_number": number, "headers": {}}
                    for number in numbers
                ],
            }

        return _json(await to_thread.run_sync(work))

    async def complete_parts(self, request: Request) -> Response:
        """Put the parts together."""
        asked = read(FinishedUpload, request.query_params, await request.body(), {})
        path, upload = _target(request, asked.path), _upload_id(asked)
        if not asked.parts:
            raise InvalidValue("Missing value for required parameter 'parts': an upload has at least one.")
        parts = [(part.part_number, part.etag) for part in asked.parts]
        await to_thread.run_sync(lambda: self._parts().complete(path, upload, parts))
        return _json({})

    async def abort_parts(self, request: Request) -> Response:
        """Forget an upload in parts."""
        asked = read(FinishedUpload, request.query_params, await request.body(), {})
        path, upload = _target(request, asked.path), _upload_id(asked)
        await to_thread.run_sync(lambda: self._parts().abort(path, upload))
        return _json({})

    def _parts(self) -> PartUploads:
        root = self.root()
        uploads = root.part_uploads() if isinstance(root, Presigning) else None
        if uploads is None:
            raise NoParts(f"{_NO_PARTS}; send the file whole.")
        return uploads


class OfRuns:
    """Files by run or model version, wherever its artifacts are."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    async def get(self, request: Request) -> Response:
        """The bytes of a file of a run."""
        run_id, path = _run_and_path(request)
        return await send(request, lambda: run_root(self.backend, run_id), path, download=True)

    async def get_of_version(self, request: Request) -> Response:
        """The bytes of a file of a model version."""
        name, version, path = (_needed(request, one) for one in ("name", "version", "path"))
        if not version.isdecimal() or len(version) > 9:
            raise InvalidValue(f"Invalid value {version!r} for parameter 'version' supplied: a number is needed.")
        uri, folder = await to_thread.run_sync(lambda: version_place(self.backend, name, int(version)))
        whole = posixpath.join(folder, plain(path)) if folder else plain(path)
        return await send(request, lambda: root_at(self.backend, uri), whole, download=True)

    async def get_of_model(self, request: Request) -> Response:
        """The bytes of a file of a logged model."""
        model_id, path = request.path_params["model_id"], plain(_needed(request, "artifact_file_path"))

        def root() -> ArtifactStore:
            return root_at(self.backend, self.backend.store.get_logged_model(model_id).artifact_location)

        return await send(request, root, path, download=True)

    async def upload(self, request: Request) -> Response:
        """Keep a file among the artifacts of an active run."""
        run_id, path = _run_and_path(request)

        def put(body: BinaryIO) -> None:
            run = self.backend.store.get_run(run_id, metrics=False)
            if run.info.lifecycle_stage != "active":
                raise InvalidValue(f"Run {run_id!r} is deleted; restore it before files are added.")
            run_root(self.backend, run_id).put(body, path, digest=False)

        await receive(request, put)
        return _json({})


_NO_PARTS = "Multipart upload is not supported for the current artifact repository"


def _target(request: Request, file: str) -> str:
    """The artifact that an upload in parts makes: the client's file name in the folder of the URL."""
    name = posixpath.basename(file.replace("\\", "/"))
    return plain(posixpath.join(plain(request.path_params["path"]), plain(name)))


def _upload_id(asked: FinishedUpload) -> str:
    if not asked.upload_id:
        raise InvalidValue("Missing value for required parameter 'upload_id'.")
    return asked.upload_id


def _run_and_path(request: Request) -> tuple[str, str]:
    run_id = request.query_params.get("run_id") or _needed(request, "run_uuid")
    return run_id, plain(_needed(request, "path"))


def _needed(request: Request, name: str) -> str:
    given = request.query_params.get(name, "")
    if not given:
        raise InvalidValue(f"Missing value for required parameter '{name}' in the query string.")
    return given


def _info(path: str, is_dir: bool, size: int | None) -> dict[str, Any]:
    return {"path": path, "is_dir": is_dir} if size is None else {"path": path, "is_dir": is_dir, "file_size": size}


def _json(answer: Any) -> Response:
    return Response(msgspec.json.encode(answer), media_type="application/json", headers={"Cache-Control": "no-store"})
