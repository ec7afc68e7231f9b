"""Page tokens: opaque, checked, tied to their search."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.errors import InvalidValue
from runstone.query import paging

SEARCH = paging.fingerprint(("1",), 1, "metrics.a > 1", ["start_time DESC"])
one = st.one_of(st.none(), st.text(max_size=5), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False))
values = st.lists(st.one_of(st.just([]), st.lists(one, min_size=1, max_size=1)), max_size=4)


@given(values)
def test_a_place_survives(found):
    token = paging.encode(paging.Place(SEARCH, found))
    assert paging.decode(token, SEARCH) == paging.Place(SEARCH, found)
    assert token.isascii()
    assert "=" not in token


@given(values, st.data())
def test_a_changed_token_is_refused(found, data):
    token = paging.encode(paging.Place(SEARCH, found))
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidValue):
        paging.decode(base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("="), SEARCH)


@given(st.text(max_size=30))
def test_other_texts_are_refused(text):
    with pytest.raises(InvalidValue):
        paging.decode(text, SEARCH)


def test_a_token_of_another_search_is_refused():
    token = paging.encode(paging.Place(SEARCH, []))
    with pytest.raises(InvalidValue, match="another search"):
        paging.decode(token, paging.fingerprint(("2",), 1, "metrics.a > 1", ["start_time DESC"]))
