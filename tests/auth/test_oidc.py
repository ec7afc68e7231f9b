"""Signing in at an OpenID provider, a real one, as a browser does; who one is here afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from auth_site import ORIGIN, PASSWORD, Site, ok

from openid import CLIENT, SECRET, agree, real_provider, said
from runstone.server.auth.oidc import Oidc, OidcSettings
from runstone.server.auth.oidc_provider import Provider

ADA = {"sub": "s-1", "preferred_username": "ada.l", "email": "ada@example.org", "groups": ["team", "boss", "unknown here"]}
BOB = {"sub": "s-2", "preferred_username": "bob", "email": "bob@example.org", "groups": "team"}
NAMELESS = {"sub": "s-3", "groups": []}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with real_provider(ADA, BOB, NAMELESS) as found:
        yield found


@pytest.fixture
def open_site(make_site: Callable[..., Site], issuer: str) -> Callable[..., Site]:
    def make(settings: dict[str, Any], **options: Any) -> Site:
        site = make_site(**options)
        found = OidcSettings(**{"groups_claim": "groups", **settings})
        site.use(Oidc(Provider(issuer, CLIENT, SECRET), found, site.auth.signing))
        return site

    return make


def sign_in(client: Any, subject: str, back: str = "/", base: str = "") -> Any:
    """All that a browser does, up to the last answer of ours."""
    there = client.get(f"{base}/oidc/sign-in", params={"next": back})
    assert there.status_code == 303, there.text
    return client.get(agree(there.headers["location"], subject), headers={"sec-fetch-site": "cross-site"})


def who(client: Any, base: str = "") -> dict[str, Any]:
    return dict(ok(client.get(f"{base}/api/runstone/v1/session")))


def test_a_new_user_is_made_and_comes_back_to_the_page(open_site: Callable[..., Site], issuer: str) -> None:
    site = open_site({"create_users": True, "name": "Example"})
    assert who(site.client()) == {
        **dict.fromkeys(("is_admin", "has_password"), False),
        "accounts": True,
        "username": "",
        "provider": "Example",
    }
    client = site.client(origin=ORIGIN)
    done = sign_in(client, "s-1", "/experiments/1/runs?q=metrics.loss%20%3C%201#top")
    assert (done.status_code, done.headers["location"]) == (303, "/experiments/1/runs?q=metrics.loss%20%3C%201#top")
    cookies = [one for one in done.headers.get_list("set-cookie") if one.startswith("runstone_session=")]
    assert len(cookies) == 1
    assert "HttpOnly" in cookies[0]
    assert [one.name for one in client.cookies.jar if "oidc" in one.name] == []  # good once
    assert (who(client)["username"], who(client)["has_password"]) == ("ada.l", False)
    user = site.accounts.find_user("ada.l")
    assert user is not None
    assert user.subject == f"{issuer} s-1"
    assert ok(client.post("/api/runstone/v1/tokens", json={"name": "mine"}))["token"].startswith("rs_")
    again = site.client(origin=ORIGIN)
    sign_in(again, "s-1")
    assert who(again)["username"] == "ada.l"
    assert len(site.accounts.users()) == 4
    ok(client.request("DELETE", "/api/runstone/v1/session"))
    assert who(client)["username"] == ""
    assert who(again)["username"] == "ada.l"


def test_nobody_is_made_unless_that_is_wanted(open_site: Callable[..., Site]) -> None:
    site = open_site({})
    answer = sign_in(site.client(), "s-1")
    assert answer.status_code == 403
    assert "no user &#x27;ada.l&#x27; here" in said(answer)
    assert "set-cookie" not in answer.headers or "runstone_session" not in answer.headers["set-cookie"]
    root = site.browser("root")
    ok(root.post("/api/runstone/v1/users", json={"username": "ada.l"}))  # waits for whoever comes under this name
    client = site.client()
    assert sign_in(client, "s-1").status_code == 303
    assert who(client)["username"] == "ada.l"


def test_a_user_with_a_password_is_never_taken_over(open_site: Callable[..., Site]) -> None:
    site = open_site({"create_users": True})
    answer = sign_in(site.client(), "s-2")
    assert answer.status_code == 403
    assert "another user" in said(answer)
    assert who(site.browser("bob", PASSWORD))["username"] == "bob"


def test_without_a_provider_users_need_passwords(site: Site) -> None:
    assert site.as_("root").post("/api/runstone/v1/users", json={"username": "x"}).status_code == 400
    assert site.client().get("/oidc/callback").headers["content-type"] != "text/html"


def test_another_claim_can_be_the_name(open_site: Callable[..., Site]) -> None:
    site = open_site({"create_users": True, "username_claim": "email"})
    client = site.client()
    sign_in(client, "s-2")
    assert who(client)["username"] == "bob@example.org"
    answer = sign_in(site.client(), "s-3")
    assert answer.status_code == 403
    assert "RUNSTONE_OIDC_USERNAME_CLAIM" in said(answer)


def test_groups_and_administrators_are_those_of_the_provider(open_site: Callable[..., Site]) -> None:
    site = open_site({"create_users": True, "admin_group": "boss"})
    team, other = site.accounts.add_group("team"), site.accounts.add_group("other")
    client = site.client()
    sign_in(client, "s-1")
    user = site.accounts.find_user("ada.l")
    assert user is not None
    assert who(client)["is_admin"]
    site.accounts.set_member(other.group_id, user.user_id, True)
    site.accounts.set_member(team.group_id, user.user_id, False)
    sign_in(client, "s-1")
    assert [one.name for one in site.accounts.groups(user.user_id)] == ["team"]
    assert len(site.accounts.groups()) == 2


def test_who_left_the_administrators_is_none_any_more(open_site: Callable[..., Site]) -> None:
    site = open_site({"create_users": True, "admin_group": "no such group"})
    client = site.client()
    sign_in(client, "s-1")
    user = site.accounts.find_user("ada.l")
    assert user is not None
    site.accounts.change_user(user.user_id, is_admin=True)
    site.auth.signing.forget()
    assert who(client)["is_admin"]
    sign_in(client, "s-1")
    assert not who(client)["is_admin"]


def test_a_group_can_be_demanded(open_site: Callable[..., Site]) -> None:
    site = open_site({"create_users": True, "required_group": "boss", "username_claim": "email"})
    assert sign_in(site.client(), "s-2").status_code == 403
    assert site.accounts.find_user("bob@example.org") is None
    assert sign_in(site.client(), "s-1").status_code == 303


def test_below_a_prefix_and_behind_a_proxy_with_tls(open_site: Callable[..., Site]) -> None:
    site = open_site({"create_users": True}, prefix="/ml", behind_proxy=True)
    client = site.client(**{"x-forwarded-proto": "https", "x-forwarded-for": "10.0.0.9"})
    client.base_url = "https://127.0.0.1:5000"
    there = client.get("/ml/oidc/sign-in", params={"next": "/ml/models"})
    assert "redirect_uri=https%3A%2F%2F127.0.0.1%3A5000%2Fml%2Foidc%2Fcallback" in there.headers["location"]
    cookie = there.headers["set-cookie"]
    assert cookie.startswith("__Host-runstone_oidc_")
    assert "Path=/;" in cookie
    assert "Secure" in cookie
    done = client.get(agree(there.headers["location"], "s-1"))
    assert (done.status_code, done.headers["location"]) == (303, "/ml/models")
    assert who(client, "/ml")["username"] == "ada.l"


def test_signing_out_at_the_provider_too(open_site: Callable[..., Site], issuer: str) -> None:
    site = open_site({"create_users": True, "sign_out_there": True})
    client = site.client(origin=ORIGIN)
    sign_in(client, "s-1")
    url = ok(client.request("DELETE", "/api/runstone/v1/session"))["url"]
    assert url.startswith(f"{issuer}/oauth2/end_session?client_id={CLIENT}&post_logout_redirect_uri=http%3A%2F%2F127.0.0.1")
    assert who(client)["username"] == ""
    with_password = site.browser("bob")
    assert ok(with_password.request("DELETE", "/api/runstone/v1/session"))["url"] == ""


def test_a_code_is_good_once_and_in_one_browser(open_site: Callable[..., Site]) -> None:
    site = open_site({"create_users": True})
    client = site.client()
    there = client.get("/oidc/sign-in")
    kept = dict(client.cookies)
    back = agree(there.headers["location"], "s-1")
    stranger = site.client().get(back)
    assert stranger.status_code == 401
    assert "not begun in this browser" in said(stranger)
    assert client.get(back).status_code == 303
    again = client.get(back)
    assert (again.status_code, "is over" in said(again)) == (401, True)
    thief = site.client()
    thief.cookies.update(kept)  # whoever has the cookie, too, gets nothing from the provider
    answer = thief.get(back)
    assert answer.status_code == 401
    assert "used before" in said(answer)


def test_two_tabs_do_not_disturb_each_other(open_site: Callable[..., Site]) -> None:
    client = open_site({"create_users": True}).client()
    first, second = (client.get("/oidc/sign-in", params={"next": path}).headers["location"] for path in ("/runs", "/models"))
    assert client.get(agree(first, "s-1")).headers["location"] == "/runs"
    assert client.get(agree(second, "s-1")).headers["location"] == "/models"


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example", "//evil.example/x", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", "evil",
        "/x//evil", "/../x", "/a/%2E%2e/b", "/oidc/sign-in", "/x\r\nSet-Cookie: a=b", "", "/" + "x" * 3000, "///evil.example",
        "/ /\x00",
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere_afterwards(open_site: Callable[..., Site], path: str) -> None:
    done = sign_in(open_site({"create_users": True}).client(), "s-1", path)
    assert (done.status_code, done.headers["location"]) == (303, "/")
