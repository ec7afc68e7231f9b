"""Authentication bypass (CVE-2023-6014, CVE-2024-0520 and kin): other spellings, methods, twins, proxies' headers.

``tests/auth/test_every_route.py`` walks every row of every table without credentials, by every method.
"""

from __future__ import annotations

from typing import Any

import pytest

SEARCH = "mlflow/experiments/search"
SPELLINGS = [
    "/api/2.0/{}", "/ajax-api/2.0/{}", "//api/2.0/{}", "/api//2.0/{}", "/api/2.0/{}/", "/API/2.0/{}", "/Api/2.0/{}",
    "/api/./2.0/{}",
    "/static/../api/2.0/{}", "/assets/../api/2.0/{}", "/assets/%2e%2e/api/2.0/{}", "/health/../api/2.0/{}",
    "/health%2f..%2fapi/2.0/{}",
    "/%61pi/2.0/{}", "/api%2f2.0/{}", "/api/2.0/{};x=1", "/api/2.0/{}%20", "/api/2.0/{}%00", "/api/2.0/{}%0a",
    "/api/2.0/{}.json",
    "/api/3.0/{}", "/api/2.00/{}", "/api/preview/{}", "/ajax-api/3.0/{}", "/health?x=/api/2.0/{}", "/api/2.0/{}?/health",
    "/api/2.0/{}#/health",
    "/graphql", "/gateway-proxy", "/ajax-api/2.0/mlflow/gateway-proxy", "/signup", "/oauth", "/get-artifact/",
    "/GET-ARTIFACT", "/metrics/",
]  # fmt: skip
TRICKS = [
    {"x-http-method-override": "GET"}, {"x-original-url": "/health"}, {"x-rewrite-url": "/health"},
    {"x-forwarded-for": "127.0.0.1"},
    {"x-forwarded-user": "root"}, {"remote-user": "root"}, {"x-forwarded-prefix": "/health"}, {"x-forwarded-path": "/health"},
    {"authorization": "Basic"}, {"authorization": "Basic Og=="}, {"authorization": "Basic cm9vdDo="},
    {"authorization": "Bearer "},
    {"authorization": "Bearer null"}, {"authorization": "Basic " + "A" * 9000}, {"cookie": "session=root"},
    {"x-api-key": "root"},
]  # fmt: skip


@pytest.fixture
def secret(locked: Any, as_root: dict[str, str]) -> str:
    answer = locked.post("/api/2.0/mlflow/experiments/create", json={"name": "hidden-plan"}, headers=as_root)
    assert answer.status_code == 200, answer.text
    return "hidden-plan"


def test_no_spelling_opens_it(locked: Any, secret: str) -> None:
    for spelling in SPELLINGS:
        address = spelling.format(SEARCH)
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get"):
            answer = locked.request(
                method, address, params={"max_results": "10"} if "?" not in address and "#" not in address else None
            )
            assert secret not in answer.text, (method, address)
            if answer.status_code == 200 and method != "HEAD":  # what anybody may see: the page of the UI, whether it lives
                assert answer.headers["content-type"].startswith(("text/html", "text/plain")), (method, address)


def test_no_header_opens_it(locked: Any, secret: str) -> None:
    for trick in TRICKS:
        for method in ("GET", "POST"):
            answer = locked.request(method, f"/api/2.0/{SEARCH}", headers=trick, params={"max_results": "10"})
            assert answer.status_code in (401, 429), (trick, answer.status_code, answer.text)
            answer = locked.request(method, "/api/2.0/mlflow/experiments/create", headers=trick, json={"name": "planted"})
            assert answer.status_code in (401, 405, 429)
        assert (
            locked.post("/health", headers={"x-http-method-override": "POST", "x-original-url": f"/api/2.0/{SEARCH}"}).text
            != secret
        )


def test_the_first_door_is_not_ours_to_leave_open(locked: Any) -> None:
    """CVE-2023-6014: anybody could make an account. mlflow's own default, admin/password, opens nothing either."""
    for path in ("/api/2.0/mlflow/users/create", "/ajax-api/2.0/mlflow/users/create", "/api/runstone/v1/users"):
        answer = locked.post(path, json={"username": "eve", "password": "a long enough password"})
        assert answer.status_code == 401
    assert locked.get(f"/api/2.0/{SEARCH}?max_results=1", auth=("admin", "password")).status_code == 401
    assert locked.get(f"/api/2.0/{SEARCH}?max_results=1", auth=("admin", "password1234")).status_code == 401
