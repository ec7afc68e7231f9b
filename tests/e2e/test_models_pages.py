"""Registered models on the screen: found, looked at, compared, moved with a reason, registered from a run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from browsing import take_back, violations
from playwright.sync_api import expect

from runstone import connect
from runstone.contracts import Batch
from runstone.records import ModelVersionCreated, RegisteredModelCreated

#: Everything that an address could take for something else, and what a page could take for markup.
NAME = "50% <b>a b</b> ?x=1#y & é 木".replace("/", "|")


def test_list_search_and_a_wrong_filter(server: Any, open_page: Callable[..., Any]) -> None:
    watched = open_page(f"{server.url}/models")
    page = watched.page
    rows = page.get_by_test_id("model-row")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("@champion")
    expect(rows.first).to_contain_text("Production v2")
    page.keyboard.press("/")
    page.keyboard.type("NEXT")
    expect(rows).to_have_count(1)
    assert page.url.endswith("?q=NEXT")
    search = page.get_by_role("searchbox")
    search.fill("tags.team = 'vision'")
    expect(rows).to_contain_text("digits")
    search.fill("name = ")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(rows).to_have_count(1)
    search.fill("no such thing")
    expect(page.get_by_role("heading", name="No registered model fits")).to_be_visible()
    watched.mishaps.clear()  # the refused filter


def test_from_the_list_to_the_reason_why_two_versions_differ(server: Any, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{server.url}/", theme="dark").page
    page.get_by_role("link", name="Models").click()
    page.get_by_role("link", name="digits", exact=True).click()
    versions = page.get_by_test_id("version-row")
    expect(versions).to_have_count(3)
    expect(page.locator("[data-version='3'] td", has_text="★").first).to_be_visible()
    for number in (3, 1):
        page.get_by_role("checkbox", name=f"Compare version {number}").check()
    page.get_by_role("button", name="Compare 2").click()
    expect(page).to_have_url(re.compile(r"/models/digits/compare\?v=1,3$"))
    expect(page).to_have_title("digits: versions 1, 3 · Runstone")
    params = page.locator("[data-part=params]")
    expect(params).to_contain_text("n_estimators")
    expect(params).not_to_contain_text("criterion")
    page.get_by_role("checkbox", name=re.compile("Show .* equal")).check()
    expect(params).to_contain_text("criterion")
    expect(page.locator("[data-part=signature]")).to_contain_text("out class")
    page.locator("[data-part=metrics]").get_by_role("link", name="Version 3").click()
    lineage = page.get_by_test_id("lineage")
    expect(lineage).to_contain_text("digits-forest")
    expect(lineage).to_contain_text("@challenger")
    expect(page.get_by_test_id("signature").first).to_contain_text("pixel_0")
    expect(page.get_by_text('load_model("models:/digits@challenger")')).to_be_visible()
    lineage.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/runs/[0-9a-f]{32}$"))


@pytest.fixture
def small(tmp_path: Path, serve: Callable[..., Any]) -> str:
    """Address of a server whose one model has two versions of nothing."""
    store = connect.open_store(str(tmp_path / "store"))
    versions = [ModelVersionCreated(f"v{i}", NAME, 1, "elsewhere", tags={"x": "1"}) for i in (1, 2)]
    store.write(Batch([RegisteredModelCreated("m", NAME, 1), *versions]))
    connect.close_all()
    return str(serve().url)


def test_an_alias_and_a_stage_are_moved_with_a_reason(small: str, open_page: Callable[..., Any]) -> None:
    watched = open_page(f"{small}/models/{quote(NAME)}")
    page = watched.page
    page.get_by_role("button", name="Add").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Alias").fill("champion")
    dialog.get_by_role("combobox", name="To version").select_option("1")
    assert violations(page) == []
    dialog.get_by_role("button", name="Move").click()
    expect(page.get_by_test_id("aliases")).to_contain_text("@championv1")
    page.get_by_role("button", name="Move @champion", exact=True).click()
    expect(dialog.get_by_role("status")).to_contain_text("moves from version 1 to version 2")
    dialog.get_by_role("textbox", name=re.compile("Why")).fill("<b>steadier</b>")
    dialog.get_by_role("button", name="Move").click()
    expect(page.get_by_test_id("aliases")).to_contain_text("@championv2")
    expect(page.get_by_test_id("history").get_by_role("listitem").first).to_contain_text("@champion moved from version 1 to 2")
    expect(page.get_by_test_id("history").get_by_role("listitem").first).to_contain_text("<b>steadier</b>")
    page.get_by_role("link", name="Version 2", exact=True).click()
    expect(page.get_by_test_id("moves")).to_contain_text("@champion from version 1 to version 2")
    expect(page.get_by_test_id("moves")).to_contain_text("<b>steadier</b>")
    page.get_by_role("button", name="Stage").click()
    dialog.get_by_role("combobox").select_option("Production")
    dialog.get_by_role("button", name="Move").click()
    expect(page.get_by_test_id("moves")).to_contain_text("Stage from no stage to Production")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Production")
    page.get_by_role("button", name="Remove the tag x").click()
    expect(page.get_by_test_id("tags")).not_to_contain_text("x")
    take_back(page, "Removed the tag x")
    expect(page.get_by_test_id("tags")).to_contain_text("x")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(dialog).to_contain_text("@champion will stand for nothing")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_test_id("version-row")).to_have_count(1)
    # the news of the deletion may reach the page before its own answer does: it then asks once for a version that is gone
    watched.mishaps[:] = [mishap for mishap in watched.mishaps if "404 (Not Found)" not in mishap]


def test_a_move_elsewhere_is_seen_without_reload(small: str, tmp_path: Path, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{small}/models/{quote(NAME)}").page
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    page.request.patch(f"{small}/api/runstone/v1/models/{quote(NAME)}", data={"aliases": {"new": 1}})
    expect(page.get_by_test_id("aliases")).to_contain_text("@newv1")


def test_what_is_not_there_is_said(server: Any, open_page: Callable[..., Any]) -> None:
    for path, words in (
        ("nothing", "It is not registered here"),
        ("digits/versions/77", "There is no version 77 of digits"),
        ("digits/versions/x", "There is no version of this number of digits"),
        ("digits/compare?v=2", "Choose two versions or more"),
        ("digits/compare?v=2,77", "This part could not be loaded"),
    ):
        watched = open_page(f"{server.url}/models/{path}")
        expect(watched.page.get_by_text(words)).to_be_visible()
        assert "v=" in path or violations(watched.page) == []
        watched.mishaps.clear()  # the answers that say so


def test_a_model_of_a_run_is_registered(server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> None:
    page = open_page(f"{server.url}/models").page
    page.get_by_role("button", name="Register from a run").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Search runs").fill("deep-dive")
    dialog.get_by_role("combobox", name="Run", exact=True).select_option(realistic["deep"])
    dialog.get_by_role("combobox", name="Registered model").fill("of a deep dive")
    dialog.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("of a deep dive version 1")
    expect(page.get_by_test_id("lineage")).to_contain_text("deep-dive")
    page.goto("about:blank")  # a page that shows it would ask for what is gone
    page.request.delete(f"{server.url}/api/runstone/v1/models/of%20a%20deep%20dive")


def test_a_run_s_page_leads_to_its_versions_and_registers(
    server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{server.url}/runs/{realistic['runs'][0]}", theme="dark").page
    models = page.get_by_test_id("run-models")
    expect(models).to_contain_text("forest")
    models.get_by_role("button", name="Register").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("combobox", name="Model of the run")).to_contain_text("registered: digits v1")
    assert violations(page) == []
    page.keyboard.press("Escape")
    models.get_by_role("link", name="digits version 1").click()
    expect(page.get_by_test_id("lineage")).to_contain_text("forest-50-5-0")


def test_who_may_only_read_sees_no_button_that_changes(server: Any, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{server.url}/experiments").page
    page.route("**/api/runstone/v1/models/**", lambda route: route.fulfill(json={**route.fetch().json(), "may": "read"}))
    page.get_by_role("link", name="Models").click()
    page.get_by_role("link", name="digits", exact=True).click()
    expect(page.get_by_text("you may look at it, not change it")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Move|Remove|Add|Set|New version|More"))).to_have_count(0)
    page.get_by_role("link", name="Version 2").click()
    expect(page.get_by_test_id("lineage")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Alias|Stage|Remove|Set|More"))).to_have_count(0)


def test_below_a_prefix_and_from_old_links(
    serve: Callable[..., Any], realistic: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    server = serve(realistic["store"], "--static-prefix", "/ml")
    base = re.sub(r"/ml/?$", "", server.url)
    watched = open_page(f"{base}/ml/#/models/digits/versions/2")
    page = watched.page
    expect(page.get_by_test_id("lineage")).to_be_visible()
    assert page.url == f"{base}/ml/models/digits/versions/2"
    expect(page.get_by_text(f'set_tracking_uri("{base}/ml")')).to_be_visible()
    page.get_by_role("link", name="Compare with v1").click()
    expect(page.get_by_test_id("compare-table").first).to_be_visible()
    assert [url for url in watched.requests if not url.startswith(f"{base}/ml/")] == []
    server.stop()
    page.get_by_role("navigation").get_by_role("link", name="digits").click()
    expect(page.get_by_test_id("banner")).to_contain_text("Not connected since")
    server.start()
    expect(page.get_by_test_id("version-row")).to_have_count(3)  # by itself
    watched.mishaps.clear()
