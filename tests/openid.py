"""OpenID providers to sign in at: a real one in a process of its own, and one that a test can make lie."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "runstone", "a secret with + and % and 32 characters"


@contextmanager
def real_provider(*users: dict[str, Any]) -> Iterator[str]:
    """The issuer. It answers as long as the block lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce"]
    for user in users:
        command += ["--user-claims", json.dumps(user)]
    issuer = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(600):
                assert process.poll() is None, "the provider did not start"
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.05)
            yield issuer
        finally:
            process.terminate()


def agree(url: str, subject: str) -> str:
    """Say yes at the real provider, as a person would; the address that the browser is sent back to."""
    answer = httpx.post(url, data={"sub": subject}, verify=False)  # of plain HTTP: reading all certificates takes longer
    assert answer.status_code in (302, 303), answer.text
    return answer.headers["location"]


@functools.cache
def first_key() -> rsa.RSAPrivateKey:
    """Of every provider that has not changed it: one takes a tenth of a second to make."""
    return rsa.generate_private_key(65537, 2048)


class FakeProvider:
    """A provider that keeps the protocol, checks PKCE, and lies where told: ``claims`` replace those of the ID token (``None``
    takes one out), ``answers`` whole answers by path, ``header`` the token's header."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.description: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.key, self.kid = first_key(), "one"
        self.algorithm, self.secret = "RS256", ""
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def agree(self, url: str) -> dict[str, str]:
        """What the browser brings back from the address it was sent to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "42", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims = {**claims, "preferred_username": "eve", **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"kid": self.kid, **self.header}
        if self.algorithm == "none":
            return unsigned({"alg": "none", **header}, claims)
        return jwt.encode(claims, self.secret or self.key, self.algorithm, {k: v for k, v in header.items() if v is not None})

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, bytes]:
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            doors = {"authorization_endpoint": "/authorize?a=b", "token_endpoint": "/token", "jwks_uri": "/keys"}
            doors["userinfo_endpoint"] = "/userinfo"
            found = {"issuer": self.issuer, **{name: self.issuer + door for name, door in doors.items()}, **self.description}
            return 200, json.dumps(found).encode()
        if path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return 200, json.dumps({"keys": ["nonsense", {**public, "kid": self.kid, "use": "sig"}]}).encode()
        if path == "/userinfo":
            return 200, json.dumps({"sub": "42", **self.userinfo}).encode()
        asked = self.codes.pop(form.get("code", ""), None)
        verifier = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":")
        if [unquote(one) for one in pair] != [CLIENT, SECRET]:
            return 401, b'{"error": "invalid_client"}'
        if asked is None or verifier != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, b'{"error": "invalid_grant"}'
        return 200, json.dumps({"id_token": self.token(asked), "access_token": "opaque", "token_type": "Bearer"}).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                length = int(self.headers.get("content-length") or 0)
                form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
                status, body = provider.answer(self.path, form, self.headers.get("authorization", ""))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", body.decode())
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims))
    return ".".join(parts) + "."


def said(page: Any) -> str:
    """The sentence on the page that says why not."""
    found = re.search(r"<p>(.*?)</p>", page.text)
    assert found, page.text
    return found[1]
