"""Where runs stand in a list, asked for a hundred thousand at a time.

A dictionary would take longer than the database does to tell the ids. Ids as they are made here, 32 characters, are looked
up as numbers; the characters are compared afterwards, so that a number that is equal by chance or by craft does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import TYPE_CHECKING

from runstone._lazy import later

from .search_sql import SEPARATOR

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = later("numpy")

#: Characters of an id.
_LENGTH = 32
#: Odd, of random bits: one for each eight characters.
_FACTORS = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93)


class RowOf:
    """Rows of run ids in a list, from 0."""

    def __init__(self, run_ids: Sequence[str]) -> None:
        self._run_ids = run_ids
        self._rows: dict[str, int] = {}
        self._words = _words(SEPARATOR.join(run_ids))
        if self._words is not None:
            numbers = _numbers(self._words)
            self._order = np.argsort(numbers)
            self._sorted = numbers[self._order]
            if (self._sorted[1:] == self._sorted[:-1]).any():
                self._words = None
            # where most are found at once: a place for each, of sixteen; some have it to share with another
            bits = (16 * len(numbers)).bit_length()
            self._shift = np.uint64(64 - bits)
            self._places = np.zeros(1 << bits, np.int32)
            self._places[numbers >> self._shift] = np.arange(len(numbers), dtype=np.int32)

    def __call__(self, joined: str) -> NDArray[np.int64]:
        """Of the ids in one text; -1 for those that are not in the list."""
        asked = _words(joined) if self._words is not None else None
        if asked is None or self._words is None:
            return self._slowly(joined.split(SEPARATOR) if joined else [])
        numbers = _numbers(asked)
        found: NDArray[np.int64] = self._places[numbers >> self._shift].astype(np.int64)
        missed = np.flatnonzero((self._words[found] != asked).any(axis=1))
        if len(missed):
            places = np.searchsorted(self._sorted, numbers[missed])
            better = self._order[np.minimum(places, len(self._order) - 1)]
            same = (self._words[better] == asked[missed]).all(axis=1)
            found[missed] = np.where(same, better, -1)
        return found

    def _slowly(self, asked: Sequence[str]) -> NDArray[np.int64]:
        if not self._rows:
            self._rows = dict(zip(self._run_ids, range(len(self._run_ids)), strict=True))
        return np.fromiter(map(self._rows.get, asked, repeat(-1)), np.int64, len(asked))


def _words(joined: str) -> NDArray[np.uint64] | None:
    """Shape (ids, 4); ``None`` where there are none, or some are of another length."""
    data = np.frombuffer((joined + SEPARATOR).encode("utf-8", "surrogatepass"), np.uint8)
    if len(data) % (_LENGTH + 1):
        return None
    table = data.reshape(-1, _LENGTH + 1)
    ends = data == ord(SEPARATOR)
    if int(ends.sum()) != len(table) or not ends[_LENGTH :: _LENGTH + 1].all():
        return None
    return np.ascontiguousarray(table[:, :_LENGTH]).view(np.uint64)


def _numbers(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = words * np.array(_FACTORS, np.uint64)
    mixed ^= mixed >> np.uint64(29)
    return np.asarray(mixed.sum(axis=1, dtype=np.uint64))
