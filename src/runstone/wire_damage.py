"""Where a damaged journal makes sense again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import wire
from ._lazy import later
from .wire_read import METRICS, OTHERS, are_points, body_of

if TYPE_CHECKING:
    import numpy as np
else:
    np = later("numpy")

#: Bytes looked through first, then eight times as many: damage is small as a rule.
_NEAR = 1 << 14


def resume_point(data: bytes, offset: int, limit: int, salt: int) -> int | None:
    """The first offset after damage at ``offset`` where a frame is whole again, ``None`` when there is none.

    A frame begins after each salt; a metric ends with one, and the second word of each other frame says that it is a check.
    If it is a frame's salt that was damaged, its length may still be right, and the next frame follows.
    """
    following = offset + wire.frame_bytes(int.from_bytes(data[offset : offset + 8], "little"))
    span = _NEAR
    while True:
        stop = min(limit, offset + span) // 8 * 8
        words = np.frombuffer(data, "<u8", (stop - offset) // 8, offset)
        ends = np.flatnonzero(words == salt) * 8 + offset + 8
        checked = np.flatnonzero(words >> 32 == wire.CHECK) * 8 + offset - 8
        after = set(ends.tolist())
        places = {*(ends - wire.METRIC_BYTES).tolist(), *checked.tolist(), *after, following}
        for place in sorted(place for place in places if offset < place <= stop):
            if _whole(data, place, limit, salt) or (place in after and _over(data, place, limit)):
                return int(place)
        if stop + 8 > limit:
            return None
        span *= 8


def _over(data: bytes, offset: int, limit: int) -> bool:
    """Whether nothing was written from here on."""
    return offset == limit or not any(data[offset : offset + 8])


def _whole(data: bytes, offset: int, limit: int, salt: int) -> bool:
    if offset + 24 > limit:
        return False
    word = int.from_bytes(data[offset : offset + 8], "little")
    length = wire.frame_bytes(word)
    if offset + length > limit:
        return False
    if word & 0xFFFF_FFFF in METRICS:
        row = np.frombuffer(data, dtype="<u8", count=5, offset=offset).reshape(1, 5)
        return bool(are_points(row, salt)[0])
    return word & 0xFFFF_FFFF in OTHERS and body_of(data, offset, word, length, salt) is not None
