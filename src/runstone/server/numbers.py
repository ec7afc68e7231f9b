"""Numbers as JSON can carry them: NaN and ±infinity become texts, the rest stays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .schema import Cell, Number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def number(value: float) -> Number:
    """``value`` itself, or ``"NaN"``, ``"Infinity"``, ``"-Infinity"``."""
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def number_or_none(value: float | None) -> Number | None:
    return None if value is None else number(value)


def cell(value: Cell) -> Cell:
    """A table cell: floats as :func:`number`, the rest untouched."""
    return number(value) if isinstance(value, float) else value


def numbers(values: NDArray[np.float64]) -> list[Number]:
    """A whole column; one pass over plain floats when all are finite, which is nearly always."""
    plain: list[float] = values.tolist()
    if math.isfinite(sum(plain)):  # a NaN or an infinity anywhere makes the sum one
        return plain  # type: ignore[return-value]
    return [number(value) for value in plain]
