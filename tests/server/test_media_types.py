"""Content types and dispositions of artifacts."""

from __future__ import annotations

import pytest

from runstone.server.media import disposition, media_type


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("model/MLmodel", "text/plain"),
        ("conda.yaml", "text/plain"),
        ("plots/a.PNG", "image/png"),
        ("table.csv", "text/csv"),
        ("notes.md", "text/markdown"),
        ("a.json", "application/json"),
        ("page.html", "text/html"),
        ("weights.bin", "application/octet-stream"),
        ("data.csv.gz", "application/octet-stream"),
        ("no-ending", "application/octet-stream"),
    ],
)
def test_a_name_says_what_is_inside(path: str, kind: str) -> None:
    assert media_type(path) == kind


def test_the_name_of_a_download_is_the_last_part() -> None:
    assert disposition("plots/loss curve.png", True) == 'attachment; filename="loss curve.png"'
    assert disposition("plots/loss.png", False) == 'inline; filename="loss.png"'


@pytest.mark.parametrize("name", ['a"; filename="b.exe', "a\r\nSet-Cookie: x=1", "ünï.txt", "a\\b", "100%.txt", "\x00\x1b"])
def test_no_name_can_end_the_header(name: str) -> None:
    header = disposition(name, True)
    header.encode("ascii")
    assert "\r" not in header
    assert "\n" not in header
    quoted = header.partition('filename="')[2].partition('"')[0]
    assert header.count('"') == 2
    assert "\\" not in quoted
    assert "filename*=UTF-8''" in header
