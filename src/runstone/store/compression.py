"""zstd: the standard library's from Python 3.14, its backport before."""

from __future__ import annotations

import sys
import threading

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ZstdError, decompress = zstd.ZstdError, zstd.decompress
__all__ = ["ZstdError", "compress", "decompress"]

#: Up to so many bytes are compressed by what is kept for it: to make that takes longer than to compress a few KB. More would
#: make it large for good.
_SMALL = 256 * 1024

_kept: dict[int, zstd.ZstdCompressor] = {}
_in_use = threading.Lock()


def compress(data: bytes, level: int) -> bytes:
    """One frame. From any thread; two at a time do not wait for each other."""
    if len(data) > _SMALL or not _in_use.acquire(blocking=False):
        return zstd.compress(data, level)
    try:
        kept = _kept.pop(level, None) or zstd.ZstdCompressor(level=level)
        frame = kept.compress(data, kept.FLUSH_FRAME)
        _kept[level] = kept  # not after an error, which leaves a frame begun
        return frame
    finally:
        _in_use.release()
