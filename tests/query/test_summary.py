"""Summaries of parts add up to the summary of the whole, by either way of making one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from runstone.entities import Summary
from runstone.query.summary import combine, summarise, summarise_ordered

VALUE = st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 1.0, 2.0, -1.0])
ROWS = st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 3), VALUE), min_size=1, max_size=40)
Rows = list[tuple[int, int, float]]


def plain(rows: Rows) -> Summary:
    """By the words of the contract, one after the other."""
    order = sorted(range(len(rows)), key=lambda i: (rows[i][:2], i))
    last = max(rows, key=lambda row: (row[0], row[1], not math.isnan(row[2]), 0.0 if math.isnan(row[2]) else row[2]))
    first, numbers = rows[order[0]], [row for row in rows if not math.isnan(row[2])]
    low = min(numbers, key=lambda row: (row[2], row[0]), default=None)
    high = max(numbers, key=lambda row: (row[2], -row[0]), default=None)
    return Summary(
        len(rows), len(rows) - len(numbers), first[2], first[0], first[1], last[2], last[0], last[1],
        low and low[2], low and low[0], high and high[2], high and high[0], mean([row[2] for row in numbers]),
    )  # fmt: skip


def mean(numbers: list[float]) -> float | None:
    infinite = {value for value in numbers if math.isinf(value)}
    if infinite:
        return infinite.pop() if len(infinite) == 1 else None
    return math.fsum(numbers) / len(numbers) if numbers else None


def few(rows: Rows) -> Summary:
    steps, timestamps, values = (list(column) for column in zip(*rows, strict=True))
    return summarise(steps, timestamps, values)


def same(one: Summary, other: Summary) -> bool:
    means = one.mean == other.mean or (one.mean is not None and other.mean == pytest.approx(one.mean, abs=1e-12))
    return means and repr(replace(one, mean=None)) == repr(replace(other, mean=None))


@given(ROWS)
def test_a_few_points(rows: Rows) -> None:
    assert same(few(rows), plain(rows))


@given(ROWS)
def test_many_points_in_order(rows: Rows) -> None:
    rows = sorted(rows, key=lambda row: row[:2])
    steps, timestamps, values = (np.array(column) for column in zip(*rows, strict=True))
    assert same(summarise_ordered(steps, timestamps, values.astype(float)), plain(rows))


@given(ROWS, ROWS)
def test_two_parts(earlier: Rows, later: Rows) -> None:
    assert same(combine(few(earlier), few(later)), plain(earlier + later))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.1] * 3, 0.1),  # not 0.10000000000000002, which is above the greatest
        ([1.7e308, 1.7e308, 1.7e308], 1.7e308),
        ([1.7e308, -1.7e308], 0.0),
        ([math.nan, 4.0, 2.0], 3.0),
        ([math.nan, math.nan], None),
        ([1.0, math.inf], math.inf),
        ([math.inf, -math.inf, 1.0], None),
    ],
)
def test_the_mean_however_the_points_come(values: list[float], expected: float | None) -> None:
    rows = [(step, 0, value) for step, value in enumerate(values)]
    steps, timestamps, column = (np.array(column) for column in zip(*rows, strict=True))
    one_by_one = few(rows[:1])
    for row in rows[1:]:
        one_by_one = combine(one_by_one, few([row]))
    assert few(rows).mean == expected
    assert summarise_ordered(steps, timestamps, column.astype(float)).mean == expected
    assert one_by_one.mean == expected
