"""Files of a run over HTTP."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from runstone import connect
from runstone.contracts import ArtifactStore, Store

API = "/api/runstone/v1"
BODY = bytes(range(256)) * 40


@pytest.fixture
def run_id(make_run) -> str:  # type: ignore[no-untyped-def]
    found: str = make_run()
    return found


@pytest.fixture
def root(store: Store, run_id: str) -> ArtifactStore:
    artifacts = connect.open_artifacts(store.get_run(run_id).info.artifact_uri or "")
    artifacts.put(io.BytesIO(BODY), "data/bytes.bin")
    artifacts.put(io.BytesIO(b"<script>alert(1)</script>"), "page.html")
    artifacts.put(io.BytesIO("größe: 1\n".encode()), "wei ß/ünïcode ☃.yaml")
    return artifacts


def test_one_level_is_listed(api: TestClient, run_id: str, root: ArtifactStore) -> None:
    listed = api.get(f"{API}/runs/{run_id}/artifacts").json()
    assert listed["root_uri"] == root.uri
    assert listed["files"] == [
        {"path": "data", "is_dir": True, "file_size": None},
        {"path": "page.html", "is_dir": False, "file_size": 25},
        {"path": "wei ß", "is_dir": True, "file_size": None},
    ]
    inner = api.get(f"{API}/runs/{run_id}/artifacts", params={"path": "data"}).json()["files"]
    assert inner == [{"path": "data/bytes.bin", "is_dir": False, "file_size": len(BODY)}]
    assert api.get(f"{API}/runs/{run_id}/artifacts", params={"path": "nothing"}).json()["files"] == []


def test_a_file_comes_whole_with_headers_that_disarm_it(api: TestClient, run_id: str, root: ArtifactStore) -> None:
    answer = api.get(f"{API}/runs/{run_id}/artifacts/file", params={"path": "page.html"})
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox")
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["content-disposition"].startswith("inline")
    params = {"path": "wei ß/ünïcode ☃.yaml", "download": "true"}
    answer = api.get(f"{API}/runs/{run_id}/artifacts/file", params=params)
    assert answer.text == "größe: 1\n"
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("header", "part"), [("bytes=0-9", BODY[:10]), ("bytes=-5", BODY[-5:]), ("bytes=10000-", BODY[10000:])]
)
def test_a_range_is_sent_alone(api: TestClient, run_id: str, root: ArtifactStore, header: str, part: bytes) -> None:
    answer = api.get(f"{API}/runs/{run_id}/artifacts/file?path=data/bytes.bin", headers={"range": header})
    assert (answer.status_code, answer.content) == (206, part)
    start = BODY.index(part) if part != BODY[:10] else 0
    assert answer.headers["content-range"].endswith(f"/{len(BODY)}")
    assert answer.headers["content-length"] == str(len(part))
    assert start >= 0


def test_a_range_beyond_the_end_and_a_changed_file(api: TestClient, run_id: str, root: ArtifactStore) -> None:
    path = f"{API}/runs/{run_id}/artifacts/file?path=data/bytes.bin"
    answer = api.get(path, headers={"range": "bytes=999999-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(BODY)}")
    tag = api.get(path).headers["etag"]
    assert api.get(path, headers={"if-none-match": tag}).status_code == 304
    assert api.get(path, headers={"range": "bytes=0-1", "if-range": tag}).status_code == 206
    root.put(io.BytesIO(BODY + b"!"), "data/bytes.bin")
    assert api.get(path, headers={"if-none-match": tag}).status_code == 200
    assert api.get(path, headers={"range": "bytes=0-1", "if-range": tag}).status_code == 200


def test_head_has_the_length_and_no_body(api: TestClient, run_id: str, root: ArtifactStore) -> None:
    answer = api.head(f"{API}/runs/{run_id}/artifacts/file?path=data/bytes.bin")
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, str(len(BODY)), b"")


ESCAPES = [
    "../secret", "/etc/passwd", "data/../../secret", "..\\secret", "C:\\secret", "data/\x00", "....//secret", "./../secret",
    "%2e%2e/secret", "file:///etc/passwd", "~/.ssh/id_rsa", "data//../..//secret",
]  # fmt: skip


@pytest.mark.parametrize("path", ESCAPES)
def test_no_path_leads_out(api: TestClient, run_id: str, root: ArtifactStore, path: str) -> None:
    place = root.local()
    assert place is not None
    (place.parent / "secret").write_text("secret")
    answer = api.get(f"{API}/runs/{run_id}/artifacts/file", params={"path": path})
    assert answer.status_code in (400, 404), answer.text
    assert answer.json()["error_code"] in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST")
    listed = api.get(f"{API}/runs/{run_id}/artifacts", params={"path": path})
    assert listed.status_code in (400, 404) or listed.json()["files"] == []


def test_a_link_that_leads_out_is_not_followed(api: TestClient, run_id: str, root: ArtifactStore, tmp_path: Path) -> None:
    place = root.local()
    assert place is not None
    (tmp_path / "secret").write_text("secret")
    os.symlink(tmp_path / "secret", place / "link")
    os.symlink(tmp_path, place / "folder")
    for path in ("link", "folder/secret"):
        assert api.get(f"{API}/runs/{run_id}/artifacts/file", params={"path": path}).status_code == 404


def test_a_folder_or_nothing_is_no_file(api: TestClient, run_id: str, root: ArtifactStore) -> None:
    for path in ("data", "nothing", "data/bytes.bin/below"):
        answer = api.get(f"{API}/runs/{run_id}/artifacts/file", params={"path": path})
        assert answer.status_code == 404, path
    assert api.get(f"{API}/runs/{run_id}/artifacts/file").status_code == 400
    assert api.get(f"{API}/runs/{run_id}/artifacts/file", params={"path": ""}).status_code in (400, 404)


def test_an_empty_file_has_no_range(api: TestClient, run_id: str, root: ArtifactStore) -> None:
    root.put(io.BytesIO(b""), "empty")
    path = f"{API}/runs/{run_id}/artifacts/file?path=empty"
    assert (api.get(path).status_code, api.get(path).content) == (200, b"")
    assert api.get(path, headers={"range": "bytes=0-"}).status_code == 416
