"""Path traversal (CVE-2023-1177, CVE-2023-2780, CVE-2023-6909, CVE-2024-1560 …): no path leads out of the root.

The bytes on the wire of the artifact proxy are tried in ``tests/artifacts_http/test_paths_that_lead_out.py``.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

FILES = "/api/2.0/mlflow-artifacts/artifacts"
SECRET = "TOP-SECRET-OF-THE-SERVER"

UP = "../" * 12
ESCAPES = [
    "../secret", f"{UP}etc/passwd", "model/../../../../../../secret", "/etc/passwd", "//etc/passwd", "///etc/passwd",
    "%2e%2e/secret", "%2e%2e%2fsecret", "%252e%252e%252fsecret", "%25252e%25252e%25252fsecret", "..%2fsecret", ".%2e/secret",
    "..\\secret", "..%5csecret", "..%255csecret", "\\\\host\\share", "C:\\secret", "C:/secret", "%2fetc%2fpasswd",
    "..\x00/secret", "../secret\x00.txt", "../secret%00.txt", "file:///etc/passwd", "FILE:/etc/passwd", "file:etc/passwd",
    "．．/secret", "‥/secret", "%c0%ae%c0%ae/secret", "..;/secret", "....//secret", "..././secret", "~/.ssh/id_rsa",
    "./../secret", "model/.././../secret", "..", ".", "", "model#/../../secret", "model?/../../secret",
]  # fmt: skip


def innocent(answer: Any) -> None:
    """Refused, or nothing there: and in no case a byte of what lies outside."""
    assert answer.status_code in (400, 404), (answer.status_code, answer.text[:200])
    assert SECRET not in answer.text
    assert "root:" not in answer.text
    assert answer.headers["content-type"] == "application/json"


def secrets_around(victim: Any) -> None:
    """The secret at every height that an escape may reach."""
    for place in (victim.root, victim.model_root):
        for above in (place, *list(place.parents)[:8]):
            if above.is_relative_to(victim.outside) and above not in (victim.root, victim.model_root):
                (above / "secret").write_text(SECRET)


def test_no_file_is_read(victim: Any) -> None:
    secrets_around(victim)
    for escape in ESCAPES:
        for address, fixed, name in victim.readers():
            innocent(victim.client.get(address, params={**fixed, name: escape}))


def test_no_folder_is_listed(victim: Any) -> None:
    for escape in ESCAPES:
        secrets_around(victim)
        for address, fixed, name in victim.listers():
            answer = victim.client.get(address, params={**fixed, name: escape})
            assert answer.status_code in (200, 400, 404)
            if "mlflow-artifacts" in address and escape in ("", "."):
                continue  # the root itself: what is served
            assert '"secret"' not in answer.text
            assert "passwd" not in answer.text or answer.status_code != 200
            assert "/secret" not in answer.text or answer.status_code != 200


def test_no_file_is_written(victim: Any) -> None:
    for escape in [one for one in ESCAPES if one not in ("", ".")]:
        before = {file for file in victim.outside.rglob("*") if not file.is_relative_to(victim.root)}
        answer = victim.client.post(
            "/ajax-api/2.0/mlflow/upload-artifact", params={"run_uuid": victim.run_id, "path": escape}, content=b"evil"
        )
        assert answer.status_code in (200, 400, 404)
        for kind in ("create", "complete", "abort"):
            body = {"path": escape, "upload_id": "1", "parts": [{"part_number": 1, "etag": "x"}]}
            found = victim.client.post(f"/api/2.0/mlflow-artifacts/mpu/{kind}/run", json=body)
            assert found.status_code in (400, 404, 501), found.text
        after = {file for file in victim.outside.rglob("*") if not file.is_relative_to(victim.root)}
        assert {file for file in after - before if "-wal" not in file.name and "-shm" not in file.name} == set()
        assert (victim.outside / "secret").read_text() == SECRET


def test_links_lead_nowhere(victim: Any) -> None:
    """A client that could make links (a project, a mount) gains no more than it had."""
    for place, inside in ((victim.root, "model/"), (victim.model_root, "")):
        os.symlink(victim.outside / "secret", place / inside / "link")
        os.symlink(victim.outside, place / inside / "folder")
        os.symlink("../../../../../../../../../etc", place / inside / "etc")
    for address, fixed, name in victim.readers():
        base = "" if "logged-models" in address or "model-versions" in address else "model/"
        for path in ("link", "folder/secret", "etc/passwd"):
            innocent(victim.client.get(address, params={**fixed, name: base + path}))
    answer = victim.client.post(
        "/ajax-api/2.0/mlflow/upload-artifact", params={"run_uuid": victim.run_id, "path": "model/folder/planted"}, content=b"x"
    )
    assert answer.status_code in (400, 404)
    victim.client.delete(f"{victim.place}/model/folder/secret")
    assert (victim.outside / "secret").read_text() == SECRET
    assert not (victim.outside / "planted").exists()


@pytest.mark.parametrize("run_id", ["..", "../..", "%2e%2e", "/etc", "x\x00y", "a/../../b", ""])
def test_ids_are_no_paths(victim: Any, run_id: str) -> None:
    answer = victim.client.get("/get-artifact", params={"run_id": run_id, "path": "secret"})
    innocent(answer)
    innocent(victim.client.get("/model-versions/get-artifact", params={"name": run_id, "version": "1", "path": "secret"}))
    innocent(victim.client.get("/model-versions/get-artifact", params={"name": "m", "version": run_id, "path": "MLmodel"}))


def test_the_pages_of_the_ui_lead_nowhere(victim: Any) -> None:
    for path in (
        "/assets/..%2f..%2f..%2fapp.py",
        "/..%2f..%2fapp.py",
        "/%2e%2e/%2e%2e/app.py",
        "/assets/%2e%2e%2f%2e%2e%2fapp.py",
    ):
        answer = victim.client.get(path)
        assert "create_app" not in answer.text
        assert answer.status_code in (200, 404, 503)  # 200: the one page of the UI
