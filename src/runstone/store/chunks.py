"""Points of one series as bytes: raw words for a few, a compressed chunk for many. ``docs/formats/chunk.md`` fixes the bytes.

Pure functions of arrays. ``Points`` is three arrays of shape (n,): steps int64, timestamps int64 (milliseconds), values
float64. Steps and timestamps come back exactly, values bit for bit except that any NaN is one NaN.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

from runstone._lazy import later
from runstone.errors import StoreCorrupt

from .compression import ZstdError, compress, decompress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = later("numpy")

FORMAT = 1
#: No chunk holds more points than this.
CHUNK_CAP = 131_072
LEVEL = 3

_HEADER = struct.Struct("<BBHI")  # format, 0, 0, count
_COLUMN = struct.Struct("<BI")  # encoding, length
_STRIDE = struct.Struct("<qQ")  # start, stride
_CRC = struct.Struct("<I")

# encodings; the low four bits are the width of a word in bytes, 0 for a column that is one formula
_STRIDED, _DELTAS, _FLOATS, _SAME, _SHUFFLED, _ZSTD = 0x00, 0x00, 0x10, 0x10, 0x40, 0x80
#: So many words tell whether shuffling helps: it does for noise, it does not for few distinct values.
_TRIAL = 2048


class Points(NamedTuple):
    steps: NDArray[np.int64]
    timestamps: NDArray[np.int64]
    values: NDArray[np.float64]

    def take(self, picked: NDArray[np.intp] | slice) -> Points:
        return Points(self.steps[picked], self.timestamps[picked], self.values[picked])


def joined(parts: list[Points]) -> Points:
    """One after the other."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return empty(0)
    return Points(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def ordered(points: Points) -> Points:
    """By (step, timestamp); points that share both keep their order."""
    steps, timestamps = points.steps, points.timestamps
    ahead = steps[1:] > steps[:-1]
    if ahead.all() or (ahead | ((steps[1:] == steps[:-1]) & (timestamps[1:] >= timestamps[:-1]))).all():
        return points
    return points.take(np.lexsort((timestamps, steps)))


def pack(points: Points) -> bytes:
    """Raw words, 24 bytes a point: all steps, all timestamps, all values."""
    return b"".join((points.steps.tobytes(), points.timestamps.tobytes(), points.values.tobytes()))


def unpack(data: bytes) -> Points:
    """The inverse of :func:`pack`; the arrays look into ``data``."""
    count = len(data) // 24
    words = np.frombuffer(data, "<i8", 2 * count)
    return Points(words[:count], words[count:], np.frombuffer(data, "<f8", count, 16 * count))


def unpack_all(rows: list[bytes]) -> Points:
    """The points of several texts of :func:`pack`, one after the other; for many short ones much faster than one by one."""
    if len(rows) == 1:
        return unpack(rows[0])
    sizes = [len(row) // 3 for row in rows]
    if len(set(sizes)) == 1:
        columns = np.frombuffer(b"".join(rows), "<i8").reshape(len(rows), 3, sizes[0] // 8)
        return Points(columns[:, 0].ravel(), columns[:, 1].ravel(), columns[:, 2].ravel().view("<f8"))
    steps, timestamps, values = (
        b"".join([row[size * column : size * (column + 1)] for row, size in zip(rows, sizes, strict=True)])
        for column in range(3)
    )
    return Points(np.frombuffer(steps, "<i8"), np.frombuffer(timestamps, "<i8"), np.frombuffer(values, "<f8"))


def encode(points: Points) -> bytes:
    """A chunk: header, the three columns, a checksum."""
    body = b"".join(
        (
            _HEADER.pack(FORMAT, 0, 0, len(points.steps)),
            _integers(points.steps),
            _integers(points.timestamps),
            _floats(points.values),
        )
    )
    return body + _CRC.pack(zlib.crc32(body))


def empty(count: int) -> Points:
    """Room for that many points."""
    return Points(np.empty(count, "<i8"), np.empty(count, "<i8"), np.empty(count, "<f8"))


def decode(data: bytes, room: Points | None = None) -> Points:
    """The inverse of :func:`encode`, into ``room`` if there is some. Raises StoreCorrupt."""
    try:
        (crc,) = _CRC.unpack_from(data, len(data) - 4)
        if zlib.crc32(memoryview(data)[:-4]) != crc:
            raise StoreCorrupt("A chunk of metric points is damaged: its checksum does not match its bytes.")
        version, _, _, count = _HEADER.unpack_from(data)
        if version != FORMAT:
            raise StoreCorrupt(f"A chunk of metric points has format {version}; this version reads format {FORMAT}.")
        found, at = room or empty(count), _HEADER.size
        for column in found:
            encoding, length = _COLUMN.unpack_from(data, at)
            at += _COLUMN.size
            part = memoryview(data)[at : at + length]
            if column is found.values:
                _read_floats(encoding, part, found.values)
            else:
                _read_integers(encoding, part, column)  # type: ignore[arg-type]  # the other two hold integers
            at += length
        return found
    except (struct.error, ValueError, ZstdError) as cause:
        raise StoreCorrupt(f"A chunk of metric points cannot be read: {cause}.") from cause


def _integers(column: NDArray[np.int64]) -> bytes:
    words = np.ascontiguousarray(column).view("<u8")  # unsigned: differences may wrap around and back
    deltas = words[1:] - words[:-1]
    start = int(column[0])
    if not len(deltas) or (deltas == deltas[0]).all():
        return _COLUMN.pack(_STRIDED, _STRIDE.size) + _STRIDE.pack(start, int(deltas[0]) if len(deltas) else 0)
    # zigzag: small negative differences become small numbers
    deltas = (deltas << np.uint64(1)) ^ (deltas.view("<i8") >> np.int64(63)).view("<u8")
    top = int(deltas.max())
    width = 1 if top < 1 << 8 else 2 if top < 1 << 16 else 4 if top < 1 << 32 else 8
    return _column(_DELTAS | width, column[:1].tobytes(), deltas.astype(f"<u{width}"))


def _floats(column: NDArray[np.float64]) -> bytes:
    words = np.ascontiguousarray(column).view("<u8")
    if (words == words[0]).all():
        return _COLUMN.pack(_SAME, 8) + words[:1].tobytes()
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = column.astype("<f4")  # losses come from 32-bit tensors more often than not
    if np.array_equal(narrow, column, equal_nan=True):
        return _column(_FLOATS | 4, b"", narrow)
    return _column(_FLOATS | 8, b"", np.ascontiguousarray(column))


def _column(encoding: int, prefix: bytes, words: NDArray[np.generic]) -> bytes:
    plain = prefix + words.tobytes()
    if words.dtype.itemsize == 1:
        packed = compress(plain, LEVEL)
    elif len(words) <= _TRIAL:  # both ways, and the shorter one
        other = prefix + _shuffled(words)
        packed, short = compress(plain, LEVEL), compress(other, LEVEL)
        if len(short) < len(packed):
            plain, packed, encoding = other, short, encoding | _SHUFFLED
    else:
        if _shuffling_helps(words[:_TRIAL]):
            plain, encoding = prefix + _shuffled(words), encoding | _SHUFFLED
        packed = compress(plain, LEVEL)
    if len(packed) < len(plain):
        return _COLUMN.pack(encoding | _ZSTD, len(packed)) + packed
    return _COLUMN.pack(encoding, len(plain)) + plain


def _shuffling_helps(words: NDArray[np.generic]) -> bool:
    return len(compress(_shuffled(words), LEVEL)) < len(compress(words.tobytes(), LEVEL))


def _shuffled(words: NDArray[np.generic]) -> bytes:
    """First the lowest byte of every word, then the next: what is alike comes to lie together."""
    return bytes(words.view("u1").reshape(len(words), -1).T.tobytes())


def _words(encoding: int, data: memoryview | bytes, count: int, at: int) -> NDArray[np.uint8]:
    width = encoding & 0x0F
    words = np.frombuffer(data, "u1", width * count, at)
    return np.ascontiguousarray(words.reshape(width, count).T).reshape(-1) if encoding & _SHUFFLED else words


def _plain(encoding: int, data: memoryview) -> memoryview | bytes:
    return decompress(data) if encoding & _ZSTD else data


def _read_integers(encoding: int, data: memoryview, column: NDArray[np.int64]) -> None:
    width, count, out = encoding & 0x0F, len(column), column.view("<u8")
    if not width:
        start, stride = _STRIDE.unpack(data)
        np.multiply(np.arange(count, dtype="<u8"), np.uint64(stride), out=out)
        out += np.uint64(start & 0xFFFF_FFFF_FFFF_FFFF)
        return
    plain = _plain(encoding, data)
    out[0] = np.frombuffer(plain, "<u8", 1)[0]
    deltas = out[1:]
    deltas[:] = _words(encoding, plain, count - 1, 8).view(f"<u{width}")
    signs = deltas & np.uint64(1)
    deltas >>= np.uint64(1)
    deltas ^= np.negative(signs, out=signs)
    np.cumsum(out, out=out)


def _read_floats(encoding: int, data: memoryview, column: NDArray[np.float64]) -> None:
    width = encoding & 0x0F
    if width:
        column[:] = _words(encoding, _plain(encoding, data), len(column), 0).view(f"<f{width}")
    else:
        column[:] = np.frombuffer(data, "<f8", 1)[0]
