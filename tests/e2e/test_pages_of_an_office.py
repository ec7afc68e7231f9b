"""The pages beside runs, with something on them: without barrier in each theme, on a phone, and as somebody saw them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import office
import pytest
from browsing import AXE, Server, nothing_hangs_over, violations_in_each_theme

import golden

#: Name, address, and what proves that the page is there.
PAGES = {
    "trash": ("/trash", "[data-testid=trashed-run]"),
    "traces": ("/experiments/1/traces", "[data-testid=trace-row]"),
    "trace": ("/traces/tr-ask?span=model", "text=exception.type"),
    "saved-view": (f"/v/{office.VIEW}", "[data-testid=run-row]"),
    "webhooks": ("/admin/webhooks", "[data-testid=webhook-row]"),
    "approvals": ("/models/wine", "[data-testid=history] li"),
    "comments": ("/models/wine/versions/2", "[data-testid=comments] li"),
    "users": ("/admin/users", "[data-testid=user-row]"),
    "user-groups": ("/admin/groups", "[data-testid=group-row]"),
    "permissions": ("/experiments/1/permissions", "[data-testid=grant-row]"),
    "model-permissions": ("/models/wine/permissions", "[data-testid=grant-row]"),
    "tokens": ("/settings", "[data-testid=token-row]"),
}
#: Pages that are much like another one.
NO_PICTURE = ("model-permissions",)
#: Pixels of those whose matter lies below.
HEIGHTS = {"approvals": 1_100, "comments": 1_300}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("office") / "store"
    office.write(folder)
    running = Server(folder)
    running.environment = {"RUNSTONE_AUTH": "1"}
    yield running.start()
    running.stop()


@pytest.fixture(scope="module")
def cookies(site: Server, browser: Any) -> Any:
    """Those of somebody who signed in."""
    context = browser.new_context()
    signed = context.request.post(f"{site.url}/api/runstone/v1/session", data={"username": "root", "password": office.PASSWORD})
    assert signed.ok, signed.text()
    found = context.cookies()
    context.close()
    return found


@pytest.mark.parametrize("name", PAGES)
def test_page_is_whole(name: str, site: Server, cookies: Any, open_page: Callable[..., Any]) -> None:
    if not AXE.exists():
        pytest.skip("npm ci has not run in ui/")
    path, proof = PAGES[name]
    page = open_page("about:blank", width=1200, height=HEIGHTS.get(name, 800)).page
    page.context.add_cookies(cookies)
    page.goto(site.url + path)
    page.locator(proof).first.wait_for()
    page.get_by_test_id("signed-in").wait_for()
    if name == "saved-view":
        page.get_by_role("button", name="Views").click()
        page.get_by_test_id("saved-view").first.wait_for()
    assert page.locator("h1").count() == 1
    assert page.title() not in ("", "Runstone")
    if name not in NO_PICTURE:
        golden.look(page, name, "light")
        page.emulate_media(color_scheme="dark")
        golden.look(page, name, "dark")
    assert violations_in_each_theme(page) == []
    for width in (1200, 320):
        page.set_viewport_size({"width": width, "height": 1600})
        nothing_hangs_over(page, width)
