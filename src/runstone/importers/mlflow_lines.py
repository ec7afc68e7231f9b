"""MLflow's metric files: a line for each point, ``timestamp value step``, as they were logged.

Lines of MLflow 1 have no step; those of points on a dataset have its name and digest behind; those of a logged model the run.
Only whole lines count: a process may be writing the last one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from runstone.records import MetricLinks

from .contents import Points, Problem
from .reading import Unreadable

_BLOCK = 1 << 22
_INT64 = range(-(1 << 63), 1 << 63)


def points(path: str, run_id: str, key: str, skip: int, settled: bool, problem: Problem) -> Iterator[Points]:
    """The points of one file without the first ``skip``, some megabytes at a time.

    Args:
        settled: nobody writes any more, so that a last line without its end is whole.
        problem: told of lines that are no points.
    """
    for lines, first in _lines(path, settled, problem):
        found = _plain(key, lines) or _each(key, run_id, path, lines, first, problem)
        count = len(found.values)
        if skip:
            found = _without(found, skip)
        skip = max(0, skip - count)
        if len(found.values):
            yield found


def model_points(path: str, model_id: str, key: str, problem: Problem) -> Iterator[MetricLinks]:
    """The points of a logged model's file: ``timestamp value step run [dataset digest]``."""
    for lines, first in _lines(path, True, problem):
        for place, line in enumerate(lines, first):
            parts = line.split()
            try:
                if len(parts) < 4:
                    raise ValueError
                timestamp, value, step = int(parts[0]), float(parts[1]), int(parts[2])
                name, digest = _dataset(parts[4:])
            except ValueError:
                problem(f"{path}:{place}", "the line is no 'timestamp value step run'")
                continue
            yield MetricLinks(parts[3].decode("utf-8", "replace"), key, step, timestamp, value, model_id, name, digest)


def _lines(path: str, settled: bool, problem: Problem) -> Iterator[tuple[list[bytes], int]]:
    """Whole lines, many at a time, and the number of the first (from 1)."""
    rest, place = b"", 1
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            while block := file.read(_BLOCK):
                whole, end, rest = (rest + block).rpartition(b"\n")
                if end:
                    lines = whole.split(b"\n")
                    yield lines, place
                    place += len(lines)
                elif len(rest) > 64 * _BLOCK:
                    raise Unreadable("has a line without end")
    except OSError as cause:
        problem(path, f"cannot be read: {cause.strerror}")
    except Unreadable as cause:
        problem(path, str(cause))
        return
    if rest and settled:
        yield [rest], place


def _plain(key: str, lines: list[bytes]) -> Points | None:
    """Lines that all have three fields and nothing odd, fast; else ``None``."""
    if not all(line.count(b" ") == 2 for line in lines):
        return None
    fields = b"\n".join(lines).split()
    if len(fields) != 3 * len(lines):
        return None
    try:
        found = Points(
            key, [int(one) for one in fields[2::3]], [int(one) for one in fields[0::3]], [float(one) for one in fields[1::3]]
        )
    except ValueError:
        return None
    return (
        found
        if all(one in _INT64 for one in (min(found.steps), max(found.steps), min(found.timestamps), max(found.timestamps)))
        else None
    )


def _each(key: str, run_id: str, path: str, lines: list[bytes], first: int, problem: Problem) -> Points:
    steps: list[int] = []
    timestamps: list[int] = []
    values: list[float] = []
    links = []
    for place, line in enumerate(lines, first):
        parts = line.split()
        if not parts:
            continue
        try:
            timestamp, value, step = int(parts[0]), float(parts[1]), int(parts[2]) if len(parts) > 2 else 0
            name, digest = _dataset(parts[3:])
            if timestamp not in _INT64 or step not in _INT64:
                raise ValueError
        except (ValueError, IndexError):
            problem(f"{path}:{place}", "the line is no 'timestamp value step'")
            continue
        steps.append(step)
        timestamps.append(timestamp)
        values.append(value)
        if name is not None:
            links.append(MetricLinks(run_id, key, step, timestamp, value, None, name, digest))
    return Points(key, steps, timestamps, values, links)


def _dataset(parts: list[bytes]) -> tuple[str | None, str | None]:
    """Name and digest of a dataset; the name may have blanks. Raises ValueError."""
    if not parts:
        return None, None
    if len(parts) == 1:
        raise ValueError
    return b" ".join(parts[:-1]).decode("utf-8", "replace"), parts[-1].decode("utf-8", "replace")


def _without(found: Points, skip: int) -> Points:
    left = Points(found.key, found.steps[skip:], found.timestamps[skip:], found.values[skip:])
    there = set(zip(left.steps, left.timestamps, strict=True))
    left.links = [link for link in found.links if (link.step, link.timestamp) in there]
    return left
