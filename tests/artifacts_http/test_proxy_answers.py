"""What the proxy answers to plain requests: listings, ranges, versions, headers, deletions."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import urllib3
from running_servers import Running

FILES = "/api/2.0/mlflow-artifacts/artifacts"
BODY = bytes(range(256)) * 9000  # more than two pieces


class Site:
    """A server, asked below a folder of the test's own."""

    def __init__(self, url: str) -> None:
        self.url, self.folder = url, uuid.uuid4().hex
        self.pool = urllib3.PoolManager(retries=False)

    def ask(self, method: str, path: str, **more: Any) -> urllib3.BaseHTTPResponse:
        return self.pool.request(method, self.url + path, **more)

    def file(self, method: str, name: str, **more: Any) -> urllib3.BaseHTTPResponse:
        return self.ask(method, f"{FILES}/{self.folder}/{name}", **more)

    def names(self, path: str = "") -> list[Any]:
        listed = self.ask("GET", FILES, fields={"path": f"{self.folder}/{path}".rstrip("/")}).json()
        found: list[Any] = listed["files"]
        return found


@pytest.fixture(params=["folder", "s3"])
def site(request: pytest.FixtureRequest) -> Site:
    running: Running = request.getfixturevalue("over_folder" if request.param == "folder" else "over_s3")
    return Site(running.url)


def test_a_listing_has_bare_names_and_one_level(site: Site) -> None:
    for name in ("b.txt", "sub/c.txt", "sub/deep/d.txt"):
        assert site.file("PUT", name, body=b"abc").status == 200
    assert site.names() == [{"path": "b.txt", "is_dir": False, "file_size": 3}, {"path": "sub", "is_dir": True}]
    assert [one["path"] for one in site.names("sub")] == ["c.txt", "deep"]
    assert site.names("b.txt") == []
    assert site.names("nothing") == []
    twin = site.ask("GET", FILES.replace("/api", "/ajax-api"), fields={"path": site.folder})
    assert [one["path"] for one in twin.json()["files"]] == ["b.txt", "sub"]


def test_a_file_comes_back_whole_and_disarmed(site: Site) -> None:
    assert site.file("PUT", "page.html", body=b"<script>alert(1)</script>").data == b"{}"
    answer = site.file("GET", "page.html")
    assert answer.data == b"<script>alert(1)</script>"
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="page.html"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert "allow-same-origin" not in answer.headers["Content-Security-Policy"]


def test_a_range_and_a_head_and_a_version(site: Site) -> None:
    site.file("PUT", "x.bin", body=BODY)
    head = site.file("HEAD", "x.bin")
    assert (head.status, head.headers["Content-Length"], head.data) == (200, str(len(BODY)), b"")
    assert head.headers["Accept-Ranges"] == "bytes"
    part = site.file("GET", "x.bin", headers={"Range": "bytes=1000-1999"})
    assert (part.status, part.data) == (206, BODY[1000:2000])
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{len(BODY)}"
    assert site.file("GET", "x.bin", headers={"Range": "bytes=-10"}).data == BODY[-10:]
    assert site.file("GET", "x.bin", headers={"Range": f"bytes={len(BODY)}-"}).status == 416
    tag = head.headers["ETag"]
    assert site.file("GET", "x.bin", headers={"If-None-Match": tag}).status == 304
    assert site.file("GET", "x.bin", headers={"Range": "bytes=0-1", "If-Range": tag}).status == 206
    site.file("PUT", "x.bin", body=BODY + b"!")
    assert site.file("GET", "x.bin", headers={"If-None-Match": tag}).status == 200
    again = site.file("GET", "x.bin", headers={"Range": "bytes=0-1", "If-Range": tag})
    assert (again.status, again.data) == (200, BODY + b"!")


def test_a_body_without_a_length_is_taken(site: Site) -> None:
    pieces = (BODY[start : start + 100_000] for start in range(0, len(BODY), 100_000))
    assert site.file("PUT", "chunked", body=pieces).status == 200
    assert site.file("GET", "chunked").data == BODY
    assert site.file("PUT", "empty", body=b"").status == 200
    assert site.file("GET", "empty").data == b""


def test_deleting_a_file_a_folder_and_nothing(site: Site) -> None:
    for name in ("a", "sub/b", "sub/c"):
        site.file("PUT", name, body=b"x")
    assert site.file("DELETE", "sub").status == 200
    assert [one["path"] for one in site.names()] == ["a"]
    assert site.file("DELETE", "nothing").status == 200
    assert site.file("DELETE", "").status == 200  # the client's way to say: this folder
    assert site.names() == []


@pytest.mark.parametrize("path", ["", "/", "/.", "/./"])
def test_not_everything_at_once(site: Site, path: str) -> None:
    site.file("PUT", "a", body=b"x")
    assert site.ask("DELETE", FILES + path).status in (400, 405)
    assert [one["path"] for one in site.names()] == ["a"]


def test_what_is_not_there_and_what_is_no_file(site: Site) -> None:
    site.file("PUT", "sub/a", body=b"x")
    for name in ("nothing", "sub", "sub/a/b"):
        answer = site.file("GET", name)
        assert answer.status == 404, name
        assert answer.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    assert site.file("PUT", "sub", body=b"x").status == 400
    assert site.file("PUT", "sub/a/b", body=b"x").status == 400
    assert site.file("GET", "sub/a").data == b"x"


def test_strange_names_come_back_as_they_were(site: Site) -> None:
    for name in ("ü ✓.txt", "a+b&c=d;e.txt", "100%.txt", "#1?.txt", "q'(1) [2].txt"):
        quoted = "".join(f"%{byte:02X}" for byte in name.encode())
        assert site.file("PUT", quoted, body=name.encode()).status == 200, name
        assert site.file("GET", quoted).data == name.encode()
        assert name in [one["path"] for one in site.names()]


def test_another_origin_is_refused(site: Site) -> None:
    refused = site.file("PUT", "a", body=b"x", headers={"Origin": "http://evil.example"})
    assert refused.status == 403
    assert site.file("GET", "a").status == 404
    assert site.file("GET", "a", headers={"Host": "evil.example"}).status == 403
