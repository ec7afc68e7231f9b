"""Whatever is framed is read back, bit for bit."""

from __future__ import annotations

import math
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone import records, wire
from runstone.entities import Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput
from runstone.errors import InvalidValue, RecordTooLarge
from runstone.wire_read import EMPTY, LIMIT, MORE, Decoder

SALT = wire.new_salt()
ints = st.integers(-(2**63), 2**63 - 1)
texts = st.text(max_size=20)
tags = st.dictionaries(texts, texts, max_size=3)
any_float = st.floats(allow_nan=True, allow_infinity=True)

RECORDS = st.one_of(
    st.builds(records.RunStarted, texts, texts, ints, texts, texts, tags),
    st.builds(records.RunChanged, texts, ints, st.none() | texts, st.none() | ints, cause=st.none() | texts),
    st.builds(records.Params, texts, tags),
    st.builds(records.Tags, texts, st.dictionaries(texts, st.none() | texts, max_size=3)),
    st.builds(records.MetricLinks, texts, texts, ints, ints, st.floats(allow_nan=False), st.none() | texts),
    st.builds(
        records.Inputs,
        texts,
        st.just([DatasetInput(Dataset("d", "1", "local", "{}"), [InputTag("mlflow.data.context", "train")])]),
        st.just([LoggedModelInput("m-1")]),
    ),
    st.builds(records.Outputs, texts, st.just([LoggedModelOutput("m-1", 3)])),
    st.builds(records.Console, texts, st.sampled_from(["stdout", "stderr"]), ints, texts),
    st.builds(records.Document, texts, texts, texts, texts),
    st.builds(records.ExperimentCreated, texts, texts, texts, tags, ints),
    st.builds(records.Lease, texts, texts, texts, ints, ints, ints),
)
POINTS = st.tuples(
    st.just("point"), st.sampled_from(["a", "b", "c/d"]), ints, any_float, st.none() | st.integers(1 - 2**63, 2**63 - 1)
)


class Journal:
    """Bytes of a journal without files."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.keys: dict[str, bytes] = {}

    def point(self, key: str, step: int, value: float, timestamp: int | None = None) -> None:
        if key not in self.keys:
            self.data += wire.key_frames(len(self.keys), key, SALT)
            self.keys[key] = wire.key_word(len(self.keys))
        if timestamp is None:
            self.data += wire.pack_metric(self.keys[key], step, 1.5, value, SALT)
        else:
            self.data += wire.metric_at(int.from_bytes(self.keys[key][4:], "little"), step, timestamp, value, SALT)

    def record(self, record: records.Record) -> None:
        self.data += wire.record_frame(record, SALT)


def points_of(metrics: records.Metrics) -> list[tuple[str, int, bytes, int]]:
    names = [metrics.keys[i] for i in np.frombuffer(metrics.series, "<u4")]
    steps = np.frombuffer(metrics.steps, "<i8").tolist()
    times = np.frombuffer(metrics.timestamps, "<i8").tolist()
    values = [metrics.values[i * 8 : i * 8 + 8] for i in range(len(names))]  # as bits: NaN is unequal to itself
    return list(zip(names, steps, values, times, strict=True))


def read_all(data: bytes, max_points: int = 1 << 16, max_other: int = 500) -> tuple[list[records.Record], int, str]:
    decoder, offset, found = Decoder("r", SALT), 0, []
    while True:
        piece = decoder.read(data, offset, len(data), max_points, max_other)
        found += piece.records
        if piece.stop != LIMIT or piece.end == len(data) or piece.end == offset:
            return found, piece.end, piece.stop
        offset = piece.end


@given(st.lists(RECORDS | POINTS, max_size=40), st.integers(1, 9), st.integers(1, 4))
def test_every_record_and_point_comes_back(items: list, max_points: int, max_other: int) -> None:
    journal = Journal()
    for item in items:
        journal.point(item[1], *item[2:]) if isinstance(item, tuple) else journal.record(item)
    found, end, stop = read_all(bytes(journal.data), max_points, max_other)
    assert (end, stop) == (len(journal.data), LIMIT)
    assert [r for r in found if not isinstance(r, records.Metrics)] == [item for item in items if not isinstance(item, tuple)]
    wanted = [
        (key, step, struct.pack("<d", value), 1500 if at is None else at)
        for _, key, step, value, at in (i for i in items if isinstance(i, tuple))
    ]
    assert [point for r in found if isinstance(r, records.Metrics) for point in points_of(r)] == wanted


def test_points_of_a_long_run_become_one_record() -> None:
    journal = Journal()
    for i in range(10_000):
        journal.point("abc"[i % 3], i, float(i))
    found, _, _ = read_all(bytes(journal.data))
    assert sum(isinstance(r, records.Metrics) for r in found) <= 2  # the three keys are met one by one, then all is one run
    assert sum(len(r.series) // 4 for r in found if isinstance(r, records.Metrics)) == 10_000


def test_points_never_cross_a_change_of_the_run() -> None:
    journal = Journal()
    journal.point("a", 1, 1.0)
    journal.record(records.Params("r", {"p": "1"}))
    journal.point("a", 2, 2.0)
    journal.record(records.RunChanged("r", 5, status="FINISHED"))
    journal.point("a", 3, 3.0)
    found, _, _ = read_all(bytes(journal.data))
    assert [type(r).__name__ for r in found] == ["Metrics", "Params", "RunChanged", "Metrics"]
    assert [p[1] for p in points_of(found[0])] == [1, 2]


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, -0.0, 5e-324, struct.unpack("<d", b"\1\0\0\0\0\0\xf8\x7f")[0]]
)
def test_odd_floats_are_exact(value: float) -> None:
    journal = Journal()
    journal.point("a", 0, value)
    found, _, _ = read_all(bytes(journal.data))
    assert found[0].values == struct.pack("<d", value)


def test_a_frame_cut_short_at_any_byte_is_waited_for() -> None:
    journal = Journal()
    journal.point("a", 1, 1.0)
    whole = len(journal.data)
    journal.record(records.Params("r", {"key": "value"}))
    data = bytes(journal.data)
    for cut in range(whole, len(data)):
        piece = Decoder("r", SALT).read(data, 0, cut)
        assert piece.end == whole
        assert piece.points == 1
        assert piece.stop in (LIMIT, MORE)


def test_unwritten_words_end_it() -> None:
    journal = Journal()
    journal.point("a", 1, 1.0)
    data = bytes(journal.data) + bytes(80)
    piece = Decoder("r", SALT).read(data, 0, len(data))
    assert (piece.end, piece.stop, piece.points) == (len(data) - 80, EMPTY, 1)


def test_a_half_written_metric_is_never_taken_for_one() -> None:
    journal = Journal()
    journal.point("a", 7, 0.25)
    head, tail = bytes(journal.data[:-40]), bytes(journal.data[-40:])
    words = [tail[i : i + 8] for i in range(0, 40, 8)]
    for missing in ([0, 1], [1, 2], [2, 3], [3, 4], [0, 1, 2, 3], [1, 2, 3, 4]):  # what a copy in 16-byte pieces can leave out
        torn = b"".join(b"\0" * 8 if i in missing else word for i, word in enumerate(words))
        piece = Decoder("r", SALT).read(head + torn, 0, len(head) + 40)
        assert piece.points == 0, missing


def test_other_salts_are_other_journals() -> None:
    journal = Journal()
    journal.record(records.Params("r", {"a": "b"}))
    assert Decoder("r", wire.new_salt()).read(bytes(journal.data), 0, len(journal.data)).records == []


def test_a_record_over_the_cap_is_refused() -> None:
    fits = records.Params("r", {"k": "x" * (records.RECORD_CAP - 100)})
    assert len(wire.record_frame(fits, SALT)) <= wire.LONGEST_FRAME
    with pytest.raises(RecordTooLarge, match="cap of 16,777,216"):
        wire.record_frame(records.Params("r", {"k": "x" * records.RECORD_CAP}), SALT)


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(InvalidValue):
        wire.record_frame(records.Params("r", {"k": "\ud800"}), SALT)
    with pytest.raises(InvalidValue):
        wire.key_frames(0, "\ud800", SALT)


def test_a_time_that_would_look_unwritten_is_refused() -> None:
    with pytest.raises(InvalidValue):
        wire.metric_at(0, 0, -(2**63), 1.0, SALT)


@given(st.text(min_size=1, max_size=40), st.integers(1, 2**40), st.integers(0, 2**62), st.integers(0, 2**40))
def test_headers_come_back(run_id: str, number: int, start: int, created: int) -> None:
    header = wire.Header("ab" * 16, run_id, SALT, number, start, 65536, created)
    assert wire.read_header(wire.header_bytes(header)) == header


def test_a_header_with_any_byte_changed_is_none() -> None:
    data = bytearray(wire.header_bytes(wire.Header("ab" * 16, "run", SALT, 1, 0, 65536, 5)))
    for i in range(len(data)):
        data[i] ^= 1
        assert wire.read_header(bytes(data)) is None
        data[i] ^= 1


def test_a_newer_version_is_named() -> None:
    head = bytearray(wire.header_bytes(wire.Header("ab" * 16, "run", SALT, 1, 0, 65536, 5)))
    head[8] = wire.VERSION + 1
    head[-4:] = zlib.crc32(bytes(head[:-4])).to_bytes(4, "little")
    with pytest.raises(InvalidValue, match="Upgrade"):
        wire.read_header(bytes(head))
