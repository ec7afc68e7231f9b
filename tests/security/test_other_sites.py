"""CSRF and DNS rebinding (CVE-2023-43472 and kin): a page of another site, open in the user's browser, learns and does nothing.

The spellings of ``Host`` and ``Origin`` are in ``tests/server/test_request_guard.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from runstone.server.endpoints import ROOT, TABLE
from runstone.server.mlflow.files_table import FILES
from runstone.server.mlflow.table import TABLE as MLFLOW

EVIL = [
    {"origin": "https://evil.example"}, {"origin": "null"}, {"host": "rebound.evil.example:5000"},
    {"host": "127.0.0.1.evil.example"}, {"host": "127.0.0.1:5000@evil.example"}, {"host": "[::1]evil.example"},
    {"host": "localhost:evil.example"}, {"host": "evil.example", "origin": "http://evil.example"},
    {"origin": "http://127.0.0.1:5000.evil.example"}, {"origin": "http://127.0.0.1:5001"}, {"origin": "http://evil.example@127.0.0.1:5000x"},
]  # fmt: skip


def rows() -> Iterator[tuple[str, str]]:
    for own in TABLE:
        yield own.method, ROOT + own.path
    for row in MLFLOW:
        for root in ("/api", "/ajax-api"):
            yield row.method, f"{root}/{row.version}.0{row.path}"
    for file in FILES:
        yield file.method, file.path
    yield from (("GET", path) for path in ("/", "/docs", "/health", "/ready", "/version", f"{ROOT}/openapi.json"))


@pytest.mark.parametrize("headers", EVIL, ids=str)
def test_no_address_answers_another_site(client: Any, headers: dict[str, str]) -> None:
    for method, path in rows():
        answer = client.request(method, path.replace("{", "").replace("}", ""), headers=headers)
        assert answer.status_code == 403, (method, path, headers, answer.status_code)
        assert "access-control-allow-origin" not in answer.headers


def test_a_browser_is_told_no_before_it_asks(client: Any) -> None:
    """The preflight of a page elsewhere."""
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    answer = client.options("/api/2.0/mlflow/runs/delete", headers=headers)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_no_get_changes_anything() -> None:
    """A picture's address can be any; what it reads must not write."""
    for row in (*TABLE, *FILES, *MLFLOW):
        assert row.method != "GET" or row.permission in ("read", "none", "admin"), row.path


def test_a_form_of_another_site_is_not_read(client: Any) -> None:
    """Where a browser sends no Origin (old ones, some extensions), a form still cannot be JSON of ours."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = client.post(f"{ROOT}/experiments", content=b'{"name": "planted"}', headers={"content-type": kind})
        assert answer.status_code == 400
        answer = client.post(
            "/api/2.0/mlflow/experiments/create", content=b'{"name": "planted"}', headers={"content-type": kind}
        )
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "planted" not in client.get(f"{ROOT}/experiments").text


def test_a_session_is_no_use_to_another_site(locked: Any) -> None:
    origin = "http://127.0.0.1:5000"
    words = {"username": "root", "password": "a long enough password"}
    answer = locked.post(f"{ROOT}/session", json=words, headers={"origin": origin})
    assert answer.status_code == 200, answer.text
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie or "samesite=lax" in cookie
    body = {"name": "planted"}
    for headers in ({}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "http://localhost:5000"}):
        answer = locked.post("/api/2.0/mlflow/experiments/create", json=body, headers=headers)
        assert answer.status_code == 403, headers
    assert locked.post("/api/2.0/mlflow/experiments/create", json=body, headers={"origin": origin}).status_code == 200
