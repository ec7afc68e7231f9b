"""Which encoding an answer travels in."""

from __future__ import annotations

import gzip

import pytest

from runstone.server.compress import accepted, pack, zstd


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("", None),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("GZIP;q=0.5", "gzip"),
        ("zstd;q=0, gzip", "gzip"),
        ("gzip;q=0", None),
        ("*", "gzip"),
        ("identity", None),
        ("gzip;q=nonsense", None),
        ("br", None),
    ],
)
def test_the_client_chooses(header: str, encoding: str | None) -> None:
    assert accepted(header) == encoding


@pytest.mark.parametrize("thoroughly", [False, True])
def test_what_is_packed_can_be_unpacked(thoroughly: bool) -> None:
    body = b"accuracy 0.93\n" * 1000
    assert gzip.decompress(pack(body, "gzip", thoroughly=thoroughly)) == body
    assert zstd.decompress(pack(body, "zstd", thoroughly=thoroughly)) == body


def test_a_large_answer_is_packed_fast() -> None:
    """Byte 8 of a gzip file says how it was made: 4 as fast as could be, 2 as small, 0 between."""
    body = b'{"key":"loss","value":0.5},' * 20_000
    assert [pack(part, "gzip")[8] for part in (body[:10_000], body)] == [0, 4]
    assert pack(body, "gzip", thoroughly=True)[8] == 2
    assert gzip.decompress(pack(body, "gzip")) == body
