"""Signing out at the provider ends sessions here (OpenID Connect Back-Channel Logout); nobody else's word does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from auth_site import ORIGIN, Site, ok
from cryptography.hazmat.primitives.asymmetric import rsa

from openid import CLIENT, SECRET, FakeProvider, unsigned
from runstone.server.auth.oidc import Oidc, OidcSettings
from runstone.server.auth.oidc_provider import Provider

DOOR, EVENT = "/oidc/back-channel-logout", "http://schemas.openid.net/event/backchannel-logout"
OTHER_KEY = rsa.generate_private_key(65537, 2048)


class Somebody:
    """Signed in at a provider in two browsers, and by token."""

    def __init__(self, site: Site, fake: FakeProvider) -> None:
        self.site, self.fake = site, fake
        self.browsers = [self.sign_in(), self.sign_in()]
        self.program = site.with_token("eve")

    def sign_in(self) -> Any:
        client = self.site.client(origin=ORIGIN)
        there = client.get("/oidc/sign-in")
        assert client.get("/oidc/callback", params=self.fake.agree(there.headers["location"])).status_code == 303
        return client

    def token(self, key: Any = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        now = int(time.time())
        told = {
            "iss": self.fake.issuer,
            "aud": CLIENT,
            "sub": "42",
            "iat": now,
            "exp": now + 120,
            "jti": "1",
            "events": {EVENT: {}},
        }
        told = {name: value for name, value in {**told, **claims}.items() if value is not None}
        return jwt.encode(told, key or self.fake.key, "RS256", {"kid": self.fake.kid, "typ": "logout+jwt", **(header or {})})

    def tell(self, token: str, **form: str) -> Any:
        """As the provider sends it: no cookie, no origin."""
        return self.site.client().post(DOOR, data={"logout_token": token, **form})

    def inside(self) -> list[str]:
        return [who(one) for one in (*self.browsers, self.program)]


def who(client: Any) -> str:
    return str(ok(client.get("/api/runstone/v1/session"))["username"])


@pytest.fixture
def eve(make_site: Callable[..., Site]) -> Iterator[Somebody]:
    site, fake = make_site(), FakeProvider()
    site.use(Oidc(Provider(fake.issuer, CLIENT, SECRET), OidcSettings(create_users=True), site.auth.signing))
    yield Somebody(site, fake)
    fake.close()


def test_who_signs_out_there_is_signed_out_here(eve: Somebody) -> None:
    ada = eve.site.browser("ada")
    assert eve.inside() == ["eve"] * 3
    answer = eve.tell(eve.token(sid="s"))
    assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (200, b"", "no-store")
    assert eve.inside() == ["", "", "eve"]  # programs have tokens of their own
    assert who(ada) == "ada"
    eve.browsers = [eve.sign_in()]
    assert eve.inside() == ["eve", "eve"]


def test_a_token_sent_again_ends_nothing_that_began_after_it(eve: Somebody) -> None:
    """Longer ago than clocks may differ, and not yet over."""
    old = eve.token(iat=int(time.time()) - 100)
    assert eve.tell(old).status_code == 200
    assert eve.inside() == ["eve"] * 3


def test_a_user_who_was_never_here_is_no_trouble(eve: Somebody) -> None:
    assert eve.tell(eve.token(sub="nobody")).status_code == 200
    assert eve.inside() == ["eve"] * 3


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"events": None}, "events"), ({"events": {}}, "events"), ({"events": {EVENT: None}}, "events"),
    ({"events": [EVENT]}, "events"), ({"nonce": "n"}, "nonce"), ({"sub": None, "sid": "s"}, "sub"), ({"sub": ""}, "sub"),
    ({"jti": None}, "jti"), ({"iss": "https://elsewhere.example"}, "issuer"), ({"aud": "another"}, "Audience"),
    ({"aud": None}, "aud"), ({"exp": 1}, "expired"), ({"iat": None}, "iat"), ({"exp": None, "iat": 1}, "too old"),
]  # fmt: skip


def test_what_is_no_logout_token_for_this_server_ends_nothing(eve: Somebody) -> None:
    for claims, says in REFUSED:
        answer = eve.tell(eve.token(**claims))
        assert answer.status_code == 400, claims
        assert answer.json()["error"] == "invalid_request"
        assert says in answer.json()["error_description"]
    assert eve.inside() == ["eve"] * 3


def test_nobody_but_the_provider_can_say_it(eve: Somebody) -> None:
    told = jwt.decode(eve.token(), options={"verify_signature": False})
    forged = [
        eve.token(OTHER_KEY), unsigned({"alg": "none", "kid": eve.fake.kid}, told), "x.y.z", "", "é",
        jwt.encode(told, SECRET, "HS256", {"kid": eve.fake.kid}),
    ]  # fmt: skip
    assert [eve.tell(one).status_code for one in forged] == [400] * len(forged)
    client = eve.site.client()
    for body in (b"", b"logout_token", b"logout_token=a&logout_token=b", b"logout_token=" + b"a" * 70_000, b"\xff"):
        assert client.post(DOOR, content=body).status_code == 400
    client.get(f"{DOOR}?logout_token={eve.token()}")
    assert eve.inside() == ["eve"] * 3


def test_a_provider_that_is_away_is_asked_again_later(make_site: Callable[..., Site]) -> None:
    site = make_site()
    site.use(Oidc(Provider("http://127.0.0.1:9", CLIENT, SECRET), OidcSettings(), site.auth.signing))
    assert site.client().post(DOOR, data={"logout_token": "x.y.z"}).status_code >= 500
