"""A sample keeps what the eye would miss."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from runstone.query.downsample import extremes, extremes_of_stretches

VALUES = st.lists(st.floats(width=64), min_size=1, max_size=400).map(np.array)


@given(VALUES, st.integers(1, 500))
def test_ends_and_extremes_survive(values: np.ndarray, points: int) -> None:
    picked = extremes(values, points)
    assert (np.diff(picked) > 0).all()
    assert picked[0] == 0
    assert picked[-1] == len(values) - 1
    numbers = values[~np.isnan(values)]
    if len(numbers):
        assert {numbers.min(), numbers.max()} <= set(values[picked].tolist())


@given(VALUES, st.integers(1, 50))
def test_extremes_of_every_stretch_survive(values: np.ndarray, length: int) -> None:
    picked = set(extremes_of_stretches(values, length).tolist())
    for start in range(0, len(values), length):
        part = values[start : start + length]
        kept = [values[i] for i in picked if start <= i < start + length]
        numbers = part[~np.isnan(part)]
        assert kept
        if len(numbers):
            assert {numbers.min(), numbers.max()} <= set(kept)


def test_no_more_than_asked_for() -> None:
    values = np.random.default_rng(0).normal(size=100_000)
    assert 900 <= len(extremes(values, 1000)) <= 1002
    assert len(extremes(values, 100_000)) == 100_000


def test_nothing_but_nan_leaves_a_mark() -> None:
    assert math.isnan(np.full(1000, math.nan)[extremes(np.full(1000, math.nan), 10)][0])


def test_no_values_no_points() -> None:
    assert len(extremes(np.empty(0), 10)) == 0
