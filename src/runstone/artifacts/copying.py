"""Copy a stream into a file, whole or not at all, and say what was copied."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import BinaryIO

from runstone.errors import DiskFull, InvalidValue, StoreReadOnly, StoreUnavailable

#: Bytes in memory at a time; large enough that hashing and copying release the GIL for most of their time.
PIECE = 1 << 20
#: From so many bytes on, hashing has a thread of its own, and writing need not wait for it.
_LARGE = 8 << 20
#: Bytes after which the kernel is asked to begin writing.
_FLUSH = 16 << 20
#: How names of unfinished files begin; listings hide them and nobody else may use it.
UNFINISHED = ".runstone-unfinished-"
#: Says that a writer has this folder for itself until it is done.
TAKEN = UNFINISHED + "taken"


def copy(stream: BinaryIO, place: str, durable: bool, digest: bool = True, name: str = "") -> tuple[int, str]:
    """Copy ``stream`` to ``place``, through an unfinished file beside it; (bytes, SHA-256 in hex) of what was copied.
    Without ``digest`` the second is empty. Errors speak of ``name``, if there is one, instead of ``place``.

    The content is flushed to the disk before the rename where ``durable``; the name is not, until :func:`sync_folder`.
    On any error the unfinished file is gone and ``place`` is as it was.
    """
    unfinished = os.path.join(os.path.dirname(place), UNFINISHED + secrets.token_hex(8))
    with told(name or place):
        try:
            with _begun(unfinished) as target:
                size, hashed = _pump(stream, target, digest)
                if durable:
                    os.fsync(target.fileno())
            os.replace(unfinished, place)
        except BaseException:
            with suppress(OSError):
                os.unlink(unfinished)
            raise
    return size, hashed


def make_folder(folder: str) -> None:
    """With all above it; again, where somebody removes one that is still empty at this moment."""
    for _ in range(10):
        with suppress(FileNotFoundError):
            os.makedirs(folder, exist_ok=True)
            return
    os.makedirs(folder, exist_ok=True)


def _begun(unfinished: str) -> BinaryIO:
    for _ in range(10):
        with suppress(FileNotFoundError):
            return open(unfinished, "xb", buffering=0)
        make_folder(os.path.dirname(unfinished))
    return open(unfinished, "xb", buffering=0)


def _pump(stream: BinaryIO, target: BinaryIO, wanted: bool) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with ExitStack() as stack:
        hashing: ThreadPoolExecutor | None = None
        while piece := stream.read(PIECE):
            if not isinstance(piece, (bytes, bytearray, memoryview)):
                raise InvalidValue(f"The stream gave {type(piece).__name__}, not bytes; open it in binary mode.")
            if wanted and hashing is None and size >= _LARGE:
                hashing = stack.enter_context(ThreadPoolExecutor(1, "runstone-digest"))
            hashed = hashing.submit(digest.update, piece) if hashing else None
            _write(piece, target)
            if hashed is not None:
                hashed.result()
            elif wanted:
                digest.update(piece)
            size += len(piece)
            if size % _FLUSH < len(piece):
                _begin_flush(target, size)
    return size, digest.hexdigest() if wanted else ""


def _write(piece: bytes, target: BinaryIO) -> None:
    view = memoryview(piece)
    while view:  # an unbuffered file may take less than it was given
        view = view[target.write(view) :]


def _begin_flush(target: BinaryIO, size: int) -> None:
    """Have the kernel begin to write what it holds, so that the flush at the end has little left to wait for."""
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):
            os.posix_fadvise(target.fileno(), max(0, size - _FLUSH), _FLUSH, os.POSIX_FADV_DONTNEED)


def sync_folder(folder: str) -> None:
    """Flush the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # some network file systems refuse it for folders; the file's own content is safe
    finally:
        os.close(handle)


@contextmanager
def told(place: object) -> Iterator[None]:
    """Errors of the disk, in words."""
    try:
        yield
    except OSError as cause:
        raise _error(str(place), cause) from cause


def _error(place: str, cause: OSError) -> InvalidValue | StoreUnavailable:
    if cause.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"The disk (or your quota on it) is full: {place!r} was not written. Make room, then log it again.")
    if cause.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return StoreReadOnly(
            f"{place!r} may not be read or written ({cause.strerror}); the artifacts' folder must be writable."
        )
    if cause.errno == errno.ENAMETOOLONG:
        return InvalidValue(
            f"Invalid artifact path {place!r}: a part of it is longer than the file system allows (usually 255 bytes)."
        )
    if cause.errno in (errno.ENOTDIR, errno.EEXIST):
        return InvalidValue(f"Cannot put {place!r}: a part of its path is a file, not a folder.")
    if cause.errno in (errno.EISDIR, errno.ENOTEMPTY):
        return InvalidValue(f"Cannot put a file at {place!r}: a folder of that name is there.")
    return StoreUnavailable(f"{place!r} could not be read or written: {cause.strerror or cause}.")
