"""Users, groups, permissions, one's own tokens and password on the screen; signing in at a provider; a session that ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import Server, violations
from playwright.sync_api import expect

from openid import CLIENT, SECRET, real_provider
from runstone import connect
from runstone.contracts import Batch
from runstone.records import RegisteredModelCreated
from runstone.server.auth.credentials import hash_password

PASSWORD = "a password for the page"
ADA = {"sub": "s-1", "preferred_username": "ada.l", "groups": ["science"]}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with real_provider(ADA) as found:
        yield found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, issuer: str, chromium: str) -> Iterator[Server]:
    """A server with a provider, below a prefix: root manages, bob sees."""
    folder = tmp_path_factory.mktemp("accounts") / "store"
    store = connect.open_store(str(folder))
    store.write(Batch([RegisteredModelCreated("key", "digits", 1_700_000_000_000)]))
    hashed = hash_password(PASSWORD)
    for name in ("root", "bob", "carol"):
        store.accounts.add_user(name, hashed, is_admin=name == "root")  # type: ignore[attr-defined]
    connect.close_all()
    settings = {"ISSUER": issuer, "CLIENT_ID": CLIENT, "CLIENT_SECRET": SECRET, "NAME": "Example", "CREATE_USERS": "1"}
    running = Server(folder, "--static-prefix", "/ml")
    running.environment = {"RUNSTONE_AUTH": "1", **{f"RUNSTONE_OIDC_{name}": value for name, value in settings.items()}}
    yield running.start()
    running.stop()


@pytest.fixture
def enter(site: Server, open_page: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Open a page and sign in over it with a password. Refusals are expected, and no mishaps."""
    opened: list[Any] = []

    def start(path: str, username: str = "root", **options: Any) -> Any:
        watched = open_page(f"{site.url}{path}", **options)
        opened.append(watched)
        watched.page.get_by_label("User name").fill(username)
        watched.page.get_by_label("Password").fill(PASSWORD)
        watched.page.keyboard.press("Enter")
        expect(watched.page.get_by_test_id("sign-in")).to_have_count(0)
        return watched.page

    yield start
    for watched in opened:
        watched.mishaps = [one for one in watched.mishaps if "status of 40" not in one]


def test_signing_in_at_the_provider_and_out(site: Server, open_page: Callable[..., Any]) -> None:
    watched = open_page(f"{site.url}/experiments?q=Def")
    page = watched.page
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    door = page.get_by_role("link", name="Sign in with Example")
    expect(door).to_be_visible()
    assert violations(page) == []
    door.click()
    page.get_by_role("button", name="s-1", exact=True).click()  # at the provider
    expect(page.get_by_test_id("experiment-row")).to_have_count(1)
    assert page.url == f"{site.url}/experiments?q=Def"
    expect(page.get_by_test_id("signed-in")).to_have_text("ada.l")
    page.get_by_test_id("signed-in").click()
    page.get_by_role("menuitem", name="Settings and tokens").click()
    expect(page.get_by_text("you sign in with Example")).to_be_visible()
    page.get_by_test_id("signed-in").click()
    page.keyboard.press("ArrowUp")  # the last one
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    watched.mishaps.clear()


def test_a_provider_that_is_told_no(site: Server, open_page: Callable[..., Any]) -> None:
    watched = open_page(f"{site.url}/oidc/callback?error=access_denied&state=x", theme="dark")
    expect(watched.page.get_by_role("heading", name="Not signed in")).to_be_visible()
    assert violations(watched.page) == []
    watched.page.get_by_role("link", name="Back to Runstone").click()
    expect(watched.page).to_have_url(f"{site.url}/")
    expect(watched.page.get_by_test_id("sign-in")).to_be_visible()
    expect(watched.page.get_by_test_id("banner")).to_have_count(0)  # it is not away: it wants somebody to sign in
    watched.page.close()
    watched.mishaps.clear()


def test_tokens_are_made_shown_once_and_revoked(site: Server, enter: Callable[..., Any]) -> None:
    page = enter("/settings", "bob", theme="dark")
    expect(page.get_by_text("None yet.")).to_be_visible()
    page.get_by_role("button", name="New token").click()
    page.keyboard.type("nightly <b>job</b>")
    page.get_by_label("What it may").select_option("read")
    page.get_by_label("Expires").select_option(label="in 30 days")
    assert violations(page) == []
    page.keyboard.press("Enter")
    secret = page.get_by_test_id("token-secret").inner_text()
    assert secret.startswith("rs_")
    assert violations(page) == []
    headers = {"Authorization": f"Bearer {secret}"}
    api = f"{site.url}/api/runstone/v1"
    assert page.request.get(f"{api}/experiments", headers=headers).status == 200
    assert page.request.post(f"{api}/experiments", headers=headers, data={"name": "x"}).status == 403
    page.get_by_role("button", name="Close").click()
    row = page.get_by_test_id("token-row")
    expect(row).to_contain_text("nightly <b>job</b>")
    expect(row).to_contain_text("read")
    page.reload()
    expect(row).to_be_visible()
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke nightly").click()
    page.get_by_role("button", name="Revoke", exact=True).last.click()
    expect(row).to_have_count(0)
    expect(page.get_by_text("None yet.")).to_be_visible()


def test_a_password_is_changed(enter: Callable[..., Any]) -> None:
    page = enter("/settings", "carol")
    page.get_by_label("Current password").fill("wrong, and long enough")
    page.get_by_label("New password").fill("another one for carol")
    page.get_by_label("The new one again").fill("another one, for carol")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert")).to_have_text("The two new passwords differ.")
    page.get_by_label("The new one again").fill("another one for carol")
    with page.expect_response("**/users/carol") as refused:
        page.get_by_role("button", name="Change the password").click()
    assert refused.value.status == 400
    expect(page.get_by_role("alert")).to_have_text("The current password is wrong.")
    expect(page.get_by_test_id("sign-in")).to_have_count(0)
    page.get_by_label("Current password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("The password is changed")).to_be_visible()
    page.reload()
    expect(page.get_by_test_id("signed-in")).to_have_text("carol")


def test_users_and_groups_are_managed(site: Server, enter: Callable[..., Any]) -> None:
    page = enter("/admin/users")
    rows = page.get_by_test_id("user-row")
    expect(rows.first).to_be_visible()
    page.get_by_role("button", name="New user").click()
    page.keyboard.type("dave")
    expect(page.get_by_role("button", name="Create")).to_be_disabled()
    page.get_by_label("Signs in with Example").check()
    assert violations(page) == []
    page.get_by_role("button", name="Create").click()
    dave = rows.filter(has_text="dave")
    expect(dave).to_contain_text("Example")
    page.get_by_role("button", name="Actions for dave").click()
    page.get_by_role("menuitem", name="Make administrator").click()
    expect(dave).to_contain_text("Administrator")
    page.get_by_role("button", name="Undo").click()
    expect(dave).not_to_contain_text("Administrator")
    page.get_by_role("link", name="Groups").click()
    page.get_by_role("button", name="New group").click()
    page.keyboard.type("vision")
    page.keyboard.press("Enter")
    group = page.get_by_test_id("group-row").filter(has_text="vision")
    group.get_by_role("button", name="0 members").click()
    page.keyboard.type("nobody of this name")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("nobody of this name")
    page.get_by_label("Add a user").fill("dave")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("member")).to_have_text("dave")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(group).to_contain_text("1 member")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find or do").fill("users")
    expect(page.get_by_role("option").first).to_contain_text("Users")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.url}/admin/users")
    page.get_by_role("searchbox").fill("VISION")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Actions for dave").click()
    page.get_by_role("menuitem", name="Delete…").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(rows).to_have_count(0)


def test_permissions_of_an_experiment_and_a_model(site: Server, enter: Callable[..., Any]) -> None:
    page = enter("/experiments")
    page.get_by_role("button", name="Actions for Default").click()
    page.get_by_role("menuitem", name="Permissions").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Permissions of Default")
    page.get_by_label("Name", exact=True).fill("bob")
    page.get_by_role("combobox", name="Permission").select_option("EDIT")
    page.get_by_role("button", name="Give").click()
    row = page.get_by_test_id("grant-row")
    expect(row).to_have_count(1)
    expect(row.get_by_role("combobox")).to_have_value("EDIT")
    assert violations(page) == []
    row.get_by_role("combobox").select_option("NO_PERMISSIONS")
    expect(page.get_by_text("bob: NO_PERMISSIONS")).to_be_visible()
    page.get_by_role("button", name="Take it back from bob").click()
    expect(row).to_have_count(0)
    page.goto(f"{site.url}/models/digits")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Permissions").click()
    page.get_by_label("Name", exact=True).fill("nobody here")
    page.get_by_role("button", name="Give").click()
    expect(page.get_by_role("alert")).to_contain_text("nobody here")


@pytest.mark.parametrize("path", ["/admin/users", "/admin/groups", "/experiments/0/permissions", "/models/digits/permissions"])
def test_who_may_not_is_told_so(enter: Callable[..., Any], path: str) -> None:
    page = enter(path, "bob")
    expect(page.get_by_role("heading", name=re.compile("^Only "))).to_be_visible()
    assert page.get_by_role("button", name=re.compile("New|Give")).count() == 0
    assert violations(page) == []


def test_a_session_that_ends_leaves_the_page_as_it_was(site: Server, enter: Callable[..., Any]) -> None:
    page = enter("/admin/groups")
    page.get_by_role("button", name="New group").click()
    page.keyboard.type("half typed")
    page.context.clear_cookies(name="runstone_session")
    page.keyboard.press("Enter")
    box = page.get_by_test_id("sign-in")
    expect(box).to_be_visible()
    expect(box).to_contain_text("Your session has ended.")
    assert violations(page) == []
    expect(page.get_by_label("User name")).to_have_value("root")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(box).to_have_count(0)
    expect(page.get_by_label("Name", exact=True)).to_have_value("half typed")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_test_id("group-row").filter(has_text="half typed")).to_be_visible()
