"""Taking away the folder of a journal that is stored."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from .owner import OWNER


def remove_journal(folder: Path) -> None:
    """All files in it, the folder, and the run's folder when it was the last. What is already gone is fine."""
    place = os.fspath(folder)
    # the owner goes last: without it nobody would know whose the rest is
    for name in sorted(_names(place), key=OWNER.__eq__):
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(place, name))
    for empty in (place, os.path.dirname(place)):
        with contextlib.suppress(OSError):
            os.rmdir(empty)


def _names(place: str) -> list[str]:
    try:
        return os.listdir(place)
    except OSError:
        return []
