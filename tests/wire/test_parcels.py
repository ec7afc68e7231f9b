"""What a client packs for a server, and what of it is refused."""

from __future__ import annotations

import sys

import msgspec
import pytest

from runstone import records, wire
from runstone.contracts import Batch, Origin
from runstone.errors import InvalidValue
from runstone.wire_store import Parcel, pack_batches, unpack_batches

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SALT = b"RUNSTONE"


def parcel(frames: bytes) -> bytes:
    return zstd.compress(msgspec.msgpack.encode([Parcel("j", 0, len(frames), False, frames)]))


def test_what_is_packed_comes_out_again() -> None:
    batches = [Batch([records.Params("r", {"a": "1"}), records.Tags("r", {"b": None})], Origin("j", 0, 80))]
    assert unpack_batches(pack_batches(batches)) == batches


@pytest.mark.parametrize(
    "frames",
    [
        wire.pack_metric(wire.key_word(0), 1, 1.0, 0.5, SALT),
        wire.key_frames(1, "b", SALT) + wire.pack_metric(wire.key_word(0), 1, 1.0, 0.5, SALT) * 600,
        wire.key_frames(2**32 - 1, "far", SALT) + wire.pack_metric(wire.key_word(7), 1, 1.0, 0.5, SALT),
        wire.record_frame(records.Params("r", {"a": "1"}), SALT)[:-8],
        b"\xff" * 64,
    ],
    ids=["no key", "another key", "a far key", "cut short", "noise"],
)
def test_frames_that_are_not_whole_are_refused(frames: bytes) -> None:
    with pytest.raises(InvalidValue, match="Parcel 0 is damaged at byte"):
        unpack_batches(parcel(frames))


def test_key_numbers_far_apart_cost_no_memory() -> None:
    far = 2**32 - 1
    frames = wire.key_frames(0, "a", SALT) + wire.key_frames(far, "b", SALT)
    frames += b"".join(wire.pack_metric(wire.key_word(key), 1, 1.0, 0.5, SALT) for key in [0, far] * 300)
    (batch,) = unpack_batches(parcel(frames))
    (points,) = batch.records
    assert isinstance(points, records.Metrics)
    assert (points.keys, len(points.series)) == (["a", "b"], 4 * 600)
