"""Rules for promotion: what can be said, and when they are met."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.errors import FilterError, InvalidValue
from runstone.query.promotion import judge, parse_rule


def test_what_a_rule_can_say() -> None:
    (one,) = parse_rule("metrics.accuracy > champion + 0.005")
    assert (one.metric, one.comparator, one.champion, one.factor, one.margin) == ("accuracy", ">", True, 1.0, 0.005)
    first, second, third = parse_rule(
        'metrics."val loss" <= champion * 0.98 - 1e-3 and metric.a/b-c < 20 AND metrics.`f1` == -.5'
    )
    assert (first.metric, first.factor, first.margin) == ("val loss", 0.98, -0.001)
    assert (second.metric, second.champion, second.margin) == ("a/b-c", False, 20.0)
    assert (third.metric, third.comparator, third.margin) == ("f1", "=", -0.5)


@pytest.mark.parametrize(
    ("rule", "at"),
    [
        ("", 0),
        ("accuracy > champion", 0),
        ("metrics.a ~ 1", 0),
        ("metrics.a > champion +", 21),
        ("metrics.a > 1 OR metrics.b > 2", 14),
        ("metrics.a > 1 AND", 17),
        ("metrics.a > challenger", 0),
    ],
)
def test_what_cannot_be_read_is_pointed_at(rule: str, at: int) -> None:
    with pytest.raises(FilterError) as error:
        parse_rule(rule)
    assert error.value.start == at


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_a_filter_error(text: str) -> None:
    with contextlib.suppress(FilterError):
        assert parse_rule(text)


def met(rule: str, mine: list[float], theirs: list[float] | None, level: float = 0.95) -> bool:
    champion = None if theirs is None else {"a": theirs}
    return all(one.met for one in judge(parse_rule(rule), {"a": mine}, champion, level))


def test_single_runs_are_held_against_each_other_as_they_are() -> None:
    rule = "metrics.a > champion + 0.1"
    assert met(rule, [1.2], [1.0])
    assert not met(rule, [1.1 - 1e-9], [1.0])
    assert met(rule, [0.0], None)  # there is no champion to beat
    assert not met(rule, [], None)
    assert not met(rule, [2.0], [])
    assert met("metrics.a < champion * 0.5", [0.4], [1.0])
    assert met("metrics.a >= 0.9 AND metrics.a != 1", [0.9], [5.0])


def test_repeated_runs_must_make_it_sure() -> None:
    near, far = [1.00, 1.04, 0.97, 1.02, 1.01], [1.20, 1.24, 1.17, 1.22, 1.21]
    assert met("metrics.a > champion", far, near)
    assert met("metrics.a > champion + 0.1", far, near)
    assert not met("metrics.a > champion", [1.01, 1.05, 0.98, 1.03, 1.00], near)  # better by chance, perhaps
    outcome = judge(parse_rule("metrics.a > champion"), {"a": [1.01, 1.05, 0.98, 1.03, 1.0]}, {"a": near})[0]
    assert outcome.p is not None
    assert "chance alone" in outcome.words
    assert not met("metrics.a > champion", far[:3], near[:3])  # three each can never settle it at this level
    assert met("metrics.a > champion", far[:3], near[:3], level=0.9)
    assert met("metrics.a >= champion", [1.0, 1.0], [1.0, 1.0])
    with pytest.raises(InvalidValue, match="between 0.5 and 1"):
        met("metrics.a > 1", [1.0], None, level=95)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6), st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6))
def test_what_is_promoted_has_the_better_mean(mine: list[float], theirs: list[float]) -> None:
    if met("metrics.a > champion", mine, theirs):
        assert math.fsum(mine) / len(mine) > math.fsum(theirs) / len(theirs)
