"""The smells of STYLE.md: printed for a reader, held only where a number is a promise."""

from __future__ import annotations

import statistics

import pytest
from source_files import FILES, SOURCE, read

pytestmark = pytest.mark.xdist_group("source files")  # one worker reads them

TABLES = {"settings.py"}
#: The files that a metric passes on its way from the call to the chunk.
ROAD = [
    "client/fluent.py",
    "client/run_log.py",
    "wire.py",
    "journal/writer.py",
    "journal/segment.py",
    "journal/shipper.py",
    "journal/reader.py",
    "wire_read.py",
    "store/write.py",
    "store/flush.py",
    "store/metrics.py",
    "store/arrivals.py",
    "store/chunks.py",
]


def test_files_stay_small(capsys: object) -> None:
    sizes = {path.relative_to(SOURCE).as_posix(): read(path).lines for path in FILES}
    real = {name: size for name, size in sizes.items() if size > 3 and name not in TABLES}
    ordered = sorted(real.values())
    print(
        f"\n{len(real)} files; median {statistics.median(ordered)}, p90 {ordered[int(len(ordered) * 0.9)]}, max {ordered[-1]}"
    )
    for name, size in sorted(real.items(), key=lambda item: -item[1])[:5]:
        print(f"  {size:5} {name}")
    assert ordered[-1] <= 700, f"{max(real, key=lambda name: real[name])} has {ordered[-1]} lines: is it one room or several?"


def test_few_functions_are_long() -> None:
    lengths = {f"{path.relative_to(SOURCE)}:{name}": length for path in FILES for name, length in read(path).functions}
    long = {name: length for name, length in lengths.items() if length > 50}
    print(f"\n{len(long)} of {len(lengths)} functions over 50 lines: {long}")
    assert len(long) <= 0.03 * len(lengths)


def test_the_write_road_is_short() -> None:
    total = sum(read(SOURCE / place).lines for place in ROAD)
    print(f"\nwrite road: {total} lines")
    assert total < 2500
