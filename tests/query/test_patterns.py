"""Patterns of searches: they find what Python's own engine finds, and no pattern takes time that explodes."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runstone.errors import InvalidValue
from runstone.query import pattern

EXPRESSIONS = [
    "", "a", "^a", "a$", "^$", "a.c", "a|b|", "(ab)+", "(?:a|b)*c", "a{2}", "a{2,}", "a{,2}b", "a{1,3}?b", "[a-c]+d", "[^a-c]",
    r"\d+", r"\D", r"\bfoo\b", r"\Bo", r"\w+\s\w+", r"[\d_.-]+$", "[]a]", "[^]a]", r"a\.b", r"\Aab\Z", "(?i)ABC", "(?s)a.b",
    "(?i)[a-c]x", "(?is)É.", "(?P<name>x)y", "a{", "{a}", "a{x}", r"\x41\u00e9", r"\n", "()*a", "(a*)*b", "(a|aa)+$", "x*",
    "((a?)?)b",
    r"[\]\-]", "^(a|^b)", "a||b", r"\.\*", "é", r"\W", "[a-]", "[-a]", "b$|^c", r"$\n", r"(?:^|,)x(?:,|$)", "[^a]$",
]  # fmt: skip
TEXTS = [
    "", "a", "b", "ab", "abc", "a\nb", "\n", "a\n", "aab", "foo bar", "foobar", "a.b", "ABC", "1.2-3", "xY", "É\n", "é", "A",
    "]",
    "a{", "{a}", "aaaa", "cab", "a c", "x", "1", "_", "\u0661", "a\n\n", "-", ",x,", "d\u00a0e",
]  # fmt: skip


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_finds_what_python_finds(text: str) -> None:
    found = pattern.expression(text)
    assert [found(one) for one in TEXTS] == [re.search(text, one) is not None for one in TEXTS]


_TREE = st.recursive(
    st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "^", "$", r"\b", r"\w", ""]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("(?:{0[0]}|{0[1]})".format),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{1,2}"])).map(lambda one: f"(?:{one[0]}){one[1]}"),
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(_TREE, st.lists(st.text("ab \n", max_size=6), max_size=8))
def test_any_expression_finds_what_python_finds(text: str, texts: list[str]) -> None:
    found = pattern.expression(text)
    for one in texts:
        assert found(one) == (re.search(text, one) is not None)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (r"(a)\1", "references"), ("(?=a)", "look ahead"), ("(?<!a)b", "look ahead"),
        ("(a", "never closed"), ("a)", "never opened"),
        ("[a", "never closed"), ("*a", "repeated"), ("a**", "repeated"), ("a++", "repeated"),
        ("^*", "repeated"), ("a{3,2}", "least"),
        ("[z-a]", "range"), (r"\q", "escape"), ("a\\", "escape"), (r"\x4", "no character"), (r"\U99999999", "no character"),
        ("(" * 50 + ")" * 50, "deep"), ("a" * 1001, "characters"), ("(a{400}){400}", "too large"), ("a{99999}", "repetitions"),
        ("a(?i)b", "flags"),
    ],
)  # fmt: skip
def test_what_is_not_read_is_refused_with_the_reason(text: str, word: str) -> None:
    with pytest.raises(InvalidValue, match=word):
        pattern.expression(text)


@pytest.mark.parametrize("text", ["(a*)*$b", "(a|a)*$b", "(.*a){12}$b", "a*a*a*a*a*b", "(x+x+)+y", ".*.*.*=", "(a|b|ab)*c"])
def test_no_expression_explodes(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's engine would be at these for years: here each character of the text is one step, among states that are known."""
    looked = []
    follow = pattern._Automaton._follow
    monkeypatch.setattr(pattern._Automaton, "_follow", lambda *given: looked.append(1) or follow(*given))
    assert not pattern.expression(text)("a" * 20_000 + "!")
    assert len(looked) < 500


def test_work_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern, "MOST_WORK", 5_000)
    with pytest.raises(InvalidValue, match="too much work"):
        pattern.expression("[ab]*a[ab]{12}z")("".join(random.Random(1).choices("ab", k=5_000)))


def test_little_is_kept_of_many_different_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern, "KEPT", 100)
    found = pattern.expression("[a-c]+x|[^q]{3}y")
    for start in range(0, 5_000, 50):
        assert found("".join(map(chr, range(0x4000 + start, 0x4050 + start))) + "y")
        assert not found("".join(map(chr, range(0x4000 + start, 0x4050 + start))))
    automaton = found.__self__  # type: ignore[attr-defined]
    assert sum(len(one) for one in automaton._known.values()) <= 150


@given(st.text("ab%_\n", max_size=8), st.text("abAB\nÉ.", max_size=8), st.booleans())
def test_like_finds_what_databases_find(wanted: str, text: str, ignoring_case: bool) -> None:
    flags = re.DOTALL | (re.ASCII | re.IGNORECASE if ignoring_case else 0)
    plain = "".join({"%": ".*", "_": "."}.get(one, re.escape(one)) for one in wanted)
    assert pattern.like(wanted, ignoring_case)(text) == (re.fullmatch(plain, text, flags) is not None)
