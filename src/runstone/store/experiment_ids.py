"""Ids of experiments: numbers of at most 63 bits, written as texts."""

from __future__ import annotations

from collections.abc import Iterable

#: Digits of the longest one. Python refuses to read thousands of them.
_DIGITS = 19


def number_of(experiment_id: str) -> int | None:
    """The number that an id is; ``None`` for a text that is none."""
    if not (experiment_id.isascii() and experiment_id.isdigit() and len(experiment_id) <= _DIGITS):
        return None
    number = int(experiment_id)
    return number if number < 1 << 63 else None


def numbers_of(experiment_ids: Iterable[str]) -> tuple[int, ...]:
    """The different numbers among them, the smallest first."""
    return tuple(sorted({number for one in experiment_ids if (number := number_of(one)) is not None}))
