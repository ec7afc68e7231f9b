"""Whole columns of all runs of a scope as they are kept, and how they are brought up to date.

Each run that changes gets a number of the store's clock, in the order of the commits. So the runs that changed since some
moment are known, and their cells alone are read again; a run that came or went moves the rows of all columns. Runs that were
removed for ever leave no number: then there are more rows than the store has runs, and all is read from scratch.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

from runstone._lazy import later
from runstone.contracts import RunColumn
from runstone.query.tree import Field

from .search_rows import RowOf

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = later("numpy")

#: Of each row the one that it was before, -1 for a run that is new.
Moves: TypeAlias = "NDArray[np.int64]"

#: Bytes of a text without its characters; so many texts tell how long the others are, about.
_TEXT_BYTES, _SAMPLE = 60, 100


class Every:
    """Every run in scope, the newest first, equal ones by their ids. ``starts`` are their times, ``None`` if some has none."""

    def __init__(self, run_ids: Sequence[str], starts: NDArray[np.int64] | None) -> None:
        self.run_ids, self.starts = run_ids, starts

    @cached_property
    def row_of(self) -> RowOf:
        return RowOf(self.run_ids)

    def places(self, runs: Sequence[tuple[str, int]]) -> Sequence[tuple[int, bool]]:
        """Of runs (id, start): the row where each is or would come, and whether it is there."""
        assert self.starts is not None
        backwards, wanted = -self.starts, np.array([-start for _, start in runs], np.int64)
        low, high = (np.searchsorted(backwards, wanted, side).tolist() for side in ("left", "right"))
        rows = [bisect_left(self.run_ids, run_id, *span) for (run_id, _), *span in zip(runs, low, high, strict=True)]
        return [(row, row < end and self.run_ids[row] == run[0]) for row, end, run in zip(rows, high, runs, strict=True)]

    def changed(self, runs: Mapping[tuple[str, int], bool]) -> tuple[Every, Moves | None]:
        """As it is after runs (id, start) changed, that are in scope now or not. No moves where none came or went."""
        assert self.starts is not None
        came: list[tuple[int, str, int]] = []
        went: list[int] = []
        newest = sorted(runs, key=lambda run: (-run[1], run[0]))
        for (run_id, start), (place, there) in zip(newest, self.places(newest), strict=True):
            inside = runs[run_id, start]
            if inside and not there:
                came.append((place, run_id, start))
            elif there and not inside:
                went.append(place)
        if not came and not went:
            return self, None
        kept = np.ones(len(self.run_ids), bool)
        kept[went] = False
        places = [place for place, _, _ in came]
        stays = np.insert(kept, places, True)
        moves = np.insert(np.arange(len(kept)), places, -1)[stays]
        starts = np.insert(self.starts, places, [start for _, _, start in came])[stays]
        run_ids: list[str] = []
        for after, (place, run_id, _) in zip([0, *places], came, strict=False):
            run_ids += [*self.run_ids[after:place], run_id]
        run_ids += self.run_ids[places[-1] if places else 0 :]
        return Every(run_ids if not went else list(compress(run_ids, stays.tolist())), starts), moves


class Texts(Struct, frozen=True, eq=False):
    """A column: its different values in any order, and the place of each run's among them, -1 for none."""

    values: Sequence[Any]
    codes: NDArray[np.int32]

    def told(self, among: NDArray[np.int64] | None) -> RunColumn:
        """Of the runs in these rows, ``None`` for all."""
        found = self if among is None else Texts(self.values, self.codes[among])._used()
        return RunColumn(found.values, found.codes.astype("<i4").tobytes())

    def moved(self, moves: Moves) -> Texts:
        """In other rows."""
        return Texts(self.values, np.append(self.codes, np.int32(-1))[moves])._used()

    def written(self, at: Sequence[int], cells: Sequence[Any]) -> Texts:
        """With these cells in these rows."""
        before = [self.values[code] if code >= 0 else None for code in self.codes[list(at)].tolist()]
        news = [(row, cell) for row, cell, old in zip(at, cells, before, strict=True) if cell != old]
        if not news:
            return self
        values, codes = list(self.values), self.codes.copy()
        places = {value: place for place, value in enumerate(values)}
        for row, cell in news:
            if cell is not None and cell not in places:
                places[cell] = len(values)
                values.append(cell)
            codes[row] = -1 if cell is None else places[cell]
        return Texts(values, codes)._used()

    def _used(self) -> Texts:
        """Without values that no run has."""
        used = np.zeros(len(self.values) + 1, bool)
        used[self.codes] = True  # -1 is the last
        if used[:-1].all():
            return self
        places = np.append(np.cumsum(used[:-1]) - 1, -1).astype(np.int32)
        return Texts([value for value, kept in zip(self.values, used.tolist(), strict=False) if kept], places[self.codes])

    @property
    def weight(self) -> int:
        """Bytes, about."""
        some = [len(str(value)) for value in self.values[:_SAMPLE]]
        return 4 * len(self.codes) + len(self.values) * (_TEXT_BYTES + sum(some) // max(1, len(some)))


class Numbers(Struct, frozen=True, eq=False):
    """A column: the number of each run, and whether it has one."""

    values: NDArray[Any]
    known: NDArray[np.bool_]

    def told(self, among: NDArray[np.int64] | None) -> RunColumn:
        """Of the runs in these rows, ``None`` for all."""
        values, known = (self.values, self.known) if among is None else (self.values[among], self.known[among])
        codes = np.arange(len(known), dtype="<i4")
        if not known.all():
            codes = np.where(known, np.cumsum(known, dtype="<i4") - 1, -1).astype("<i4")
            values = values[known]
        # a hundred thousand numbers as objects would take longer than all that is done with them
        return RunColumn(array("q" if values.dtype == np.int64 else "d", values.tobytes()), codes.tobytes())

    def moved(self, moves: Moves) -> Numbers:
        """In other rows."""
        return Numbers(np.append(self.values, self.values.dtype.type(0))[moves], np.append(self.known, False)[moves])

    def written(self, at: Sequence[int], cells: Sequence[Any]) -> Numbers:
        """With these cells in these rows."""
        values, known = self.values.copy(), self.known.copy()
        known[list(at)] = [cell is not None for cell in cells]
        values[list(at)] = [0 if cell is None else cell for cell in cells]
        return Numbers(values, known)

    @property
    def weight(self) -> int:
        """Bytes, about."""
        return int(self.values.nbytes + self.known.nbytes)


Whole: TypeAlias = Texts | Numbers


class Table(Struct, frozen=True, eq=False):
    """All runs of a scope, and columns of them; the one asked for last is the last."""

    every: Every
    columns: Mapping[Field, Whole]

    def asked(self, columns: Mapping[Field, Whole]) -> Table:
        """With these columns asked for."""
        return Table(self.every, {**{field: one for field, one in self.columns.items() if field not in columns}, **columns})

    def within(self, weight: int) -> Table:
        """With the columns asked for last, no more than weigh so many bytes."""
        kept: dict[Field, Whole] = {}
        for field in reversed(list(self.columns)):
            weight -= self.columns[field].weight
            if weight < 0:
                break
            kept[field] = self.columns[field]
        return Table(self.every, {field: kept[field] for field in reversed(list(kept))})
