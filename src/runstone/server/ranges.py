"""The ``Range`` header: which bytes are wanted."""

from __future__ import annotations

import re

_FORM = re.compile(r"bytes=([0-9]*)-([0-9]*)")


class Unsatisfiable(Exception):
    """A range that begins beyond the end."""


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """The half-open range asked for, or ``None`` for the whole.

    Several ranges at once, other units and nonsense are answered with the whole, as RFC 9110 allows.

    Raises:
        Unsatisfiable: nothing of the range is there.
    """
    match = _FORM.fullmatch(header.strip()) if header else None
    if match is None or match.group() == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        length = int(last)
        if length == 0 or size == 0:
            raise Unsatisfiable
        return max(0, size - length), size
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return start, min(int(last) + 1, size) if last else size
