"""Range headers."""

from __future__ import annotations

import pytest

from runstone.server.ranges import Unsatisfiable, wanted


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=2-5", (2, 6)),
        ("bytes=5-", (5, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-300", (0, 10)),
        ("bytes=8-300", (8, 10)),
        (" bytes=1-2 ", (1, 3)),
    ],
)
def test_a_range_is_half_open_and_ends_with_the_file(header: str, part: tuple[int, int]) -> None:
    assert wanted(header, 10) == part


@pytest.mark.parametrize("header", [None, "", "bytes=-", "lines=1-2", "bytes=0-1,3-4", "bytes=5-2", "bytes=a-b", "bytes=٣-٤"])
def test_what_is_no_single_range_gives_the_whole(header: str | None) -> None:
    assert wanted(header, 10) is None


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=99-100", 10), ("bytes=-0", 10), ("bytes=0-", 0)])
def test_a_range_beyond_the_end_cannot_be_had(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        wanted(header, size)
