"""All runs of a table, window by window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import structs

from runstone.contracts import RunQuery, RunTable, Store

#: Cells of one window.
CELLS = 100_000
#: Columns before those asked for, in a file.
FACTS = ("attributes.run_id", "attributes.run_name", "attributes.status", "attributes.start_time", "attributes.duration")


def every_window(store: Store, query: RunQuery, columns: Sequence[str], size: int = 0) -> Iterator[RunTable]:
    """The table from its first run to its last. ``size``: rows of a window; 0: as many as hold some cells."""
    size = size or max(100, min(10_000, CELLS // max(1, len(columns))))
    offset = 0
    while True:
        found = store.table(structs.replace(query, offset=offset, limit=size), columns)
        yield found
        offset += len(found.run_ids)
        if not found.run_ids or offset >= found.matched:
            return


def pieces(windows: Iterable[RunTable]) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of windows. A run that begins meanwhile moves the others down, so that one may be met twice: it is told once."""
    seen: set[str] = set()
    for found in windows:
        rows = zip(*found.values, strict=True)
        yield [row for run_id, row in zip(found.run_ids, rows, strict=True) if run_id not in seen]
        seen.update(found.run_ids)
