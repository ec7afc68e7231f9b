"""Points survive being packed and encoded, whatever they are."""

from __future__ import annotations

import math
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.errors import StoreCorrupt
from runstone.store import compression
from runstone.store.chunks import CHUNK_CAP, Points, decode, encode, joined, ordered, pack, unpack, unpack_all

INT64 = st.integers(-(2**63), 2**63 - 1)
VALUE = st.floats(width=64) | st.floats(width=32) | st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324])
ANY = st.lists(st.tuples(INT64, INT64, VALUE), min_size=1, max_size=300)
#: As a training loop logs: steps with a stride, a clock, float32 losses.
USUAL = st.builds(
    lambda start, stride, clock, values: [(start + i * stride, clock + 13 * i, v) for i, v in enumerate(values)],
    st.integers(-(10**6), 10**6),
    st.integers(0, 1000),
    st.integers(0, 2**42),
    st.lists(st.floats(0, 10, width=32), min_size=1, max_size=300),
)


def points(rows: list[tuple[int, int, float]]) -> Points:
    steps, timestamps, values = zip(*rows, strict=True)
    return Points(np.array(steps, "<i8"), np.array(timestamps, "<i8"), np.array(values, "<f8"))


def words(found: Points) -> tuple[list[int], list[int], list[int]]:
    """The bits, every NaN the same."""
    values = np.where(np.isnan(found.values), math.nan, found.values)
    return found.steps.tolist(), found.timestamps.tolist(), values.view("<u8").tolist()


@given(ANY | USUAL)
def test_an_encoded_chunk_decodes_to_the_same_points(rows: list[tuple[int, int, float]]) -> None:
    assert words(decode(encode(points(rows)))) == words(points(rows))


@given(ANY)
def test_raw_words_unpack_to_the_same_points(rows: list[tuple[int, int, float]]) -> None:
    assert words(unpack(pack(points(rows)))) == words(points(rows))
    halves = [rows[: len(rows) // 2], rows[len(rows) // 2 :], rows[:1]]
    halves = [one for one in halves if one]
    packed = [pack(points(one)) for one in halves]
    assert words(unpack_all(packed)) == words(joined([points(one) for one in halves]))
    alike = [rows, rows[::-1], rows]  # all equally long, as the series of a steady log
    assert words(unpack_all([pack(points(one)) for one in alike])) == words(joined([points(one) for one in alike]))


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 3), st.integers(0, 10**6).map(float)), min_size=1))
def test_ordering_is_by_step_then_timestamp_and_stable(rows: list[tuple[int, int, float]]) -> None:
    found = ordered(points(rows))
    expected = sorted(rows, key=lambda row: (row[0], row[1]))
    assert list(zip(found.steps.tolist(), found.timestamps.tolist(), found.values.tolist(), strict=True)) == expected


@given(USUAL, st.integers(0, 10**6), st.integers(1, 255))
def test_a_flipped_bit_is_noticed(rows: list[tuple[int, int, float]], place: int, change: int) -> None:
    data = bytearray(encode(points(rows)))
    data[place % len(data)] ^= change
    with pytest.raises(StoreCorrupt):
        decode(bytes(data))


@pytest.mark.parametrize("cut", [0, 1, 3, 10, 30])
def test_a_cut_chunk_is_noticed(cut: int) -> None:
    with pytest.raises(StoreCorrupt):
        decode(encode(points([(1, 2, 3.0), (4, 5, 6.5)]))[:cut])


def test_a_chunk_of_another_format_says_so() -> None:
    data = bytearray(encode(points([(1, 2, 3.0)]))[:-4])
    data[0] = 9
    with pytest.raises(StoreCorrupt, match="format 9"):
        decode(bytes(data) + zlib.crc32(data).to_bytes(4, "little"))


def test_a_noisy_loss_takes_less_than_ten_bytes_a_point() -> None:
    noise = np.random.default_rng(1)
    steps = np.arange(20_000)
    clock = 1_700_000_000_000 + np.cumsum(noise.integers(200, 300, len(steps)))
    loss = 2 * np.exp(-steps / 5000) + noise.normal(0, 0.05, len(steps))
    assert len(encode(Points(steps, clock, loss))) < 8.5 * len(steps)
    assert len(encode(Points(steps, clock, loss.astype("f4").astype("f8")))) < 5 * len(steps)
    assert len(encode(Points(steps, clock, loss.round(3)))) < 4 * len(steps)


def test_steps_with_a_stride_take_no_room() -> None:
    few, many = (Points(np.arange(n) * 5, np.zeros(n, "<i8"), np.ones(n)) for n in (10, CHUNK_CAP))
    assert len(encode(few)) == len(encode(many)) < 100


def test_joining_nothing_is_no_points() -> None:
    assert len(joined([]).steps) == 0


def test_what_compresses_is_made_once_and_serves_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    real = compression.zstd.ZstdCompressor

    def counted(options: dict[int, int]) -> Any:
        made.append(options[compression.zstd.CompressionParameter.compression_level])
        return real(options=options)

    monkeypatch.setattr(compression, "_kept", {})
    noise = [np.random.default_rng(size).bytes(size) for size in range(1, 60)]
    with monkeypatch.context() as patch:
        patch.setattr(compression.zstd, "ZstdCompressor", counted)
        alone = [compression.compress(data, 3) for data in noise]
    assert made == [3]
    with pytest.raises(TypeError):
        compression.compress("no bytes", 3)  # type: ignore[arg-type]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda data: compression.compress(data, 3), noise * 20))
    assert together == alone * 20
    assert [compression.decompress(frame) for frame in alone] == noise
