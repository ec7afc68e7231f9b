"""The files of this machine that are copied into an artifact store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from runstone.errors import InvalidValue, NotFound


def open_source(file: Path) -> BinaryIO:
    """Raises NotFound, or InvalidValue for what is no file or cannot be read."""
    if os.path.isdir(file):
        raise InvalidValue(f"{str(file)!r} is a folder, not a file; log_artifacts takes folders.")
    if os.path.exists(file) and not os.path.isfile(file):
        raise InvalidValue(f"{str(file)!r} is neither a file nor a folder (a pipe, a socket or a device) and cannot be copied.")
    try:
        return open(file, "rb")
    except FileNotFoundError:
        raise NotFound(f"There is no file {str(file)!r} to copy from.") from None
    except OSError as cause:
        raise InvalidValue(f"File {str(file)!r} cannot be read: {cause.strerror}.") from cause


def files_below(folder: str, below: str = "", above: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
    """(relative path, file) of each regular file in ``folder``; links are followed, but not round in a circle."""
    real = os.path.realpath(folder)
    if real in above:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            name = below + entry.name
            if entry.is_dir():
                yield from files_below(entry.path, name + "/", above | {real})
            elif entry.is_file():
                yield name, entry.path
