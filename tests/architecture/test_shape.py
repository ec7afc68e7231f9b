"""The smells of STYLE.md: printed for a reader, held only where a number is a promise."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "runstone"
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


def _lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_files_stay_small(capsys: object) -> None:
    sizes = {path.relative_to(SOURCE).as_posix(): _lines(path) for path in SOURCE.rglob("*.py")}
    real = {name: size for name, size in sizes.items() if size > 3 and name not in TABLES}
    ordered = sorted(real.values())
    print(
        f"\n{len(real)} files; median {statistics.median(ordered)}, p90 {ordered[int(len(ordered) * 0.9)]}, max {ordered[-1]}"
    )
    for name, size in sorted(real.items(), key=lambda item: -item[1])[:5]:
        print(f"  {size:5} {name}")
    assert ordered[-1] <= 700, f"{max(real, key=lambda name: real[name])} has {ordered[-1]} lines: is it one room or several?"


def test_few_functions_are_long() -> None:
    lengths: dict[str, int] = {}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lengths[f"{path.relative_to(SOURCE)}:{node.name}"] = (node.end_lineno or 0) - node.lineno + 1
    long = {name: length for name, length in lengths.items() if length > 50}
    print(f"\n{len(long)} of {len(lengths)} functions over 50 lines: {long}")
    assert len(long) <= 0.03 * len(lengths)


def test_the_write_road_is_short() -> None:
    total = sum(_lines(SOURCE / place) for place in ROAD)
    print(f"\nwrite road: {total} lines")
    assert total < 2500
