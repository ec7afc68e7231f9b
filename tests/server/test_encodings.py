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
