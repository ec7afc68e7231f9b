"""The real app with accounts, over the real store: an administrator, and users without any grant."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.applications import Starlette
from starlette.testclient import TestClient

from one_loop import OneLoop
from runstone import connect
from runstone.server.app import create_app
from runstone.server.auth.auth import Auth
from runstone.server.auth.credentials import digest, hash_password, new_token
from runstone.server.auth.policy import Policy
from runstone.server.auth.signing import Signing
from runstone.store.sql import SqlStore

if TYPE_CHECKING:
    from runstone.server.auth.oidc import Oidc  # needs an extra

ORIGIN = "http://127.0.0.1:5000"
PASSWORD = "a long enough password"
#: Argon2 is slow on purpose: one hash for all users of all tests.
HASH = hash_password(PASSWORD)


class Site:
    """The server; ``as_`` gives a client that sends one user's password, ``browser`` one that signed in at the page."""

    def __init__(self, store: SqlStore, folder: Path, default: str = "NO_PERMISSIONS", **options: Any) -> None:
        self.store, self.accounts = store, store.accounts
        rate = options.pop("rate", 0.0)
        self.policy = Policy(store.accounts, default)
        self.auth = Auth(self.policy, Signing(self.policy, rate), options.pop("behind_proxy", False), options.pop("oidc", None))
        options.setdefault("artifact_destination", (folder / "store/artifacts").as_uri())
        self._options = options
        self.app = self._app()
        self._open: list[TestClient] = []
        self._loop = OneLoop()

    def _app(self) -> Starlette:
        return create_app(self.store, connect.open_artifacts, auth=self.auth, sweep_seconds=3600, **self._options)

    def use(self, oidc: Oidc) -> None:
        """Let people sign in at this provider, too."""
        self.auth = msgspec.structs.replace(self.auth, oidc=oidc)
        self.app = self._app()

    def client(self, **headers: str) -> TestClient:
        made = TestClient(self.app, base_url=ORIGIN, headers=headers, raise_server_exceptions=False, follow_redirects=False)
        self._open.append(made)
        return self._loop.join(made)

    def as_(self, username: str, password: str = PASSWORD) -> TestClient:
        return self.client(authorization=basic(username, password))

    def with_token(self, username: str, scope: str = "admin", expires: int | None = None) -> TestClient:
        user = self.accounts.find_user(username)
        assert user is not None
        secret = new_token()
        self.accounts.add_token(user.user_id, "test", scope, expires, digest(secret))
        return self.client(authorization=f"Bearer {secret}")

    def browser(self, username: str, password: str = PASSWORD) -> TestClient:
        client = self.client(origin=ORIGIN)
        answer = client.post("/api/runstone/v1/session", json={"username": username, "password": password})
        assert answer.status_code == 200, answer.text
        return client

    def add(self, username: str, is_admin: bool = False) -> int:
        return self.accounts.add_user(username, HASH, is_admin).user_id

    def grant(self, username: str, resource_type: str, resource: str, permission: str) -> None:
        user = self.accounts.find_user(username)
        assert user is not None
        self.accounts.grant(user.user_id, resource_type, resource, permission)
        self.auth.signing.forget()

    def close(self) -> None:
        for one in self._open:
            one.close()
        self._loop.close()


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def ok(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: Any, status: int = 403) -> str:
    assert answer.status_code == status, (answer.status_code, answer.text)
    return str(answer.json()["message"])
