"""Experiments: made, renamed, deleted and restored from the list; addresses below a prefix."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect


@pytest.fixture
def page(serve: Callable[..., Any], open_page: Callable[..., Any]) -> Any:
    return open_page(f"{serve().url}/experiments").page


def test_made_renamed_deleted_restored(page: Any) -> None:
    page.get_by_role("button", name="New experiment").click()
    page.get_by_role("textbox", name="Name").fill("<b>études</b>")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("<b>études</b>")
    expect(page.get_by_text("Waiting for the first run")).to_be_visible()
    address = page.url.split("/#")[0].rsplit("/experiments", 1)[0]
    expect(page.get_by_label("the Python code", exact=True)).to_contain_text(f'set_tracking_uri("{address}")')
    page.get_by_role("link", name="Experiments").first.click()
    row = page.get_by_test_id("experiment-row").filter(has_text="études")
    row.get_by_role("button").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_role("textbox", name="Name").fill("studies")
    page.get_by_role("button", name="Rename", exact=True).click()
    row = page.get_by_test_id("experiment-row").filter(has_text="studies")
    row.get_by_role("button").click()
    page.get_by_role("menuitem", name="Move to trash").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").last.click()
    expect(row).to_have_count(1)
    row.get_by_role("button").click()
    page.get_by_role("menuitem", name="Move to trash").click()
    page.get_by_role("link", name="Trash", exact=True).click()
    page.get_by_role("button", name="Restore studies").click()
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()


def test_a_taken_name_is_said(serve: Callable[..., Any], open_page: Callable[..., Any]) -> None:
    watched = open_page(f"{serve().url}/experiments")
    page = watched.page
    page.get_by_role("button", name="New experiment").click()
    page.get_by_role("textbox", name="Name").fill("Default")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Default")
    watched.mishaps.clear()


def test_search_is_in_the_address(page: Any) -> None:
    expect(page.get_by_test_id("experiment-row")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type("nothing like it")
    expect(page.get_by_role("heading", name="No experiment has this in its name")).to_be_visible()
    assert page.url.endswith("?q=nothing+like+it")


def test_everything_stays_below_the_prefix(
    serve: Callable[..., Any], realistic: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    server = serve(realistic["store"], "--static-prefix", "/ml")
    base = re.sub(r"/ml/?$", "", server.url)
    watched = open_page(f"{base}/ml/runs/{realistic['deep']}")
    page = watched.page
    page.get_by_role("link", name="Metrics", exact=False).first.click()
    expect(page.locator("[data-testid=chart][data-drawn=true]").first).to_be_visible()
    page.get_by_role("link", name="digits-forest").click()
    expect(page.get_by_test_id("run-row").first).to_be_visible()
    assert page.url.startswith(f"{base}/ml/experiments/")
    assert [url for url in watched.requests if not url.startswith(f"{base}/ml/")] == []


def test_theme_is_kept(page: Any) -> None:
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)"
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
