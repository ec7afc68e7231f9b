"""One file of a journal, open for writing by the process that made it.

A :class:`MappedSegment` is preallocated and mapped: writing is one ``mmap.write``, a single C call that copies, moves the
position and raises ValueError when there is no room, all under the interpreter's lock. :mod:`.plain` has the other kind.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from runstone import wire

from .allocation import FORGET, POPULATE_WRITE, REFUSALS, STRIDE, advise, allocate

#: Bytes at the end of each segment that are kept for what must fit when there is no room for another one.
RESERVE = 4096
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)


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
        """Append one whole frame, into the reserve but for its last ``keep`` bytes; whether there was room. ``write`` takes
        nothing from then on. By one thread at a time, never once it is closed."""
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
            allocate(self.fd, capacity)
            self._map = mmap.mmap(self.fd, capacity - RESERVE - 4)
        except BaseException as cause:
            self.remove()
            if isinstance(cause, OSError) and cause.errno in REFUSALS:
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
        with contextlib.suppress(ValueError):  # closed by a fork
            if self._reserve is None:
                self._open_reserve()
            if self._reserve is not None and self._reserve.tell() + len(frame) + keep <= len(self._reserve):
                self._reserve.write(frame)
                return True
        return False

    def _open_reserve(self) -> None:
        """Map the whole file. Not by a signal handler in the midst of this."""
        if self._opening:
            return
        self._opening = True
        try:
            self.finish()  # nobody who holds the old ``write`` comes between
            if self.used is None:
                return
            with self._descriptor() as fd:
                whole = mmap.mmap(fd, self.capacity - 4)
            whole.seek(self.used)
            with self._closing:
                self._map.close()
                self._known, self._map = whole.tell(), whole
            self.used = None
            self._reserve = whole  # last: if this is interrupted, it is done again
        finally:
            self._opening = False

    def prefault(self) -> None:
        """Make all pages ready for writing, off the writer's thread and without the interpreter's lock."""
        # a kernel before 5.14 refuses: then each page is made ready when it is met
        advise(self._map, POPULATE_WRITE, self._closing)

    def release(self) -> None:
        self._forget_pages()
        super().release()

    def remove(self) -> None:
        self._forget_pages()
        super().remove()

    def _forget_pages(self) -> None:
        """What makes up most of unmapping, done here since ``mmap.close`` would hold the interpreter's lock meanwhile."""
        if self.used is not None and self.capacity > STRIDE:
            advise(self._map, FORGET, self._closing)

    def close(self) -> None:
        with self._closing:
            if hasattr(self, "_map"):  # not when the file system refused it
                self._map.close()
        super().close()
