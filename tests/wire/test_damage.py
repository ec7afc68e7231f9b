"""After damage, reading goes on at the next whole frame."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone import records, wire
from runstone.wire_damage import resume_point
from runstone.wire_read import LIMIT, Decoder

SALT = wire.new_salt()


def journal() -> tuple[bytes, list[int]]:
    """Sixty frames of three kinds, and where each begins."""
    frames = [wire.key_frames(0, "loss", SALT)]
    for i in range(60):
        if i % 5 == 4:
            frames.append(wire.record_frame(records.Params("r", {f"k{i}": "v" * (i % 7) * 9}), SALT))
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
        resumed = resume_point(data, piece.end, len(data), decoder.salt)
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


# --- keys ----------------------------------------------------------------------------------------------------------


def several_keys() -> list[tuple[bytes, int]]:
    """Frames of four keys, each known from a while after the one before, and their points: each with its key's number."""
    frames: list[tuple[bytes, int]] = []
    for i in range(60):
        if i % 15 == 0:
            both = wire.key_frames(i // 15, f"key {i // 15}", SALT)
            frames += [(both[: len(both) // 2], -1 - i // 15), (both[len(both) // 2 :], -1 - i // 15)]
        key = i % (i // 15 + 1)
        frames.append((wire.pack_metric(wire.key_word(key), i, 1.0 + i, float(key), SALT), key))
    return frames


FRAMES = several_keys()
WHOLE = b"".join(frame for frame, _ in FRAMES)


def read_points(data: bytes) -> tuple[list[tuple[str, int, float]], int]:
    """(key, step, value) of all points in order, and how many were left out for want of their key."""
    decoder, offset, nameless = Decoder("r", SALT), 0, 0
    points: list[tuple[str, int, float]] = []
    while offset < len(data):
        piece = decoder.read(data, offset, len(data))
        nameless += piece.nameless
        for record in piece.records:
            assert isinstance(record, records.Metrics)
            count = len(record.series) // 4
            bytes_of = zip("Iqd", (record.series, record.steps, record.values), strict=True)
            columns = [struct.unpack(f"<{count}{kind}", column) for kind, column in bytes_of]
            points += [(record.keys[series], step, value) for series, step, value in zip(*columns, strict=True)]
        assert piece.points == sum(len(one.series) // 4 for one in piece.records if isinstance(one, records.Metrics))
        offset = piece.end
        if piece.stop != LIMIT:
            resumed = resume_point(data, offset, len(data), decoder.salt)
            offset = len(data) if resumed is None else resumed
    return points, nameless


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 600), st.integers(0, 2**32), st.booleans())
def test_damage_to_keys_costs_what_it_covers_and_no_other_series(start: int, length: int, seed: int, wiped: bool) -> None:
    data = bytearray(WHOLE)
    length = min(length, len(data) - start)
    data[start : start + length] = bytes(length) if wiped else random.Random(seed).randbytes(length)
    left, known, hit, at, step = list[tuple[str, int, float]](), set[str](), 0, 0, -1
    for frame, key in FRAMES:
        step += key >= 0
        if data[at : at + len(frame)] != frame:
            hit += 1
        elif key < 0:
            known.add(f"key {-1 - key}")
        else:
            left.append((f"key {key}", step, float(key)))
        at += len(frame)
    points, nameless = read_points(bytes(data))
    kept = [point for point in left if point[0] in known]
    # what was hit may be read as another point (the seals tell), or as one of a key that there is not
    read = iter(points)
    assert all(point in read for point in kept)  # in their order
    assert len(points) + nameless <= len(left) + hit
    assert nameless >= len(left) - len(kept)


def test_a_wiped_frame_before_a_key_does_not_cost_its_series() -> None:
    data = bytearray(WHOLE)
    place = sum(len(frame) for frame, _ in FRAMES[:16])
    assert FRAMES[17][1] == -2
    data[place : place + 40] = bytes(40)
    points, nameless = read_points(bytes(data))
    assert (len(points), nameless) == (59, 0)


def test_points_of_a_lost_key_are_counted_and_the_others_kept() -> None:
    head, body = 2 * len(FRAMES[0][0]), FRAMES[2:17] + FRAMES[17:]
    points, nameless = read_points(bytes(head) + b"".join(frame for frame, _ in body))
    lost = sum(1 for _, key in body if key == 0)
    assert (len(points), nameless) == (60 - lost, lost)
    assert {key for key, _, _ in points} == {"key 1", "key 2", "key 3"}
