"""Names that would end a header, and headers that would end up in answers or logs."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

import pytest

from runstone.export.page import is_built

NAMES = [
    'a"; filename="evil.html', "a\r\nSet-Cookie: x=1", "a\nb", "é\r\n.html", "a\u2028b.txt", "a\u0085b",
    "%0d%0aSet-Cookie: x=1", "a;b=c", "a'b''c",
    "\ud7ff.bin", "x" * 300, "a\\\"b", "日本語.html",
]  # fmt: skip


def test_no_name_breaks_a_header(victim: Any) -> None:
    for name in NAMES:
        victim.client.put(f"{victim.place}/{quote(name, safe='')}", content=b"x")
        victim.client.post("/api/2.0/mlflow/runs/update", json={"run_id": victim.run_id, "run_name": name})
        answers = [
            victim.client.get(f"{victim.place}/{quote(name, safe='')}"),
            victim.client.get("/get-artifact", params={"run_id": victim.run_id, "path": name}),
        ]
        if is_built():
            answers.append(victim.client.get("/api/runstone/v1/export", params={"runs": victim.run_id}))
        for answer in answers:
            assert answer.status_code < 500, (name, answer.text)
            assert "set-cookie" not in answer.headers
            for key, value in answer.headers.items():
                assert not any(ord(char) < 32 or ord(char) == 127 for char in key + value), (name, key, value)
            said = answer.headers.get("content-disposition", "")
            assert said.count('"') in (0, 2), said
            assert "filename=evil" not in said


@pytest.mark.parametrize("given", ["a b", "x" * 500, "a\tb", "<script>", "a;b", "é"])
def test_a_request_id_is_kept_only_if_plain(victim: Any, given: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = victim.client.get("/health", headers={"x-request-id": given.encode("latin-1")})
    assert answer.headers["x-request-id"] != given
    assert given not in caplog.text


def test_a_redirect_stays_here(victim: Any) -> None:
    for path in (
        "//evil.example",
        "//evil.example/..",
        "/\\evil.example",
        "/%5cevil.example",
        "//evil.example/docs/",
        "/docs/",
        "/docs//evil",
    ):
        answer = victim.client.get("http://127.0.0.1:5000" + path, follow_redirects=False)
        target = answer.headers.get("location", "")
        assert not target.startswith(("//", "/\\", "http://evil", "https://evil", "\\")), (path, target)
        assert "evil.example" not in target.partition("?")[0].split("/")[2:3], (path, target)
