"""A runs table as a file, streamed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from runstone.contracts import RunQuery
from runstone.export.rows import FORMATS
from runstone.export.windows import every_window, pieces
from runstone.server import table_schema as t

from .experiments import VIEWS
from .tables import experiments_named

if TYPE_CHECKING:
    from runstone.server.backend import Backend

_UNSAFE = re.compile(r"[^\w.-]+")


async def table_file(request: Request, backend: Backend, body: t.TableFileRequest) -> Response:
    """A runs table as CSV, JSON, Parquet, Markdown or LaTeX: these columns of every run that matches, in order."""
    ending, media, writer = FORMATS[body.format]

    def begun() -> Iterator[bytes]:
        """The file, and errors of its first part before an answer begins."""
        experiments = experiments_named(backend, body.experiment_ids)
        query = RunQuery(
            experiment_ids=tuple(one.experiment_id for one in experiments),
            filter=body.filter,
            order_by=tuple(body.order_by),
            view=VIEWS[body.view],
        )
        columns = list(dict.fromkeys(body.columns))
        windows = every_window(backend.store, query, columns)
        parts = writer(columns, pieces(chain([next(windows)], windows)))
        return chain([next(parts)], parts)

    parts = await to_thread.run_sync(begun)
    name = quote(_UNSAFE.sub("-", body.name).strip("-.")[:80] or "runs")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}.{ending}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(parts, headers=headers, media_type=media)
