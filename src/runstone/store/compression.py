"""zstd: the standard library's from Python 3.14, its backport before."""

from __future__ import annotations

import sys
import threading

from runstone.errors import StoreCorrupt

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ZstdError, decompress = zstd.ZstdError, zstd.decompress
__all__ = ["ZstdError", "compress", "decompress", "text_of"]

#: Up to so many bytes are compressed by what is kept for it: to make that takes longer than to compress a few KB. More would
#: make it large for good.
_SMALL = 256 * 1024

#: By level, and whether frames have zstd's own checksum.
_kept: dict[tuple[int, bool], zstd.ZstdCompressor] = {}
_in_use = threading.Lock()


def compress(data: bytes, level: int, checked: bool = False) -> bytes:
    """One frame, which when ``checked`` tells that its bytes were changed. From any thread; two do not wait for each other."""
    if len(data) > _SMALL or not _in_use.acquire(blocking=False):
        return _compressor(level, checked).compress(data, zstd.ZstdCompressor.FLUSH_FRAME)
    try:
        kept = _kept.pop((level, checked), None) or _compressor(level, checked)
        frame = kept.compress(data, kept.FLUSH_FRAME)
        _kept[level, checked] = kept  # not after an error, which leaves a frame begun
        return frame
    finally:
        _in_use.release()


def _compressor(level: int, checked: bool) -> zstd.ZstdCompressor:
    known = zstd.CompressionParameter
    options: dict[int, int] = {known.compression_level: level, known.checksum_flag: int(checked)}
    made: zstd.ZstdCompressor = zstd.ZstdCompressor(options=options)
    return made


def text_of(frame: bytes) -> str:
    """The text in a frame. Raises StoreCorrupt."""
    try:
        return decompress(frame).decode()
    except (ZstdError, UnicodeDecodeError) as cause:
        raise StoreCorrupt(f"A compressed text cannot be read: {cause}.") from cause
