"""One file of a journal, open for writing by the process that made it.

Two kinds with the same bytes. A :class:`MappedSegment` is preallocated and mapped: writing is one ``mmap.write``, a single
C call that copies, moves the position and raises ValueError when there is no room, all under the interpreter's lock. A
:class:`PlainSegment` uses ``pwrite``, for file systems on which mapped files are slow, unsafe or impossible.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from runstone import wire

#: Bytes at the end of each segment that are kept for what must fit when there is no room for another one.
RESERVE = 4096
_ZEROS = bytes(1 << 18)
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
#: Linux: fault pages in for writing, ahead of the first write; forget which pages are mapped, they stay in the file's cache.
_POPULATE_WRITE, _FORGET = 23, 4
#: So many bytes at one go, since no memory is mapped meanwhile.
_STRIDE = 1 << 20
#: Bytes of disk that a file which grows reserves at one go.
_AHEAD = 1 << 16
# mmap.madvise would hold the interpreter's lock all the while
_madvise = getattr(ctypes.CDLL(None), "madvise", None) if sys.platform == "linux" else None


class Unmappable(OSError):
    """This file system takes no preallocated, mapped files."""


class Segment:
    """What both kinds share.

    Attributes:
        write: append one whole frame; ValueError when there is no room or the segment is finished. It leaves the reserve.
        start: journal position of the first byte; set by :meth:`begin`.
        used: bytes used, once finished, else ``None``.
        named: whether its name in the folder is on the disk.
    """

    write: Callable[[bytes], object]

    def __init__(self, path: Path, number: int, capacity: int) -> None:
        self.path, self.number, self.capacity = path, number, capacity
        self.start = 0
        self.used: int | None = None
        self.named = False
        self._closing = threading.RLock()
        # whoever finds a file of this name has not been told that another process writes it: never append to it
        self.fd = os.open(path, _FLAGS, 0o666)

    def begin(self, header: wire.Header) -> None:
        self.start = header.start
        self.write(wire.header_bytes(header))

    @property
    def size(self) -> int:
        """Bytes written so far, all of them whole frames."""
        raise NotImplementedError

    @property
    def end(self) -> int:
        """Journal position up to which it is written."""
        return self.start + (self.size if self.used is None else self.used)

    def finish(self) -> None:
        """No more writes; sets ``used``. Safe while other threads write."""
        raise NotImplementedError

    def spend(self, frame: bytes, keep: int = 0) -> bool:
        """Append one whole frame, of the reserve too but for its last ``keep`` bytes; ``write`` takes nothing from then on.

        Returns:
            Whether there was room. Not to be called by two threads at once, nor when the segment is finished.
        """
        raise NotImplementedError

    def read(self, length: int, offset: int) -> bytes:
        """At most ``length`` bytes from ``offset``. Works after :meth:`release` too."""
        with self._descriptor() as fd:
            return os.pread(fd, length, offset)

    def sync(self) -> None:
        """To the disk. A segment that was removed meanwhile is fine."""
        with contextlib.suppress(OSError), self._descriptor() as fd:
            getattr(os, "fdatasync", os.fsync)(fd)

    @contextlib.contextmanager
    def _descriptor(self) -> Iterator[int]:
        with self._closing:  # another thread may close it at any time, and the system gives the number again
            fd = os.dup(self.fd) if self.fd >= 0 else -1
        if fd < 0:
            fd = os.open(self.path, os.O_RDONLY)
        try:
            yield fd
        finally:
            os.close(fd)

    def release(self) -> None:
        """Give memory and descriptors back, once finished; reading opens the file again."""
        self.close()

    def disown(self) -> None:
        """In a forked child: this is the parent's. Writes raise ValueError from now on."""
        self._closing = threading.RLock()  # a thread of the parent may have held it
        with contextlib.suppress(OSError):
            self.close()

    def close(self) -> None:
        with self._closing:
            fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)

    def remove(self) -> None:
        self.close()
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()


class MappedSegment(Segment):
    """Raises Unmappable when the file system refuses, OSError when the disk is full.

    The map ends four bytes before the reserve, or the file once the reserve is spent. Frames are multiples of eight, so that
    they never fill it: a position at its very end always means that it is being finished, and then alone the frames have
    to be counted.
    """

    _map: mmap.mmap
    _reserve: mmap.mmap | None = None  # the map, once it is as long as the file
    _opening = False
    _known = wire.HEADER_BYTES  # so many bytes at least are used, once it has begun

    def __init__(self, path: Path, number: int, capacity: int) -> None:
        super().__init__(path, number, capacity)
        try:
            _allocate(self.fd, capacity)
            self._map = mmap.mmap(self.fd, capacity - RESERVE - 4)
        except BaseException as cause:
            self.remove()
            if isinstance(cause, OSError) and cause.errno in _REFUSALS:
                raise Unmappable(cause.errno, f"{path.parent} takes no mapped files: {cause.strerror}") from cause
            raise
        self.write = self._map.write

    @property
    def size(self) -> int:
        mapped = self._map  # one and the same for position and length
        try:
            size = mapped.tell()
            if size == len(mapped):  # being finished at this moment: the frames tell
                return self._count(mapped)
        except ValueError:  # unmapped between two looks of another thread
            return self.used or self._known
        self._known = size
        return size

    def _count(self, mapped: mmap.mmap) -> int:
        """Bytes used by whole frames, whatever the map's position says. Nothing may be written meanwhile."""
        size = self._known
        while size + 8 <= len(mapped) and (word := int.from_bytes(mapped[size : size + 8], "little")):
            size += wire.frame_bytes(word)
        return size

    def finish(self) -> None:
        with contextlib.suppress(ValueError):  # closed by a fork or another thread
            if self.used is None:
                self._known = self.size
                # from here on every writer gets ValueError, one that holds the old write method included
                self._map.seek(0, os.SEEK_END)
                # what a thread wrote between those two lines is whole, and follows
                self.used = self._count(self._map)

    def spend(self, frame: bytes, keep: int = 0) -> bool:
        if self._reserve is None and not self._open_reserve():
            return False
        with contextlib.suppress(ValueError):  # closed by a fork
            if self._reserve is not None and self._reserve.tell() + len(frame) + keep <= len(self._reserve):
                self._reserve.write(frame)
                return True
        return False

    def _open_reserve(self) -> bool:
        """Map the whole file. Not by a signal handler in the midst of this."""
        if self._opening:
            return False
        self._opening = True
        try:
            self.finish()  # nobody who holds the old ``write`` comes between
            with self._descriptor() as fd:
                whole = mmap.mmap(fd, self.capacity - 4)
            whole.seek(self.used or 0)
            with self._closing:
                self._map.close()
                self._known, self._map = whole.tell(), whole
            self.used = None
            self._reserve = whole  # last: if this is interrupted, it is done again
        finally:
            self._opening = False
        return True

    def prefault(self) -> None:
        """Make all pages ready for writing, off the writer's thread and without the interpreter's lock."""
        self._advise(_POPULATE_WRITE)  # a kernel before 5.14 refuses: then each page is made ready when it is met

    def release(self) -> None:
        self._forget_pages()
        super().release()

    def remove(self) -> None:
        self._forget_pages()
        super().remove()

    def _forget_pages(self) -> None:
        """What makes up most of unmapping, done here since ``mmap.close`` would hold the interpreter's lock meanwhile."""
        if self.used is not None and self.capacity > _STRIDE:
            self._advise(_FORGET)

    def _advise(self, advice: int) -> None:
        if _madvise is None:
            return
        for start in range(0, self.capacity, _STRIDE):
            with self._closing:  # what lies at this address afterwards may be anybody's
                if self._map.closed or start >= len(self._map):
                    return
                address = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
                place, length = ctypes.c_void_p(address + start), min(_STRIDE, len(self._map) - start)
                if _madvise(place, ctypes.c_size_t(length), advice):
                    return

    def close(self) -> None:
        with self._closing:
            if hasattr(self, "_map"):  # not when the file system refused it
                self._map.close()
        super().close()


class PlainSegment(Segment):
    """A file that grows with each write. What ``pwrite`` has taken, the system keeps when the process dies.

    The disk is reserved some way ahead, so that the reserve is there when it is full.
    """

    def __init__(self, path: Path, number: int, capacity: int) -> None:
        super().__init__(path, number, capacity)
        self._size = self._reserved = 0
        self._lock = threading.RLock()
        try:
            self._allocate_to(min(capacity, _AHEAD))
        except BaseException:
            self.remove()
            raise
        self.write = self._write

    def _write(self, data: bytes, keep: int = RESERVE) -> None:
        with self._lock:
            end = self._size + len(data) + keep
            if self.used is not None or self.fd < 0 or end > self.capacity:
                raise ValueError("no room")
            if end > self._reserved:
                self._allocate_to(end)
            # taken at once, so that a signal handler that logs in the midst of this takes the next place
            start = self._size
            self._size = start + len(data)
            try:
                done = 0
                while done < len(data):
                    done += os.pwrite(self.fd, data[done:], start + done)
            except BaseException:
                if self._size == start + len(data):
                    self._size = start  # what was written is a torn end, which the next write covers
                raise

    def _allocate_to(self, end: int) -> None:
        reserve = getattr(os, "posix_fallocate", None)
        target = min(self.capacity, max(end, self._reserved + _AHEAD))
        if reserve is not None:  # else, and where the file system refuses, there is no reserve
            try:
                reserve(self.fd, self._reserved, target - self._reserved)
            except OSError as cause:
                if cause.errno not in _REFUSALS:
                    raise
        self._reserved = max(self._reserved, target)

    def spend(self, frame: bytes, keep: int = 0) -> bool:
        with self._lock, contextlib.suppress(ValueError, OSError):
            self.used = None  # finished for one that could not be begun
            self._write(frame, keep)
            return True
        return False

    def disown(self) -> None:
        self._lock = threading.RLock()  # a thread that is no more may have held it
        super().disown()

    @property
    def size(self) -> int:
        with self._lock:  # waits for a write that is under way
            return self._size

    def finish(self) -> None:
        with self._lock:
            self.used = self._size


_REFUSALS = {errno.ENODEV, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EACCES, errno.EPERM, errno.ENOTSUP}


def _allocate(fd: int, capacity: int) -> None:
    """Reserve the disk now: a full one is an error here, never a bus error at a write."""
    reserve = getattr(os, "posix_fallocate", None)
    if reserve is not None:
        reserve(fd, 0, capacity)
        return
    for offset in range(0, capacity, len(_ZEROS)):
        os.pwrite(fd, _ZEROS[: min(len(_ZEROS), capacity - offset)], offset)
