"""Signing in with passwords, tokens, sessions and at a provider, over SQLite and over PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from auth_site import ORIGIN, PASSWORD, Site, basic, ok, refused

from openid import CLIENT, SECRET, FakeProvider
from runstone import connect
from runstone.contracts import Batch
from runstone.entities.accounts import Session
from runstone.errors import StoreReadOnly
from runstone.records import ExperimentCreated, Lease, RunStarted
from runstone.server.auth.credentials import digest
from runstone.server.auth.oidc import Oidc, OidcSettings
from runstone.server.auth.oidc_provider import Provider
from runstone.server.auth.signing import OF_ONE
from runstone.store.sql import SqlStore
from runstone.wire_store import MEDIA_TYPE, pack_arguments

OWN = "/api/runstone/v1"
MLFLOW = "/api/2.0/mlflow"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    where = str(tmp_path / "store") if request.param == "sqlite" else request.getfixturevalue("new_postgres")()
    opened = connect.open_store(connect.canonical(where))
    assert isinstance(opened, SqlStore)
    yield opened
    connect.close_all()


def test_a_password_by_header_and_at_the_page(site: Site) -> None:
    assert ok(site.as_("ada").get(f"{OWN}/session"))["username"] == "ada"
    browser = site.browser("ada")
    assert ok(browser.get(f"{OWN}/session")) == {
        "accounts": True, "username": "ada", "is_admin": False, "has_password": True, "provider": "",
    }  # fmt: skip
    for username, password in (
        ("ada", "wrong"),
        ("nobody", PASSWORD),
        ("ada", ""),
        ("", ""),
        ("ada", "x" * 5000),
        ("a\x01b", "c"),
    ):
        refused(site.as_(username, password).get(f"{OWN}/experiments"), 401)


@pytest.fixture
def read_only(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Nothing can be written any more to the accounts of the store."""

    def refuse(*_: Any) -> None:
        raise StoreReadOnly("The store cannot be written.")

    with monkeypatch.context() as patch:
        patch.setattr(site.accounts, "_change", refuse)
        yield patch


def test_a_store_that_is_only_read_can_be_signed_in_at(site: Site, read_only: pytest.MonkeyPatch) -> None:
    first, second = site.browser("ada"), site.browser("ada")
    assert ok(first.get(f"{OWN}/session"))["username"] == signed_in(second) == "ada"
    ok(first.post(f"{OWN}/session", json={"username": "ada", "password": PASSWORD}))  # over the one there is
    assert signed_in(first) == "ada"
    secret = first.cookies["runstone_session"]
    ok(first.delete(f"{OWN}/session"))
    refused(site.client(cookie=f"runstone_session={secret}").get(f"{OWN}/experiments"), 401)
    assert signed_in(second) == "ada"
    read_only.undo()
    assert signed_in(second) == "ada"  # also when it can be written again
    ok(site.as_("ada").patch(f"{OWN}/users/ada", json={"password": "another long password"}))
    refused(second.get(f"{OWN}/experiments"), 401)  # a new password ends it


def test_a_session_of_a_store_that_is_only_read_now_is_ended_in_this_process(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = site.browser("ada")
    secret = browser.cookies["runstone_session"]

    def refuse(*_: Any) -> None:
        raise StoreReadOnly("The store cannot be written.")

    monkeypatch.setattr(site.accounts, "_change", refuse)
    ok(browser.delete(f"{OWN}/session"))
    refused(site.client(cookie=f"runstone_session={secret}").get(f"{OWN}/experiments"), 401)


@pytest.mark.usefixtures("read_only")
def test_wrong_passwords_of_a_store_that_is_only_read_are_wrong_and_counted(site: Site) -> None:
    for _ in range(OF_ONE):
        refused(site.as_("ada", "wrong").get(f"{OWN}/experiments"), 401)
    refused(site.as_("ada").get(f"{OWN}/experiments"), 429)
    assert ok(site.as_("bob").get(f"{OWN}/session"))["username"] == "bob"


def signed_in(client: Any) -> Any:
    return ok(client.get(f"{OWN}/session"))["username"]


def test_a_new_password_ends_other_sessions_and_this_one_goes_on(site: Site) -> None:
    here, there = site.browser("ada"), site.browser("ada")
    change = {"password": "another long password"}
    refused(here.patch(f"{OWN}/users/ada", json=change), 400)
    assert "current password is wrong" in refused(here.patch(f"{OWN}/users/ada", json={**change, "current_password": "x"}), 400)
    ok(here.patch(f"{OWN}/users/ada", json={**change, "current_password": PASSWORD}))
    assert ok(here.get(f"{OWN}/session"))["username"] == "ada"
    assert ok(there.get(f"{OWN}/session"))["username"] == ""
    refused(site.as_("ada").get(f"{OWN}/experiments"), 401)
    ok(site.as_("ada", "another long password").get(f"{OWN}/experiments"))


def test_a_session_is_over_in_time_and_after_signing_out(site: Site) -> None:
    user = site.accounts.find_user("ada")
    assert user is not None
    now = time.time_ns() // 1_000_000
    site.accounts.add_session(Session(digest("old"), user.user_id, now - 2000, now - 1000))
    site.accounts.add_session(Session(digest("new"), user.user_id, now - 2000, now + 100_000))
    assert [site.client(cookie=f"runstone_session={one}").get(f"{OWN}/experiments").status_code for one in ("old", "new")] == [
        401,
        200,
    ]
    browser = site.browser("ada")
    stolen = site.client(cookie=f"runstone_session={browser.cookies['runstone_session']}")
    ok(stolen.get(f"{OWN}/experiments"))
    ok(browser.request("DELETE", f"{OWN}/session"))
    refused(stolen.get(f"{OWN}/experiments"), 401)


def test_a_session_changes_nothing_for_another_site(site: Site) -> None:
    browser = site.browser("root")
    cookie = f"runstone_session={browser.cookies['runstone_session']}"
    body = {"name": "by another site"}
    for headers in ({}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "null"}):
        refused(site.client(cookie=cookie, **headers).post(f"{OWN}/experiments", json=body))
    ok(site.client(cookie=cookie, origin=ORIGIN).post(f"{OWN}/experiments", json=body))


def test_tokens_do_what_their_scope_says_until_they_expire(site: Site) -> None:
    browser = site.browser("root")
    for scope, writes, makes in (("read", 403, 403), ("write", 200, 403), ("admin", 200, 200)):
        made = ok(browser.post(f"{OWN}/tokens", json={"name": scope, "scope": scope, "days": 1}))
        client = site.client(authorization=f"Bearer {made['token']}")
        ok(client.get(f"{OWN}/experiments"))
        assert client.post(f"{OWN}/experiments", json={"name": f"of {scope}"}).status_code == writes
        assert client.post(f"{OWN}/tokens", json={"name": "another"}).status_code == makes
        as_password = site.client(authorization=basic("root", made["token"]))
        ok(as_password.get(f"{OWN}/experiments"))
        refused(site.client(authorization=basic("ada", made["token"])).get(f"{OWN}/experiments"), 401)
        assert all(one["token"] == "" for one in ok(browser.get(f"{OWN}/tokens"))["tokens"])
        ok(browser.request("DELETE", f"{OWN}/tokens/{made['token_id']}"))
        refused(client.get(f"{OWN}/experiments"), 401)
    late = site.with_token("ada", expires=1).get(f"{OWN}/experiments")
    refused(late, 401)
    assert "'test' expired on 1970-01-01" in late.json()["message"]


def test_nobody_revokes_the_token_of_another(site: Site) -> None:
    made = ok(site.as_("ada").post(f"{OWN}/tokens", json={"name": "mine"}))
    refused(site.as_("bob").request("DELETE", f"{OWN}/tokens/{made['token_id']}"))
    assert ok(site.as_("bob").get(f"{OWN}/tokens"))["tokens"] == []
    ok(site.as_("root").request("DELETE", f"{OWN}/tokens/{made['token_id']}"))


def test_wrong_passwords_are_counted(site: Site) -> None:
    answers = [site.as_("ada", f"wrong {number}").get(f"{OWN}/experiments") for number in range(11)]
    assert [one.status_code for one in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert site.as_("ada").get(f"{OWN}/experiments").status_code == 429  # also with the right one, or guessing would pay
    ok(site.as_("bob").get(f"{OWN}/experiments"))


def test_each_token_has_a_rate_of_its_own(make_site: Callable[..., Site]) -> None:
    site = make_site(rate=0.5)  # so five at once
    first, second = site.with_token("ada"), site.with_token("ada")
    found = [first.get(f"{OWN}/experiments") for _ in range(6)]
    assert [one.status_code for one in found] == [200] * 5 + [429]
    assert found[-1].json()["error_code"] == "REQUEST_LIMIT_EXCEEDED"
    assert 1 <= int(found[-1].headers["retry-after"]) <= 3
    assert first.get(f"{MLFLOW}/experiments/get", params={"experiment_id": "0"}).status_code == 429
    assert first.post("/ajax-api/2.0/mlflow/runs/log-metric", json={}).status_code == 429
    ok(second.get(f"{OWN}/experiments"))
    for client in (site.as_("ada"), site.browser("ada")):
        assert {client.get(f"{OWN}/experiments").status_code for _ in range(8)} == {200}


def test_a_group_gives_what_it_was_given(site: Site) -> None:
    site.store.write(Batch([ExperimentCreated("iris", time=1)]))
    root = site.browser("root")
    group = ok(root.post(f"{OWN}/groups", json={"name": "team"}))
    grant = {"resource_type": "experiment", "resource": "1", "permission": "READ", "group": "team"}
    given = ok(root.post(f"{OWN}/grants", json=grant))
    assert given["default_permission"] == "NO_PERMISSIONS"
    ada = site.as_("ada")
    refused(ada.get(f"{OWN}/experiments/1"))
    path = f"{OWN}/groups/{group['group_id']}"
    ok(root.patch(path, json={"add": ["ada"], "description": "who trains"}))
    ok(ada.get(f"{OWN}/experiments/1"))
    assert ok(root.get(f"{OWN}/groups"))["groups"] == [{**group, "members": ["ada"], "description": "who trains"}]
    refused(root.patch(path, json={"name": ""}), 400)
    assert ok(root.patch(path, json={"name": "crew"}))["name"] == "crew"
    ok(root.patch(path, json={"remove": ["ada"]}))
    refused(ada.get(f"{OWN}/experiments/1"))


def test_a_provider_lets_in(site: Site) -> None:
    fake = FakeProvider()
    site.use(Oidc(Provider(fake.issuer, CLIENT, SECRET), OidcSettings(create_users=True), site.auth.signing))
    try:
        for _ in range(2):
            client: Any = site.client(origin=ORIGIN)
            answer = client.get("/oidc/callback", params=fake.agree(client.get("/oidc/sign-in").headers["location"]))
            assert answer.status_code == 303, answer.text
            assert ok(client.get(f"{OWN}/session"))["username"] == "eve"
    finally:
        fake.close()


def test_a_client_without_admin_may_ask_for_a_sweep_and_decides_nothing(site: Site) -> None:
    """Clients do so when they start; whose clock is wrong, or who lies, must not end the runs of others."""
    site.store.write(Batch([RunStarted("r1", "0", 1, "n"), Lease("r1", "j", "elsewhere", 1, 1, 1000)]))
    site.grant("ada", "experiment", "0", "READ")
    for client in (site.as_("ada"), site.with_token("root", "write")):
        answer = client.post(
            f"{OWN}/store/sweep", content=pack_arguments("sweep", (2**50,), {}), headers={"content-type": MEDIA_TYPE}
        )
        assert answer.status_code == 200, answer.text
    assert site.store.get_run("r1").info.status == "RUNNING"
    assert list(site.store.sweep(2**50)) == ["r1"]
