"""Paths inside an artifact root, checked before anything touches a disk or a network."""

from __future__ import annotations

import re

from runstone.errors import InvalidValue

_DRIVE = re.compile(r"^[A-Za-z]:")


def clean(path: str, *, file: bool = False) -> str:
    """``path`` with ``/`` between its parts and no empty or ``.`` parts; ``""`` is the root.

    Args:
        path: relative path as given by a caller or a URL (already decoded).
        file: the path must name something below the root.

    Raises:
        InvalidValue: the path is absolute, has ``..``, a backslash, a drive or a NUL, or is empty where a file is needed.
    """
    text = str(path)
    why = _fault(text)
    if why is None:
        parts = [part for part in text.split("/") if part not in ("", ".")]
        if parts or not file:
            return "/".join(parts)
        why = "it is empty"
    works = "A path is relative to the run's artifacts, with '/' between its parts, such as 'plots/roc.png'."
    raise InvalidValue(f"Invalid artifact path {text!r}: {why}. {works}")


def _fault(text: str) -> str | None:
    if "\0" in text:
        return "it has a NUL character"
    if "\\" in text:
        return "it has a backslash"
    if text.startswith("/"):
        return "it is absolute"
    if _DRIVE.match(text):
        return "it names a drive"
    if ".." in text.split("/"):
        return "it has '..'"
    return None
