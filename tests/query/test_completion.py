"""What can be typed next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.query.completion import complete
from runstone.query.tree import Field
from runstone.query.vocabulary import RUNS


def said(text: str, cursor: int | None = None):
    found = complete(text, cursor)
    return found.kind, found.typed, text[found.start : found.end]


@pytest.mark.parametrize(
    ("text", "kind", "typed"),
    [
        ("", "field", ""),
        ("met", "field", "met"),
        ("metrics.", "key", ""),
        ("metrics.lo", "key", "lo"),
        ("metrics.`a b", "key", "a b"),
        ("params.x ", "comparator", ""),
        ("params.x LI", "comparator", "LI"),
        ("params.x is ", "comparator", ""),
        ("params.x = ", "value", ""),
        ("params.x = 'ab", "value", "ab"),
        ("run_id in ('a', ", "value", ""),
        ("params.x = 'ab' ", "joiner", ""),
        ("params.x = 'ab' a", "joiner", "a"),
        ("params.x is null ", "joiner", ""),
        ("params.x = 'ab' and ", "field", ""),
        ("not (params.x = 'ab' or st", "field", "st"),
        ("min(metrics.", "key", ""),
        ("min(metrics.a) ", "comparator", ""),
    ],
)
def test_the_kind_of_thing_that_fits(text, kind, typed):
    assert said(text)[:2] == (kind, typed)


def test_only_the_text_before_the_cursor_counts():
    assert complete("metrics.loss > 1", len("metrics.lo")).kind == "key"
    assert complete("metrics.loss > 1", len("metrics.lo")).typed == "lo"


def test_choices_fit_the_field():
    assert "LIKE" in complete("params.x ").choices
    assert "LIKE" not in complete("metrics.x ").choices
    assert "'RUNNING'" in complete("status = ").choices
    assert complete("sta").choices == ("status", "start_time")
    assert complete("metrics.a > 1 ").choices == ("AND", "OR")


def test_a_key_says_of_which_kind_and_a_value_of_which_field():
    assert complete("tag.ow").key_kind == "tags"
    found = complete("params.`a b` = '")
    assert (found.key_kind, found.key) == ("params", "a b")


@given(st.text(max_size=30), st.integers(-5, 40))
def test_completing_never_fails(text, cursor):
    found = complete(text, cursor)
    assert 0 <= found.start <= found.end <= len(text)
    assert RUNS.comparators(Field("params", "x"))
