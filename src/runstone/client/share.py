"""Runs as one HTML file, and in a notebook."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from runstone.entities import Run
from runstone.errors import InvalidValue
from runstone.export.contents import Contents
from runstone.export.gather import gather
from runstone.export.page import framed, html, is_built

from .checks import path_text
from .session import session

#: Pixels of the frame in a notebook.
HEIGHT = 560


def export_html(runs: Any, path: str | os.PathLike[str], title: str = "") -> Path:
    """Write runs as one HTML file that opens offline: sortable tables, charts, and the data inside as JSON.

    Args:
        runs: a run, its id, or several of either; or what :func:`runstone.search_runs` found, a list or a data frame.
            One run is told whole, up to 20 are compared, more are a table.
        path: the file; it is replaced if it is there.
        title: over the page; the runs' names if empty.

    Returns: the path.

    Raises:
        InvalidValue: there is no run in ``runs``.
        NotFound: an unknown run.
        RunstoneError: a source checkout whose UI is not built.
    """
    target = Path(path_text(path, "path"))
    target.write_text(html(_gathered(runs, title)), "utf-8")
    return target


def show(runs: Any, title: str = "", height: int = HEIGHT) -> Shown:
    """Show runs in a notebook: the same page as :func:`export_html`, in a frame. In a terminal a short text.

    Args:
        runs: as for :func:`export_html`.
        title: over the page.
        height: pixels of the frame.
    """
    return Shown(_gathered(runs, title), height)


class Shown:
    """What :func:`show` gives; a notebook asks it for HTML, everything else for text."""

    def __init__(self, contents: Contents, height: int = HEIGHT) -> None:
        self._contents, self._height = contents, height

    def _repr_html_(self) -> str | None:
        return framed(self._contents, self._height) if is_built() else None

    def __repr__(self) -> str:
        told = self._contents
        lines = [told.title, *told.verdict]
        metrics = [one for one in told.columns if one.column.startswith("metrics.") and "system/" not in one.column][:6]
        for i, run in enumerate(told.runs[:20]):
            values = (
                f"{one.column[len('metrics.') :]} {_short(one.values[i])}" for one in metrics if one.values[i] is not None
            )
            lines.append(f"  {run.name} ({run.run_id[:8]}) {run.status}  {'  '.join(values)}".rstrip())
        if len(told.runs) > 20:
            lines.append(f"  … {len(told.runs) - 20:,} more")
        return "\n".join(lines)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, (int, float)) else str(value)


def _gathered(runs: Any, title: str) -> Contents:
    ids = run_ids(runs)
    here = session()
    here.flush()
    return gather(here.fresh_store(), ids, title=title, source=here.shown_uri)


def run_ids(runs: Any) -> list[str]:
    """Ids of all that can stand for runs. Raises InvalidValue."""
    if isinstance(runs, str):
        return [runs]
    if isinstance(runs, Run):
        return [runs.info.run_id]
    column = getattr(runs, "columns", None)
    if column is not None and "run_id" in column:
        return [str(one) for one in runs["run_id"]]
    if isinstance(runs, Iterable):
        return [found for one in runs for found in run_ids(one)]
    raise InvalidValue(f"{type(runs).__name__} stands for no run: give a run, its id, or a list of them.")
