"""Ctrl K: find a run, an experiment, a model, a metric, or do something, without the mouse."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from browsing import violations_in_each_theme
from playwright.sync_api import expect


def opened(page: Any, text: str = "") -> Any:
    page.keyboard.press("Control+k")
    palette = page.get_by_test_id("palette")
    expect(palette.get_by_role("combobox")).to_be_focused()
    if text:
        page.keyboard.type(text)
    return palette


def test_it_finds_and_opens_what_is_called_so(server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> None:
    page = open_page(f"{server.url}/").page
    page.get_by_test_id("recent-run").first.wait_for()
    palette = opened(page, "deep-dive")
    found = palette.get_by_role("option", name="deep-dive")
    expect(found).to_have_attribute("aria-selected", "true")
    assert violations_in_each_theme(page) == []
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/runs/{realistic['deep']}$"))
    expect(palette).to_have_count(0)
    palette = opened(page, realistic["runs"][3][:9])
    expect(palette.locator("[data-kind=run]").first).to_contain_text("forest-")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/runs/{realistic['runs'][3]}$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("forest-")
    palette = opened(page)
    recent = palette.get_by_role("group", name="Recent").get_by_role("option")
    expect(recent).to_contain_text(["forest-", "deep-dive"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/runs/{realistic['deep']}$"))


def test_models_experiments_tags_metrics_and_filters(
    server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{server.url}/experiments/{realistic['experiment']}/runs").page
    page.get_by_test_id("run-row").first.wait_for()
    opened(page, "digits")
    expect(page.locator("[data-kind=model]")).to_contain_text("digits")
    expect(page.locator("[data-kind=experiment]").first).to_contain_text("digits-forest")
    page.keyboard.press("Control+k")  # the same key closes it
    opened(page, "team=vis")
    expect(page.locator("[data-kind=run]").first).to_contain_text("team=vision")
    page.keyboard.press("Escape")
    opened(page, "f1")
    page.locator("[data-kind=metric]", has_text="f1").click()
    expect(page).to_have_url(re.compile(r"/runs\?sort=-metrics\.f1$"))
    opened(page, "metrics.accuracy > 0.97 and params.max_depth = '10'")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("filter-input")).to_have_value("metrics.accuracy > 0.97 and params.max_depth = '10'")
    opened(page, "no such thing at all")
    expect(page.get_by_text("Nothing is called so.")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Find or do").click()
    page.keyboard.type("high con")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "contrast")
    opened(page, "list of keys")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()


def test_from_memory_while_the_server_is_away(
    serve: Callable[..., Any], realistic: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    server = serve(realistic["store"], "--static-prefix", "/ml")
    watched = open_page(server.url)
    page = watched.page
    page.get_by_test_id("recent-run").first.wait_for()
    opened(page)
    page.keyboard.press("Escape")
    server.stop()
    palette = opened(page, "deep-dive")
    expect(palette.get_by_role("option", name="deep-dive")).to_be_visible()
    expect(palette).to_contain_text("The server does not answer; these are from memory.")
    page.keyboard.press("Escape")
    opened(page, "models")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("recent-run").first).to_be_visible()  # what was there stays, until the page can come
    server.start()
    expect(page.get_by_test_id("model-row").first).to_be_visible()
    expect(page).to_have_url(re.compile(r"/ml/models$"))
    watched.mishaps.clear()
