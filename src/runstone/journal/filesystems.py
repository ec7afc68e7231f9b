"""Which file systems a journal may be mapped on."""

from __future__ import annotations

import functools
import os
import warnings
from pathlib import Path

#: Types (a prefix is enough) on which a mapped file is slow, may lose what a dead process wrote, or ends in a bus error.
REMOTE = (
    "nfs", "cifs", "smb", "fuse", "lustre", "9p", "v9fs", "ceph", "gluster", "beegfs", "gpfs", "afs", "ncp", "coda", "orangefs",
    "pvfs", "ocfs2", "gfs", "virtiofs", "wekafs", "quobyte", "drvfs", "panfs", "acfs", "juicefs",
)  # fmt: skip

_MOUNTS = "/proc/self/mountinfo"


def file_system(folder: Path) -> str:
    """The type of the file system that holds ``folder``, as the kernel calls it; empty when it cannot be told."""
    try:
        device = os.stat(folder).st_dev
        return _types(_MOUNTS).get((os.major(device), os.minor(device)), "")
    except OSError:
        return ""


def _types(path: str) -> dict[tuple[int, int], str]:
    found = {}
    with open(path, encoding="utf-8", errors="replace") as mounts:
        for line in mounts:
            left, _, right = line.partition(" - ")
            major, _, minor = left.split(" ", 3)[2].partition(":")
            found[int(major), int(minor)] = right.split(" ", 1)[0]
    return found


@functools.lru_cache(maxsize=64)
def mappable(folder: Path) -> bool:
    """Whether journals below ``folder`` may be mapped. Asked once per folder; says so when they may not."""
    kind = file_system(folder)
    if kind.startswith(REMOTE):
        warn_plain(folder, f"it is on a {kind} file system")
        return False
    return True


@functools.lru_cache(maxsize=64)
def warn_plain(folder: Path, reason: str) -> None:
    """Once for each folder and reason."""
    warnings.warn(
        f"The journal in {folder} is written without mapped files, since {reason}: logging is as safe but slower. "
        "RUNSTONE_JOURNAL_DIR can name a folder on a local disk.",
        RuntimeWarning,
        stacklevel=2,
    )


def has_room(folder: Path, size: int) -> bool:
    """Whether the disk has so many bytes for this user, as far as it says; quotas it does not tell of."""
    try:
        disk = os.statvfs(folder)
    except (OSError, AttributeError):
        return True
    return (disk.f_bfree if os.geteuid() == 0 else disk.f_bavail) * disk.f_frsize >= size
