"""One entry of an artifact listing."""

from __future__ import annotations

from .shape import Entity


class FileInfo(Entity, frozen=True):
    """``path`` is relative to the run's artifact root, with ``/``; ``file_size`` is bytes, ``None`` for a folder."""

    path: str
    is_dir: bool
    file_size: int | None = None
