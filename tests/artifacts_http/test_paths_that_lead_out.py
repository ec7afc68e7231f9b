"""No path leads out of what is served: each request as an attacker would write it, byte for byte on a socket."""

from __future__ import annotations

import os
import socket
import uuid
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from running_servers import Running

ROUTE = "/api/2.0/mlflow-artifacts/artifacts"


def raw(url: str, method: str, target: str, body: bytes = b"") -> tuple[int, bytes]:
    """Status and body for a target that no client library tidied up."""
    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=20) as connection:
        head = f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode("latin-1") + body)
        data = b""
        while piece := connection.recv(65536):
            data += piece
    top, _, rest = data.partition(b"\r\n\r\n")
    return int(top.split()[1]), rest


ESCAPES = [
    "../secret", "%2e%2e/secret", "..%2fsecret", "%2e%2e%2fsecret", "%252e%252e%252fsecret", "%25252e%25252e/secret",
    "a/../../secret", "a/%2e%2e/%2e%2e/secret", "/etc/passwd", "%2fetc%2fpasswd", "%252fetc/passwd", "//etc/passwd",
    "..%5csecret", "%5c%5chost%5cshare", "C:/secret", "C%3a%5csecret", "c%253a/x", "a%00b", "%00", "a%2500b",
    "a%0ab", "a%0d%0ab", "%c0%ae%c0%ae/secret", "..;/secret", ".%2e/secret",
]  # fmt: skip


@pytest.mark.parametrize("escape", ESCAPES)
def test_it_is_refused(over_folder: Running, escape: str) -> None:
    secret = over_folder.folder / "secret"
    secret.write_text("private")
    for method, body in (("GET", b""), ("PUT", b"overwritten"), ("DELETE", b""), ("HEAD", b"")):
        status, answer = raw(over_folder.url, method, f"{ROUTE}/{escape}", body)
        taken_literally = escape.startswith(("%c0", "..;"))  # odd names, but nothing below the root is outside of it
        refusals = (400, 404, 405) if "%0a" in escape else (400,)  # no route has a line break in it
        assert status in ((200, 400, 404) if taken_literally else refusals), (method, status, answer)
        assert b"private" not in answer
        assert b"root:" not in answer
    status, answer = raw(over_folder.url, "GET", f"{ROUTE}?path={escape}")
    assert status == 400 or b'"files":[]' in answer, answer
    for kind in ("mpu/create", "mpu/complete", "mpu/abort", "presigned"):
        method = "GET" if kind == "presigned" else "POST"
        status, _ = raw(
            over_folder.url, method, f"/api/2.0/mlflow-artifacts/{kind}/{escape}", b'{"path": "x", "upload_id": "1"}'
        )
        assert status in (400, 404, 501), kind
    assert secret.read_text() == "private"


def test_a_link_that_leads_out_is_not_followed(over_folder: Running, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("private")
    root = over_folder.folder / "artifacts" / uuid.uuid4().hex
    root.mkdir(parents=True)
    os.symlink(tmp_path, root / "out")
    os.symlink(tmp_path / "key", root / "key")
    base = f"{ROUTE}/{root.name}"
    answers = [raw(over_folder.url, "GET", f"{base}/{path}") for path in ("out/key", "key", "missing", "out")]
    answers.append(raw(over_folder.url, "PUT", f"{base}/out/key", b"evil"))
    assert [status for status, _ in answers] == [404] * 5
    for _, body in answers:  # whoever asks learns nothing of the server's folders, nor of what is outside of them
        assert str(over_folder.folder).encode() not in body
        assert str(tmp_path).encode() not in body
    assert b"'%s/out/key'" % root.name.encode() in answers[0][1]
    assert raw(over_folder.url, "DELETE", f"{base}/out/key")[0] in (200, 404)
    assert (tmp_path / "key").read_text() == "private"
    assert b'"files":[]' in raw(over_folder.url, "GET", f"{ROUTE}?path={root.name}")[1]


def test_a_file_is_sent_under_a_name_that_cannot_break_the_header(over_folder: Running) -> None:
    name = quote('a";x=\'"é.html', safe="")
    assert raw(over_folder.url, "PUT", f"{ROUTE}/h/{name}", b"x")[0] == 200
    assert raw(over_folder.url, "GET", f"{ROUTE}/h/{name}") == (200, b"x")
