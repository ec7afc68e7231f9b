"""The piece of text that whatever meets a condition has in it."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runstone.errors import InvalidValue
from runstone.query import pattern
from runstone.query.sure_text import sure_text
from runstone.query.tree import Comparison, Field

WHERE = Field("span", "attributes.a")


@pytest.mark.parametrize(
    ("operator", "value", "piece"),
    [
        ("=", "gpt-4", "gpt-4"), ("=", 'say "hello"', "hello"), ("=", "a_bc\\def%", "def"), ("=", "ab", ""),
        ("=", "é\nnoir", "noir"), ("RLIKE", r"\x41bcd", ""), ("RLIKE", "abc{2}?xyz1", "xyz1"), ("RLIKE", "x*?yzab", "yzab"),
        ("LIKE", "%aude_3x%", "aude"), ("ILIKE", "café NOIR", " NOIR"), ("!=", "gpt-4", ""),
        ("RLIKE", "^gpt-4$", "gpt-4"), ("RLIKE", "colou?red", "colo"), ("RLIKE", "abc+def", "abc"), ("RLIKE", "a|bcd", ""),
        ("RLIKE", "(abc)?", ""), ("RLIKE", "[a-z]def[]x]", "def"), ("RLIKE", r"abc\d{2}xyz1", "xyz1"),
        ("RLIKE", r"a\.bcd", "bcd"), ("RLIKE", "abcd{0}", "abc"), ("RLIKE", r"[\]abc]", ""),
    ],
)  # fmt: skip
def test_pieces(operator: str, value: str, piece: str) -> None:
    assert sure_text(Comparison(WHERE, operator, value)) == piece  # type: ignore[arg-type]


#: Small alphabets and whole parts, so that texts do match.
_EXPRESSIONS = st.lists(
    st.sampled_from([*"abcx0.^$]", "[ab]", "[^]c]", "a*", "b?", "c{2}", "a{0,2}", r"\d", r"\.", "x+", "b*?"]), max_size=8
).map("".join)


@settings(max_examples=600)
@given(st.text('abcde.[]^$*+?{}0,2\\"x', max_size=12), st.text('abcde.[]x\\"02', max_size=14))
def test_what_matches_has_the_piece_also_inside_of_json(expression: str, text: str) -> None:
    piece = sure_text(Comparison(WHERE, "RLIKE", expression))
    try:
        matches = pattern.expression(expression)
    except InvalidValue:
        return
    if matches(text):
        assert piece in text
        assert piece in json.dumps({"a": json.dumps(text, ensure_ascii=False)}, ensure_ascii=False)
        assert not re.search(r"[%_]", piece)
