"""What is said of a journal that cannot be read whole."""

from __future__ import annotations

from pathlib import Path


def lost(path: Path, offset: int, length: int) -> str:
    return f"{path.parent.name}/{path.name}: {length:,} bytes at {offset:,} cannot be read and were skipped"


def nameless(path: Path, points: int) -> tuple[str, ...]:
    said = f"{path.parent.name}/{path.name}: {points:,} points cannot be kept, since the name of their metric was lost"
    return (said,) if points else ()
