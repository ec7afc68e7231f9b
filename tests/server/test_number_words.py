"""Numbers that JSON has no word for."""

from __future__ import annotations

import numpy as np
import pytest

from runstone.server.numbers import cell, number, number_or_none, numbers

NAN, INF = float("nan"), float("inf")


def test_non_finite_numbers_become_words() -> None:
    assert [number(one) for one in (NAN, INF, -INF, 0.1)] == ["NaN", "Infinity", "-Infinity", 0.1]
    assert number_or_none(None) is None
    assert [cell(one) for one in (NAN, "text", None, 3)] == ["NaN", "text", None, 3]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([1.0, 2.5], [1.0, 2.5]),
        ([1.0, NAN], [1.0, "NaN"]),
        ([INF, -INF], ["Infinity", "-Infinity"]),
        ([1.7e308, 1.7e308], [1.7e308, 1.7e308]),
        ([], []),
    ],
)
def test_a_column_keeps_its_length_and_order(column: list[float], said: list[object]) -> None:
    assert numbers(np.array(column, dtype=np.float64)) == said
