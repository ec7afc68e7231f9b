"""Runs as one HTML file, to be saved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from runstone.contracts import RunQuery
from runstone.errors import InvalidValue
from runstone.export.contents import Kind
from runstone.export.gather import MOST_RUNS, gather
from runstone.export.page import html
from runstone.server import schema as s
from runstone.server.media import SANDBOX

from .experiments import VIEWS
from .tables import experiments_named

if TYPE_CHECKING:
    from runstone.server.backend import Backend

_UNSAFE = re.compile(r"[^\w.-]+")


async def export(request: Request, backend: Backend, query: s.ExportQuery) -> Response:
    """One HTML file of runs, which opens offline: those named, or those that a search finds."""
    source = f"{request.url.scheme}://{request.url.netloc}"

    def work() -> tuple[str, str]:
        ids, kind, found = _chosen(backend, query)
        contents = gather(backend.store, ids, kind, query.title, source, found)
        return contents.title, html(contents)

    title, text = await to_thread.run_sync(work)
    name = _UNSAFE.sub("-", title).strip("-.")[:80] or "runs"
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.html",
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(text, headers=headers, media_type="text/html")


def _chosen(backend: Backend, query: s.ExportQuery) -> tuple[list[str], Kind | None, int]:
    """Runs, what the file is about, and how many a search found."""
    named = [one for one in query.runs.split(",") if one]
    if named:
        return named, None, 0
    wanted = [one.experiment_id for one in experiments_named(backend, [one for one in query.exp.split(",") if one])]
    asked = RunQuery(
        experiment_ids=tuple(wanted),
        filter=query.filter,
        order_by=tuple(one for one in query.order.split("\n") if one),
        view=VIEWS[query.view],
        limit=MOST_RUNS,
    )
    found = backend.store.table(asked)
    if not found.run_ids:
        raise InvalidValue("No run matches, so there is nothing to export.")
    return list(found.run_ids), "runs", found.matched
