"""Which of two semantic versions is later."""

from __future__ import annotations

import pytest

from runstone.query.semver import precedence

#: The order that semver.org gives as its example, and what it says of numbers beside words.
IN_ORDER = [
    "0.9.0", "1.0.0-0", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
    "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1-rc.1", "1.2.0", "1.10.0", "2.0.0",
]  # fmt: skip


def test_versions_are_ordered_as_semver_says() -> None:
    keys = {one: precedence(one) for one in IN_ORDER}
    assert sorted(reversed(IN_ORDER), key=lambda one: keys[one] or ()) == IN_ORDER
    assert precedence("1.0.0+build.5") == precedence("1.0.0")


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "01.2.3", "1.2.3.4", "v1.2.3", "1.2.3-", "1.2.3-01", "1.2.3+", "1.٢.3", "1" * 200]
)
def test_other_texts_are_none(text: str) -> None:
    assert precedence(text) is None
