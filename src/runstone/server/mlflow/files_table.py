"""The table of endpoints that move files: MLflow's proxy, and the files of runs and models for pages and tools."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runstone.server.answers import error_answer
from runstone.server.auth.gate import declared
from runstone.server.observe import ROUTE
from runstone.server.unknown import METHODS, unknown

from . import answers as a
from . import proxy as p

if TYPE_CHECKING:
    from runstone.server.backend import Backend


class FileRow(Struct, frozen=True):
    """One endpoint that moves files, or speaks of files that are served. ``path`` begins at the server's root.

    ``handler`` is a coroutine method of one of the two classes of :mod:`.proxy`. ``answer`` is what its JSON looks like,
    ``None`` for the bytes of a file; ``upload``: the request's body is a file.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    handler: Callable[[Any, Request], Awaitable[Response]]
    permission: Literal["read", "write"] = "read"
    answer: type[Struct] | None = None
    query: type[Struct] | None = None
    body: type[Struct] | None = None
    upload: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the variable parts of the path."""
        return tuple(re.findall(r"{(\w+)", self.path))

    @property
    def summary(self) -> str:
        return (self.handler.__doc__ or "").strip().split("\n")[0]


# fmt: off
SERVED: tuple[FileRow, ...] = tuple(
    row
    for root in ("/api/2.0/mlflow-artifacts", "/ajax-api/2.0/mlflow-artifacts")
    for row in (
        FileRow("GET", f"{root}/artifacts", p.Served.list, answer=a.Listing, query=p.Below),
        FileRow("GET", root + "/artifacts/{path:path}", p.Served.download),
        FileRow("PUT", root + "/artifacts/{path:path}", p.Served.upload, "write", a.Nothing, upload=True),
        FileRow("DELETE", root + "/artifacts/{path:path}", p.Served.delete, "write", a.Nothing),
        FileRow("GET", root + "/presigned/{path:path}", p.Served.presigned, answer=a.Presigned),
        FileRow("POST", root + "/mpu/create/{path:path}", p.Served.create_parts, "write", a.PartsBegun, body=p.NewUpload),
        FileRow("POST", root + "/mpu/complete/{path:path}", p.Served.complete_parts, "write", a.Nothing, body=p.FinishedUpload),
        FileRow("POST", root + "/mpu/abort/{path:path}", p.Served.abort_parts, "write", a.Nothing, body=p.FinishedUpload),
    )
)
#: Everything about artifacts that is no JSON question.
FILES: tuple[FileRow, ...] = (
    *SERVED,
    FileRow("POST", "/ajax-api/2.0/mlflow/upload-artifact", p.OfRuns.upload, "write", a.Nothing, p.OfRun, upload=True),
    FileRow("GET", "/ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files", p.OfRuns.get_of_model, query=p.OfModel),
    FileRow("GET", "/get-artifact", p.OfRuns.get, query=p.OfRun),
    FileRow("GET", "/model-versions/get-artifact", p.OfRuns.get_of_version, query=p.OfVersion),
)
# fmt: on


def routes(backend: Backend, served_only: bool = False) -> list[BaseRoute]:
    """The rows of :data:`FILES`, to be matched before what takes all of ``/api``."""
    served, runs = p.Served(backend), p.OfRuns(backend)
    known: list[BaseRoute] = [
        *(_route(row, served) for row in SERVED),
        *(_route(row, runs) for row in FILES[len(SERVED) :] if not served_only),
    ]
    return [*known, *(Route(root + "{path:path}", declared("read", unknown(known)), methods=METHODS) for root in _ROOTS)]


def is_upload(method: str, path: str) -> bool:
    """Whether the body of such a request is a file, whose size is limited here. ``path`` without the static prefix."""
    return any(method == one and path.startswith(start) for one, start in _UPLOADS)


#: Where the served files are; nothing else is below.
_ROOTS = ("/api/2.0/mlflow-artifacts/", "/ajax-api/2.0/mlflow-artifacts/")
#: Requests with a file as their body: method, and how the path begins.
_UPLOADS = tuple((row.method, row.path.partition("{")[0]) for row in FILES if row.upload)


def _route(row: FileRow, owner: object) -> Route:
    """A client that goes away is no fault of ours."""

    async def answer(request: Request) -> Response:
        request.scope[ROUTE] = row.path
        try:
            return await row.handler(owner, request)
        except ClientDisconnect as cause:
            return error_answer("BAD_REQUEST", f"The request broke off: {cause}.")

    declared(row.permission, answer)
    return Route(row.path, answer, methods=[row.method])
