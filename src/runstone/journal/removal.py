"""Taking away the folder of a journal that is stored."""

from __future__ import annotations

import contextlib
from pathlib import Path


def remove_journal(folder: Path) -> None:
    """All files in it, the folder, and the run's folder when it was the last. What is already gone is fine."""
    # the owner goes last: without it nobody would know whose the rest is
    names = sorted(_files(folder), key=lambda path: path.name == "owner")
    for path in names:
        with contextlib.suppress(OSError):
            path.unlink()
    for empty in (folder, folder.parent):
        with contextlib.suppress(OSError):
            empty.rmdir()


def _files(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
