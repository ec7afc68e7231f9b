"""After damage, reading goes on at the next whole frame."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone import records, wire
from runstone.wire_read import LIMIT, Decoder

SALT = wire.new_salt()


def journal() -> tuple[bytes, list[int]]:
    """Sixty frames of three kinds, and where each begins."""
    frames = [wire.key_frames(0, "loss", SALT)]
    for i in range(60):
        if i % 5 == 4:
            frames.append(wire.record_frame(records.Params("r", {f"k{i}": "v" * (i % 7)}), SALT))
        else:
            frames.append(wire.pack_metric(wire.key_word(0), i, 1.0 + i, float(i), SALT))
    starts = [sum(map(len, frames[:i])) for i in range(len(frames) + 1)]
    return b"".join(frames), starts


DATA, STARTS = journal()


def salvage(data: bytes) -> tuple[int, int, int]:
    """How many points and other records can be read, and how many bytes were skipped."""
    decoder, offset, points, other, skipped = Decoder("r", SALT), 0, 0, 0, 0
    while offset < len(data):
        piece = decoder.read(data, offset, len(data))
        points += piece.points
        other += piece.other
        if piece.stop == LIMIT:
            break
        resumed = decoder.resume_point(data, piece.end, len(data))
        offset = len(data) if resumed is None else resumed
        skipped += offset - piece.end
        assert offset > piece.end
    return points, other, skipped


@pytest.mark.parametrize("frame", range(1, 60, 7))
def test_a_wiped_frame_costs_itself_alone(frame: int) -> None:
    data = bytearray(DATA)
    data[STARTS[frame] : STARTS[frame + 1]] = bytes(STARTS[frame + 1] - STARTS[frame])
    points, other, skipped = salvage(bytes(data))
    assert points + other == 59
    assert skipped == STARTS[frame + 1] - STARTS[frame]


@given(st.integers(STARTS[1], len(DATA) - 1), st.integers(0, 7))
def test_one_flipped_bit_costs_one_record_at_most(position: int, bit: int) -> None:
    data = bytearray(DATA)
    data[position] ^= 1 << bit
    points, other, _ = salvage(bytes(data))
    assert points + other >= 59


@given(st.integers(STARTS[1], len(DATA) - 200), st.integers(1, 200), st.integers(0, 2**32))
def test_a_stretch_of_noise_costs_what_it_covers(start: int, length: int, seed: int) -> None:
    data = bytearray(DATA)
    data[start : start + length] = random.Random(seed).randbytes(length)
    touched = sum(1 for a, b in zip(STARTS[1:], STARTS[2:], strict=False) if a < start + length and b > start)
    points, other, _ = salvage(bytes(data))
    assert points + other >= 60 - touched


def test_a_flipped_bit_in_a_record_is_never_read_as_another_value() -> None:
    record = records.Params("r", {"key": "value"})
    frame = wire.record_frame(record, SALT)
    for position in range(len(frame)):
        data = bytearray(frame)
        data[position] ^= 4
        found = Decoder("r", SALT).read(bytes(data), 0, len(data)).records
        assert found == [] or (found == [record] and frame[position] == 0)  # padding says nothing
