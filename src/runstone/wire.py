"""Records as framed bytes: how a journal is written. The bytes are fixed in ``docs/formats/journal.md``.

Everything is little-endian and aligned to 8 bytes. A metric is a frame of five words::

    key id << 32 | kind     step i64     time     value f64     salt

and everything else is ``length << 32 | kind, check << 32 | crc32, body padded to 8, salt``. The salt is a number drawn
for each journal: it ends every frame, tells our bytes from old ones, and is what a reader looks for after damage.
Words 0, 2 and 4 of a metric are never zero, so that one which a death left half-written shows.

This side loads no NumPy; :mod:`runstone.wire_read` reads.
"""

from __future__ import annotations

import os
import struct
import time
import zlib
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from .errors import InvalidValue, RecordTooLarge
from .records import RECORD_CAP, Record

MAGIC = b"RUNSTONE"
VERSION = 1
HEADER_BYTES = 256
METRIC_BYTES = 40
RUN_ID_BYTES = 172
#: No frame is longer: a record at its cap, with head, check, padding and salt.
LONGEST_FRAME = RECORD_CAP + 32

#: Kinds of frame: a point at the time of the call (f64 seconds), a point with a given time (milliseconds), a record,
#: a metric key and its number, checksums of bytes before it.
METRIC, METRIC_AT, RECORD, KEY, SEAL = 1, 2, 3, 4, 5

#: High half of the check word, so that the word is never zero.
CHECK = 0x52_53_54_4E
#: Bytes that one checksum of a seal covers.
SEAL_BLOCK = 64 * 1024

#: ``pack_metric(keys[key], step, now(), value, salt)``: the frame of a point logged now. ``now`` is in float seconds,
#: quicker to make and to pack than integer nanoseconds, and exact to 0.3 µs.
pack_metric = struct.Struct("<8sqdd8s").pack
now = time.time

_pack_metric_at = struct.Struct("<8sqQd8s").pack
_pack_two = struct.Struct("<QQ").pack
_pack_word = struct.Struct("<Q").pack
_HEADER = struct.Struct("<8sII8sQQQ16sQI")
_SIGN = 1 << 63
_PADDING = [b"\0" * (-n % 8) for n in range(8)]

_encode = msgspec.msgpack.Encoder().encode


class Header(Struct, frozen=True):
    """The start of a segment. ``start`` is the journal position of the header's first byte, ``created`` milliseconds."""

    journal_id: str
    run_id: str
    salt: bytes
    number: int
    start: int
    capacity: int
    created: int


def new_salt() -> bytes:
    """Eight random bytes that make neither a zero word nor anything a small number could be taken for."""
    salt = bytearray(os.urandom(8))
    salt[3] |= 0x80
    salt[7] |= 0x80
    return bytes(salt)


def key_word(key_id: int) -> bytes:
    """Word 0 of a point of this key, logged now."""
    return _pack_word(key_id << 32 | METRIC)


def metric_at(key_id: int, step: int, timestamp_ms: int, value: float, salt: bytes) -> bytes:
    """The frame of a point with a given time. Raises struct.error for numbers that do not fit, InvalidValue for the time."""
    # stored with its sign bit turned over: the one time that would make a zero word is not a time
    if not -_SIGN < timestamp_ms < _SIGN:
        raise InvalidValue(f"timestamp {timestamp_ms!r} is no number of milliseconds that fits 64 bits")
    return _pack_metric_at(_pack_word(key_id << 32 | METRIC_AT), step, timestamp_ms + _SIGN, value, salt)


def frame(kind: int, body: bytes, salt: bytes) -> bytes:
    """A frame of any length."""
    head = _pack_word(len(body) << 32 | kind)
    check = CHECK << 32 | zlib.crc32(body, zlib.crc32(head))
    return b"".join((head, _pack_word(check), body, _PADDING[len(body) % 8], salt))


def frame_bytes(word: int) -> int:
    """Length of the frame that begins with this word."""
    if word & 0xFFFF_FFFF in (METRIC, METRIC_AT):
        return METRIC_BYTES
    length = word >> 32
    return 24 + length + -length % 8


def record_frame(record: Record, salt: bytes) -> bytes:
    """Raises RecordTooLarge over 16 MiB, InvalidValue for a value that cannot be encoded."""
    try:
        body = _encode(record)
    except (TypeError, ValueError, OverflowError, RecursionError) as cause:
        raise InvalidValue(f"{type(record).__name__} cannot be written: {cause}") from cause
    if len(body) > RECORD_CAP:
        raise RecordTooLarge(
            f"a {type(record).__name__} record of {len(body):,} bytes is over the cap of {RECORD_CAP:,}; log it as an artifact"
        )
    return frame(RECORD, body, salt)


def key_frames(key_id: int, key: str, salt: bytes) -> bytes:
    """A key's number, twice over: all points of the key hang on it. Raises InvalidValue for text that is no Unicode."""
    try:
        text = key.encode()
    except UnicodeEncodeError as cause:
        raise InvalidValue(f"metric key {key!r} is not valid Unicode text: {cause}") from cause
    return frame(KEY, key_id.to_bytes(4, "little") + text, salt) * 2


def seal_frame(start: int, end: int, checksums: Sequence[int], salt: bytes) -> bytes:
    """``checksums[i]`` is the crc32 of the i-th ``SEAL_BLOCK`` bytes of journal positions ``start`` to ``end``."""
    return frame(SEAL, _pack_two(start, end) + b"".join(c.to_bytes(4, "little") for c in checksums), salt)


def header_bytes(header: Header) -> bytes:
    """Raises InvalidValue for a run id over 172 bytes."""
    run_id = header.run_id.encode()
    if len(run_id) > RUN_ID_BYTES:
        raise InvalidValue(f"run id {header.run_id!r} is over {RUN_ID_BYTES} bytes")
    head = _HEADER.pack(
        MAGIC,
        VERSION,
        HEADER_BYTES,
        header.salt,
        header.number,
        header.start,
        header.capacity,
        bytes.fromhex(header.journal_id),
        header.created,
        len(run_id),
    )
    head = (head + run_id).ljust(HEADER_BYTES - 4, b"\0")
    return head + zlib.crc32(head).to_bytes(4, "little")


def read_header(data: bytes) -> Header | None:
    """``None`` when these are not the bytes of a header. Raises InvalidValue when a newer version wrote them."""
    if len(data) < HEADER_BYTES or data[:8] != MAGIC:
        return None
    if zlib.crc32(data[: HEADER_BYTES - 4]) != int.from_bytes(data[HEADER_BYTES - 4 : HEADER_BYTES], "little"):
        return None
    _, version, _, salt, number, start, capacity, journal, created, length = _HEADER.unpack_from(data)
    if version > VERSION:
        raise InvalidValue(f"the journal has format version {version}; this Runstone reads up to {VERSION}. Upgrade Runstone.")
    run_id = data[_HEADER.size : _HEADER.size + length].decode(errors="replace")
    return Header(journal.hex(), run_id, salt, number, start, capacity, created)
