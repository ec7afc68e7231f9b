"""Summaries of parts add up to the summary of the whole, by either way of making one."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

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
        low and low[2], low and low[0], high and high[2], high and high[0],
    )  # fmt: skip


def few(rows: Rows) -> Summary:
    steps, timestamps, values = (list(column) for column in zip(*rows, strict=True))
    return summarise(steps, timestamps, values)


def same(one: Summary, other: Summary) -> bool:
    return repr(one) == repr(other)


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
