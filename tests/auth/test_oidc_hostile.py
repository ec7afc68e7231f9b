"""Providers that lie, tokens that are not for us, answers without end: nobody gets in, and the page says why."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from auth_site import ORIGIN, Site
from cryptography.hazmat.primitives.asymmetric import rsa

from openid import CLIENT, SECRET, FakeProvider, said
from runstone.errors import InvalidValue, StoreUnavailable
from runstone.server.auth import fetch
from runstone.server.auth.fetch import ProviderTrouble, ask_json, check_url
from runstone.server.auth.oidc import Oidc, OidcSettings
from runstone.server.auth.oidc_provider import Provider
from runstone.store.dialects.base import trouble


class Ticking:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def fake() -> Iterator[FakeProvider]:
    made = FakeProvider()
    yield made
    made.close()


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def guest(make_site: Callable[..., Site], fake: FakeProvider, clock: Ticking) -> Callable[..., Any]:
    """A browser that signed in at the provider, and the answer it got; ``change``: what happens to the query on its way."""
    site = make_site()
    provider = Provider(fake.issuer, CLIENT, SECRET, clock)
    site.use(Oidc(provider, OidcSettings(create_users=True), site.auth.signing))

    def come(change: Callable[[dict[str, str]], dict[str, str]] = lambda query: query) -> Any:
        client = site.client(origin=ORIGIN)
        there = client.get("/oidc/sign-in")
        if there.status_code != 303:
            return there
        answer = client.get("/oidc/callback", params=change(fake.agree(there.headers["location"])))
        inside = client.get("/api/runstone/v1/experiments").status_code == 200
        assert inside == (answer.status_code == 303)
        return answer

    return come


def test_an_honest_one_lets_in_and_pkce_is_kept(guest: Callable[..., Any]) -> None:
    assert guest().status_code == 303


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"nonce": 1}, "nonce"),
        ({"aud": "another"}, "udience"),
        ({"aud": None}, "aud"),
        ({"aud": [CLIENT, "another"]}, "azp"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "azp"),
        ({"azp": "another"}, "azp"),
        ({"iss": "https://evil.example"}, "ssuer"),
        ({"iss": None}, "iss"),
        ({"exp": 1_000_000_000}, "expired"),
        ({"exp": None}, "exp"),
        ({"iat": 32_000_000_000, "exp": 33_000_000_000}, "iat"),
        ({"nbf": 32_000_000_000}, "nbf"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": "x" * 256}, "sub"),
    ],
)
def test_a_token_that_is_not_for_this_moment(fake: FakeProvider, guest: Callable[..., Any], claims: Any, why: str) -> None:
    fake.claims = claims
    answer = guest()
    assert answer.status_code == 401
    assert why in said(answer)


@pytest.mark.parametrize("name", ["a:b", " ada", "", "x" * 300, "a\x00b", "a\nb", "‮", 7, ["ada"]])
def test_a_name_that_nobody_can_have(fake: FakeProvider, guest: Callable[..., Any], name: Any) -> None:
    fake.claims = {"preferred_username": name}
    assert guest().status_code in (400, 403)


def test_two_audiences_with_ours_as_the_party(fake: FakeProvider, guest: Callable[..., Any]) -> None:
    fake.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert guest().status_code == 303


def test_signatures(fake: FakeProvider, guest: Callable[..., Any]) -> None:
    fake.algorithm = "none"
    assert "not accepted" in said(guest())
    fake.algorithm, fake.secret = "HS256", SECRET  # whoever knows the secret of the client is not the provider
    assert "HS256" in said(guest())
    fake.algorithm, fake.secret = "RS256", ""
    shown, fake.key = fake.key, rsa.generate_private_key(65537, 2048)
    own = fake.answer

    def old_keys(path: str, *rest: Any) -> tuple[int, bytes]:
        signing, fake.key = fake.key, shown if path == "/keys" else fake.key
        try:
            return own(path, *rest)
        finally:
            fake.key = signing

    fake.answer = old_keys  # type: ignore[method-assign]
    answer = guest()
    assert answer.status_code == 401
    assert "ignature" in said(answer)


def test_new_keys_are_looked_for_but_not_at_every_token(fake: FakeProvider, guest: Callable[..., Any], clock: Ticking) -> None:
    assert guest().status_code == 303
    clock.now += 31
    fake.key, fake.kid = rsa.generate_private_key(65537, 2048), "two"
    assert guest().status_code == 303
    asked = fake.asked.count("/keys")
    fake.header = {"kid": "made up"}
    assert [guest().status_code for _ in range(3)] == [401] * 3
    assert fake.asked.count("/keys") == asked
    fake.header = {"kid": None}  # there is one key, so none need be named
    assert guest().status_code == 303


@pytest.mark.parametrize(
    "change",
    [
        lambda query: {**query, "state": "another"},
        lambda query: {"code": query["code"]},
        lambda query: {**query, "state": query["state"] + "x"},
        lambda query: {**query, "iss": "https://evil.example"},
        lambda query: {**query, "code": "another"},
        lambda query: {"state": query["state"]},
        lambda query: {"state": query["state"], "error": "access_denied<script>"},
    ],
)
def test_an_answer_to_something_else(guest: Callable[..., Any], change: Callable[..., Any]) -> None:
    answer = guest(change)
    assert answer.status_code == 401
    assert "<script" not in answer.text


def test_the_provider_says_who_it_is_where_it_promised(fake: FakeProvider, guest: Callable[..., Any]) -> None:
    fake.description = {"authorization_response_iss_parameter_supported": True}
    assert "(iss)" in said(guest())
    assert guest(lambda query: {**query, "iss": fake.issuer}).status_code == 303


def test_more_about_somebody_else(fake: FakeProvider, guest: Callable[..., Any]) -> None:
    fake.claims, fake.userinfo = {"preferred_username": None}, {"preferred_username": "zoe"}
    assert guest().status_code == 303
    fake.userinfo = {"sub": "43", "preferred_username": "root"}
    assert "somebody else" in said(guest())


@pytest.mark.parametrize(
    ("path", "answer", "why"),
    [
        ("/.well-known/openid-configuration", (200, b"no json"), "no JSON"),
        ("/.well-known/openid-configuration", (200, b"[]"), "no JSON object"),
        ("/.well-known/openid-configuration", (200, b"[" * 100_000), "no JSON"),
        ("/.well-known/openid-configuration", (302, b"https://evil.example"), "302"),
        ("/.well-known/openid-configuration", (200, b'{"issuer": 1}'), "cannot be used"),
        ("/.well-known/openid-configuration", (200, b" " * (fetch.MOST_BYTES + 1)), "more than"),
        ("/keys", (200, b"{}"), "no list"),
        ("/keys", (500, b"{}"), "500"),
        ("/token", (200, b"{}"), "no ID token"),
        ("/token", (200, b'{"id_token": 5}'), "no ID token"),
        ("/token", (401, b'{"error": "invalid_client"}'), "invalid_client"),
    ],
)
def test_a_provider_in_trouble(fake: FakeProvider, guest: Callable[..., Any], path: str, answer: Any, why: str) -> None:
    fake.answers = {path: answer}
    found = guest()
    assert found.status_code == 503
    assert why in said(found)


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://10.0.0.1/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"userinfo_endpoint": "http://127.0.0.1@evil.example/"},
    ],
)
def test_a_description_that_leads_elsewhere(fake: FakeProvider, guest: Callable[..., Any], description: Any) -> None:
    fake.description = description
    found = guest()
    assert found.status_code == 503
    assert [path for path in fake.asked if path != "/.well-known/openid-configuration"] == []


def test_a_provider_that_is_away_is_left_alone(fake: FakeProvider, guest: Callable[..., Any], clock: Ticking) -> None:
    fake.answers = {"/.well-known/openid-configuration": (500, b"{}")}
    assert [guest().status_code for _ in range(5)] == [503] * 5
    assert len(fake.asked) == 1
    fake.answers = {}
    clock.now += 4
    assert guest().status_code == 303


def test_the_page_does_not_say_where_the_store_is(
    make_site: Callable[..., Site], fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site()
    oidc = Oidc(Provider(fake.issuer, CLIENT, SECRET), OidcSettings(), site.auth.signing)
    site.use(oidc)

    def begin(*_: Any) -> str:
        raise trouble(StoreUnavailable, "/srv/secret/runstone.db", "disk I/O error")

    monkeypatch.setattr(oidc, "begin", begin)
    found = site.client(origin=ORIGIN).get("/oidc/sign-in")
    assert found.status_code == 503
    assert "disk I/O error" in found.text
    assert "/srv/secret" not in found.text


def test_failures_are_counted(guest: Callable[..., Any]) -> None:
    found = [guest(lambda query: {**query, "code": "wrong"}) for _ in range(51)]
    assert [one.status_code for one in found] == [401] * 50 + [429]
    assert found[-1].headers["retry-after"]


def test_an_answer_that_comes_drop_by_drop_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "SECONDS", 0.3)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            client, _ = listening.accept()
            with client:
                try:
                    client.sendall(b"HTTP/1.1 200 OK\r\n")
                    while not over.wait(0.02):
                        client.sendall(b"X: y\r\n")
                except OSError:
                    pass

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        with pytest.raises(ProviderTrouble):
            ask_json(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        over.set()
        thread.join()


@pytest.mark.parametrize(
    "url",
    ["http://example.org", "ftp://127.0.0.1", "https://", "//x", "https://a@b", "https://x/#f", "http://[::1",
     "https://x:y", "https://x/ \n"],
)  # fmt: skip
def test_issuers_that_are_not_asked(url: str) -> None:
    with pytest.raises(InvalidValue):
        Provider(url, CLIENT)


def test_issuers_that_are() -> None:
    for url in ("https://example.org/realms/x", "http://localhost:80", "http://[::1]:9", "https://x:8443/"):
        assert check_url(url, "it") == url


@pytest.mark.parametrize(
    "settings",
    [
        {"admin_group": "a"},
        {"required_group": "a"},
        {"scopes": "profile"},
        {"redirect_uri": "http://example.org/oidc/callback"},
    ],
)
def test_settings_that_contradict_each_other(site: Site, settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        Oidc(Provider("https://example.org", CLIENT), OidcSettings(**settings), site.auth.signing)
