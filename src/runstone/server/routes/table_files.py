"""A runs table as a file, streamed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from anyio import to_thread
from msgspec import structs
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from runstone.contracts import RunQuery
from runstone.export.rows import FORMATS
from runstone.export.windows import every_window, pieces
from runstone.server import table_schema as t

from .experiments import VIEWS
from .grouped import groups
from .tables import experiments_named

if TYPE_CHECKING:
    from runstone.server.backend import Backend

_UNSAFE = re.compile(r"[^\w.-]+")


async def table_file(request: Request, backend: Backend, body: t.TableFileRequest) -> Response:
    """A runs table as CSV, JSON, Parquet, Markdown or LaTeX: these columns of every run that matches, in order."""
    ending, media, writer = FORMATS[body.format]

    def begun() -> Iterator[bytes]:
        """The file, and errors of its first part before an answer begins."""
        if body.groups is not None:
            columns, rows = _grouped(backend, body.groups)
            parts = writer(columns, rows)
            return chain([next(parts)], parts)
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


def _grouped(backend: Backend, body: t.GroupsRequest) -> tuple[list[str], Iterator[list[tuple[Any, ...]]]]:
    """Columns and rows of all groups, whatever window is asked for."""
    first = groups(backend, structs.replace(body, offset=0, limit=t.MAX_GROUPS))
    columns = [*first.by, "runs"]
    for one in first.columns:
        columns += [f"{one.column}:{part}" for part in ("mean", "deviation", "best", "count")]

    def rows() -> Iterator[list[tuple[Any, ...]]]:
        page, told = first, 0
        while page.runs:
            numbers = [part for one in page.columns for part in (one.mean, one.deviation, one.best, one.n)]
            yield [(*value, *rest) for value, *rest in zip(page.values, page.runs, *numbers, strict=True)]
            told += len(page.runs)
            if told >= page.total:
                return
            page = groups(backend, structs.replace(body, offset=told, limit=t.MAX_GROUPS))

    return columns, rows()
