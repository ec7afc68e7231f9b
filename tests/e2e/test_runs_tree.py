"""Nested runs as a tree, runs and columns that stay where they are, cells that draw: by mouse, by keyboard, by address."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from browsing import violations


@pytest.fixture
def table(server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> Callable[..., Any]:
    def start(query: str = "", theme: str = "light") -> Any:
        page = open_page(f"{server.url}/experiments/{realistic['experiment']}/runs{query}", theme).page
        page.get_by_test_id("run-row").first.wait_for()
        return page

    return start


def expect(thing: Any) -> Any:
    from playwright.sync_api import expect as look

    return look(thing)


def row(page: Any, name: str) -> Any:
    return page.locator("[data-testid=run-row]", has=page.get_by_role("link", name=name, exact=True))


def test_nested_runs_stand_under_their_parent(table: Callable[..., Any]) -> None:
    page = table()
    page.get_by_role("button", name="Tree").click()
    assert "tree=1" in page.url
    grid = page.get_by_role("treegrid")
    expect(grid).to_be_visible()
    parent = row(page, "search")
    expect(parent).to_have_attribute("aria-expanded", "false")
    expect(row(page, "trial-0")).to_have_count(0)
    rows = int(grid.get_attribute("aria-rowcount"))
    parent.get_by_role("button", name=re.compile("Open search, 2 nested")).click()
    expect(parent).to_have_attribute("aria-expanded", "true")
    expect(grid).to_have_attribute("aria-rowcount", str(rows + 2))
    expect(row(page, "trial-0")).to_have_attribute("aria-level", "2")
    expect(page.get_by_test_id("run-count")).to_have_text("24 runs")
    assert violations(page) == []
    page.reload()
    expect(row(page, "trial-1")).to_be_visible()
    # in a filter that the parent does not meet, the child stands for itself
    page.get_by_test_id("filter-input").fill("attributes.run_name = 'trial-1'")
    expect(page.get_by_test_id("run-count")).to_have_text("1 of 24")
    expect(row(page, "trial-1")).to_have_attribute("aria-level", "1")


def test_the_tree_is_opened_and_closed_by_arrows(table: Callable[..., Any]) -> None:
    page = table("?tree=1&q=attributes.run_name+in+('search','trial-0','trial-1')")
    page.get_by_test_id("runs-grid").focus()
    expect(page.get_by_test_id("run-row")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("run-row")).to_have_count(3)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-active]")).to_have_attribute("id", "cell-0-1")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_test_id("run-row")).to_have_count(1)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-active]")).to_have_attribute("data-column", "select")
