"""Reading files of somebody else: whole or not at all, never through a symbolic link, never without end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import yaml

#: The largest text that is read into memory, bytes.
MOST = 16 * 1024 * 1024

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(Exception):
    """What cannot be read, and why, in words."""


def folders(path: str) -> list[str]:
    """Names of the folders in a folder, sorted; none for one that is not there."""
    try:
        with os.scandir(path) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def files(path: str, below: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """(path relative to the first folder, entry) of each regular file, sorted in each folder."""
    try:
        with os.scandir(path) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in found:
        if entry.is_file(follow_symlinks=False):
            yield below + entry.name, entry
        elif entry.is_dir(follow_symlinks=False):
            yield from files(entry.path, f"{below}{entry.name}/")


def stats(path: str) -> list[tuple[str, int, int]]:
    """(relative path, bytes, time of change) of each file below: what changes when a file does."""
    found = []
    for name, entry in files(path):
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        found.append((name, status.st_size, status.st_mtime_ns))
    return found


def content(path: str) -> bytes:
    """Raises Unreadable."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            found = file.read(MOST + 1)
    except OSError as cause:
        raise Unreadable(f"cannot be read: {cause.strerror}") from None
    if len(found) > MOST:
        raise Unreadable(f"is larger than {MOST >> 20} MiB")
    return found


def text(path: str) -> str:
    """What is no UTF-8 is replaced. Raises Unreadable."""
    return content(path).decode("utf-8", "replace")


def texts(folder: str) -> Iterator[tuple[str, str | None, str]]:
    """(key, value, why there is none) of a folder that holds one file for each key."""
    for key, entry in files(folder):
        try:
            key.encode()
            yield key, text(entry.path), ""
        except UnicodeError:
            yield key.encode("utf-8", "backslashreplace").decode(), None, "its name is no UTF-8"
        except Unreadable as cause:
            yield key, None, str(cause)


def mapping(path: str) -> dict[str, Any]:
    """A YAML file that holds an object. Raises Unreadable."""
    try:
        found = yaml.load(content(path), Loader=_LOADER)
    except (yaml.YAMLError, ValueError, RecursionError) as cause:
        raise Unreadable(f"is no YAML: {' '.join(str(cause).split())[:200]}") from None
    if not isinstance(found, dict):
        raise Unreadable("holds no object")
    return {str(key): value for key, value in found.items()}


def word(given: Any, default: str = "") -> str:
    """A value of such a file as text; anything that is no single value is the default."""
    return str(given) if isinstance(given, str | int | float) and not isinstance(given, bool) else default


def number(given: Any) -> int | None:
    """A value of such a file as a whole number."""
    try:
        found = int(given)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if -(1 << 63) <= found < 1 << 63 else None


def words(given: Any) -> dict[str, str]:
    """An object of single values."""
    return {str(key): word(value) for key, value in given.items()} if isinstance(given, dict) else {}
