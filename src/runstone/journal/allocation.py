"""The disk and the memory of a segment's file, had ahead of the first write to them."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import sys
from threading import RLock

from runstone.forks import no_fork

#: What a file system says that allocates or maps no files.
REFUSALS = {errno.ENODEV, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EACCES, errno.EPERM, errno.ENOTSUP}
#: Linux: fault pages in for writing, ahead of the first write; forget which pages are mapped, they stay in the file's cache.
POPULATE_WRITE, FORGET = 23, 4
#: So many bytes at one go, since no memory is mapped meanwhile.
STRIDE = 1 << 20
_ZEROS = bytes(1 << 18)
# mmap.madvise would hold the interpreter's lock all the while
_madvise = getattr(ctypes.CDLL(None), "madvise", None) if sys.platform == "linux" else None


def allocate(fd: int, capacity: int) -> None:
    """Reserve the disk now: a full one is an error here, never a bus error at a write."""
    reserve = getattr(os, "posix_fallocate", None)
    if reserve is not None:
        reserve(fd, 0, capacity)
        return
    for offset in range(0, capacity, len(_ZEROS)):
        os.pwrite(fd, _ZEROS[: min(len(_ZEROS), capacity - offset)], offset)


def extend(fd: int, start: int, end: int) -> None:
    """Reserve the disk of a file that is in use, where the system can do that without touching what is written."""
    reserve = getattr(os, "posix_fallocate", None)
    if reserve is not None:
        try:
            reserve(fd, start, end - start)
        except OSError as cause:
            if cause.errno not in REFUSALS:
                raise


def advise(mapped: mmap.mmap, advice: int, closing: RLock) -> None:
    """``POPULATE_WRITE`` or ``FORGET`` all pages, without the interpreter's lock; ``closing`` is held by who unmaps them."""
    if _madvise is None:
        return
    start = 0
    while True:
        # what lies at this address afterwards may be anybody's; and a child cannot close a map that is in use here
        with no_fork, closing:
            if mapped.closed or start >= len(mapped):
                return
            address = ctypes.addressof(ctypes.c_char.from_buffer(mapped))
            place, length = ctypes.c_void_p(address + start), min(STRIDE, len(mapped) - start)
            if _madvise(place, ctypes.c_size_t(length), advice):
                return
        start += STRIDE
