"""Where journals go when the store's own folder cannot be written: read-only, full, or not ours.

First the user's cache, from where the next run on this machine brings them in; nowhere at all only when that fails too.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from runstone import connect, settings
from runstone.errors import JournalTrouble
from runstone.journal.writer import JournalWriter
from runstone.records import Record

from .notices import warn_once


class Nowhere:
    """Takes what a journal takes, and forgets it."""

    folder = Path(os.devnull)
    journal_id = ""
    position = 0

    def __init__(self) -> None:
        self.hot: tuple[Any, dict[str, bytes], bytes] = (lambda frame: None, {}, b"")

    def append(self, record: Record) -> None:
        pass

    def metric(self, key: str, value: float, step: int | None = None, timestamp_ms: int | None = None) -> None:
        pass

    def close(self) -> None:
        pass


def open_writer(root: Path, uri: str, run_id: str) -> JournalWriter | Nowhere:
    """A journal of the run, in the best place that can be had.

    Raises: JournalTrouble in strict mode, when ``root`` cannot be written.
    """
    try:
        return JournalWriter(root, run_id)
    except JournalTrouble as trouble:
        if settings.STRICT.get():
            raise
        spare = connect.spare_journal_root(uri)
        try:
            writer = JournalWriter(spare, run_id)
        except JournalTrouble:
            warn_once(f"nowhere {root}", f"NOTHING IS RECORDED of this run: {trouble} Training goes on.")
            return Nowhere()
        warn_once(
            f"spare {root}",
            f"{trouble} What is logged is kept in {spare} meanwhile, and is stored as soon as the store can be written.",
        )
        return writer
