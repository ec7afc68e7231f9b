"""The same numbers for parts of the data: where a model is worse than on the whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from runstone._lazy import need
from runstone.errors import InvalidValue

#: Different values up to which each is a slice; numbers with more are cut into quarters.
MOST = 20


def slices(frame: Any, columns: Sequence[str]) -> Iterator[tuple[str, str, Any]]:
    """(column, value, which rows) for each slice.

    Raises: InvalidValue for a column that is not there, or a text column with too many values.
    """
    pandas = need("pandas", "evaluate")
    if isinstance(columns, str) or not isinstance(columns, Sequence):
        raise InvalidValue(f"slices is a list of columns; it got {columns!r}.")
    for name in columns:
        if frame is None or name not in frame.columns:
            there = [] if frame is None else list(frame.columns)
            raise InvalidValue(f"slices names {name!r}, which is no column of the data; there are {there}.")
        column = frame[name]
        if column.nunique() > MOST:
            if not pandas.api.types.is_numeric_dtype(column):
                raise InvalidValue(
                    f"slices names {name!r}, which has {column.nunique()} different values; at most {MOST} work."
                )
            column = pandas.qcut(column, 4, duplicates="drop")
        for value in sorted(column.dropna().unique(), key=str):
            yield name, str(value), (column == value).to_numpy()
        if column.isna().any():
            yield name, "missing", column.isna().to_numpy()


def table(frame: Any, columns: Sequence[str], numbers: Callable[[Any], dict[str, Any]]) -> tuple[Any, dict[str, float]]:
    """A frame with a row for each slice, and its numbers as metrics ``name/column: value``."""
    rows: list[dict[str, object]] = []
    metrics: dict[str, float] = {}
    for column, value, keep in slices(frame, columns):
        found = {name: float(number) for name, number in numbers(keep).items()}
        rows.append({"slice": column, "value": value, **found})
        told = re.sub(r"[^\w\-. :]", "_", f"{column}: {value}")
        metrics |= {f"{name}/{told}": number for name, number in found.items()}
    return need("pandas", "evaluate").DataFrame(rows), metrics
