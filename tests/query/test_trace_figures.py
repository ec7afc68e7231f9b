"""Figures of traces: groups, statistics, and how far two properties come together."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.errors import InvalidValue
from runstone.query.trace_figures import AVG, COUNT, MAX, MIN, PERCENTILE, SUM, Aggregation, Fact, association, points

NUMBERS = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=30)


@given(NUMBERS, st.floats(0, 100))
def test_statistics_lie_where_they_must(values: list[float], part: float) -> None:
    hows = [Aggregation(one) for one in (COUNT, SUM, AVG, MIN, MAX)] + [
        Aggregation(PERCENTILE, one) for one in (0.0, part, 100.0)
    ]
    (found,) = points("x", [Fact(0, one, {}) for one in values], hows, [], 0, 10)
    told = found.values
    assert (told["COUNT"], told["MIN"], told["MAX"]) == (len(values), min(values), max(values))
    assert told["P0.0"] == min(values)
    assert told["P100.0"] == max(values)
    assert math.isclose(told["SUM"], math.fsum(values), abs_tol=1e-6)
    slack = 1e-6
    assert min(values) - slack <= told[f"P{part}"] <= max(values) + slack
    assert min(values) - slack <= told["AVG"] <= max(values) + slack


def test_points_are_by_time_and_dimension_and_no_more_than_asked_for() -> None:
    facts = [Fact(time, 1, {"name": name}) for time in (-1, 0, 59_999, 60_000) for name in "ba"] + [Fact(0, 1, {"other": "x"})]
    found = points("n", facts, [Aggregation(COUNT)], ["name"], 60, 100)
    assert [(one.dimensions["time_bucket"][11:16], one.dimensions["name"], one.values["COUNT"]) for one in found] == [
        ("23:59", "a", 1), ("23:59", "b", 1), ("00:00", "a", 2), ("00:00", "b", 2), ("00:01", "a", 1), ("00:01", "b", 1),
    ]  # fmt: skip
    assert points("n", facts, [Aggregation(COUNT)], ["name"], 60, 2) == found[:2]
    assert points("n", [], [Aggregation(COUNT)], [], 0, 2) == []


def test_of_texts_the_different_ones_are_counted() -> None:
    (found,) = points("n", [Fact(0, one, {}) for one in "abca"], [Aggregation(COUNT)], [], 0, 2)
    assert found.values == {"COUNT": 3}


@pytest.mark.parametrize(
    "how",
    [Aggregation("MODE"), Aggregation(SUM), Aggregation(AVG, 5.0), Aggregation(PERCENTILE), Aggregation(PERCENTILE, 100.1)],
)
def test_what_cannot_be_asked_is_refused(how: Aggregation) -> None:
    with pytest.raises(InvalidValue):
        how.check((AVG, PERCENTILE))


def test_association() -> None:
    assert association(0, 5, 5, 10)[0] == -1
    assert association(5, 5, 5, 10)[0] == 1
    assert association(10, 10, 10, 10) == (1, 1)
    assert association(25, 50, 50, 100)[0] == pytest.approx(0)
    assert -1 < association(0, 5, 5, 10)[1] < 0
    for counts in ((0, 0, 5, 10), (0, 5, 0, 10), (0, 0, 0, 0), (1, 5, 5, 5)):
        assert all(map(math.isnan, association(*counts)))
