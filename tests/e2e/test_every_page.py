"""Each page, loaded once and seen in each theme and on a phone: it is there, without mishap, barrier, overflow or waste."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browsing import AXE, nothing_hangs_over, violations_in_each_theme
from playwright.sync_api import expect

#: Name, address, and what proves that the page is there.
PAGES = {
    "home": ("/", "[data-testid=recent-run]"),
    "experiments": ("/experiments", "[data-testid=experiment-row]"),
    "runs": ("/experiments/{experiment}/runs", "[data-testid=run-row]"),
    "runs and charts": ("/experiments/{experiment}/runs?panel=split&clip=1", "[data-testid=chart][data-drawn=true]"),
    "grouped charts": (
        "/experiments/{experiment}/runs?panel=charts&by=params.max_depth&chart=parallel;k=params.n_estimators|params.max_depth|metrics.f1",
        "[data-testid=chart][data-drawn=true]",
    ),
    "all runs": ("/runs", "[data-testid=run-row]"),
    "empty experiment": ("/experiments/{empty}/runs", "text=Waiting for the first run"),
    "run": ("/runs/{deep}", "[data-testid=metric-row]"),
    "hostile run": ("/runs/{hostile}", "[data-testid=metric-row]"),
    "metrics": ("/runs/{deep}/metrics?smooth=0.6", "[data-testid=chart][data-drawn=true]"),
    "system": ("/runs/{deep}/system", "[data-testid=chart][data-drawn=true]"),
    "artifacts": ("/runs/{deep}/artifacts/report.json", "text=accuracy"),
    "table file": ("/runs/{deep}/artifacts/tables/predictions.csv", "td:has-text('zero')"),
    "model file": ("/runs/{deep}/artifacts/model/MLmodel", "text=python_function"),
    "console": ("/runs/{deep}/console", "text=Nothing was captured"),
    "compare": ("/compare?runs={first},{second},{deep}", "[data-testid=chart][data-drawn=true]"),
    "compare nothing": ("/compare", "text=Choose runs to compare"),
    "models": ("/models", "[data-testid=model-row]"),
    "model": ("/models/digits", "[data-testid=version-row]"),
    "version": ("/models/digits/versions/2", "[data-testid=lineage]"),
    "compare versions": ("/models/digits/compare?v=1,3", "[data-testid=compare-table]"),
    "webhooks": ("/admin/webhooks", "text=None yet. A webhook tells"),
    "nowhere": ("/no/such/page", "text=This address leads nowhere"),
}
NODES = 3_000


def address(server: Any, realistic: dict[str, Any], name: str) -> str:
    path, _ = PAGES[name]
    first, second = realistic["runs"][:2]
    return str(server.url) + path.format(**{**realistic, "first": first, "second": second})


@pytest.mark.parametrize("name", PAGES)
def test_page_is_whole(name: str, server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> None:
    if not AXE.exists():
        pytest.skip("npm ci has not run in ui/")
    page = open_page(address(server, realistic, name)).page
    page.locator(PAGES[name][1]).first.wait_for()
    assert page.locator("h1").count() == 1
    assert page.title() not in ("", "Runstone")
    assert page.evaluate("document.querySelectorAll('*').length") <= NODES
    assert violations_in_each_theme(page) == []
    page.set_viewport_size({"width": 1440, "height": 1600})
    nothing_hangs_over(page, 1440)
    page.set_viewport_size({"width": 320, "height": 1600})
    nothing_hangs_over(page, 320)


def test_a_phone_tells_the_last_runs_apart(server: Any, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{server.url}/", width=390).page
    row = page.get_by_test_id("recent-run").filter(has_text="forest-200-10-2")
    name = row.get_by_role("link", name="forest-200-10-2")
    expect(name).to_be_visible()
    assert name.evaluate("link => link.parentElement.scrollWidth <= link.parentElement.clientWidth")  # and not cut off
    expect(row.get_by_text("digits-forest").locator("visible=true")).to_have_count(1)
