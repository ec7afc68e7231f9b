"""The server goes and comes back: the page says so, keeps what it has, and recovers by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect


def test_banner_comes_and_goes(serve: Callable[..., Any], realistic: dict[str, Any], open_page: Callable[..., Any]) -> None:
    server = serve(realistic["store"])
    watched = open_page(f"{server.url}/experiments/{realistic['experiment']}/runs")
    page = watched.page
    expect(page.get_by_test_id("run-row").first).to_be_visible()
    rows = page.get_by_test_id("run-row").count()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    server.stop()
    expect(page.get_by_test_id("banner")).to_contain_text("Not connected since")
    assert page.get_by_test_id("run-row").count() == rows, "what was there stays readable"
    server.start()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_test_id("banner")).to_have_count(0)
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    page.get_by_test_id("filter-input").fill("metrics.accuracy > 0.97")
    expect(page.get_by_test_id("run-count")).to_contain_text("of 24")
    assert all("ERR_" in mishap or "Failed to load" in mishap for mishap in watched.mishaps)
    watched.mishaps.clear()


def test_it_tries_again_by_itself(serve: Callable[..., Any], realistic: dict[str, Any], open_page: Callable[..., Any]) -> None:
    server = serve(realistic["store"])
    watched = open_page(f"{server.url}/experiments")
    page = watched.page
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    server.stop()
    expect(page.get_by_test_id("banner")).to_be_visible()
    server.start()
    expect(page.get_by_test_id("banner")).to_have_count(0)
    expect(page.get_by_test_id("experiment-row").first).to_be_visible()
    watched.mishaps.clear()
