"""Nested runs as a tree, runs and columns that stay where they are, cells that draw: by mouse, by keyboard, by address."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from browsing import violations_in_each_theme


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
    assert violations_in_each_theme(page) == []
    page.reload()
    expect(row(page, "trial-1")).to_be_visible()
    page.get_by_role("button", name="Expand all").click()
    expect(page.locator("[data-testid=run-row][aria-expanded=false]")).to_have_count(0)
    expect(row(page, "trial-1")).to_be_visible()
    parent.get_by_role("button", name=re.compile("Close search")).click()  # all but this one
    expect(row(page, "trial-0")).to_have_count(0)
    parent.get_by_role("button", name=re.compile("Open search")).click()
    page.get_by_role("button", name="Collapse all").click()
    expect(parent).to_have_attribute("aria-expanded", "false")
    expect(page.locator("[data-testid=run-row][aria-expanded=true]")).to_have_count(0)
    page.get_by_role("button", name="Expand all").click()
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


def test_pinned_runs_stay_on_top_of_any_filter_and_order(table: Callable[..., Any]) -> None:
    page = table("?sort=attributes.run_name&cols=metrics.accuracy,metrics.val/loss,params.seed")
    page.get_by_test_id("runs-grid").focus()
    page.keyboard.press("End")
    last = page.get_by_role("row").filter(has=page.locator("[data-active]")).get_attribute("data-run")
    page.keyboard.press("p")
    pinned = page.locator("[data-pinned]")
    expect(pinned).to_have_count(1)
    assert pinned.get_attribute("data-run") == last
    assert f"pin={last}" in page.url
    page.get_by_test_id("filter-input").fill("params.seed = '1'")
    expect(page.get_by_test_id("run-count")).to_have_text("6 of 24")
    expect(pinned).to_be_in_viewport()
    page.reload()
    expect(page.get_by_role("row", name=re.compile("forest-50-5-1"))).to_be_visible()
    expect(pinned).to_have_count(1)
    # above the first row comes the pinned one, and above that the head
    page.get_by_test_id("runs-grid").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("row").filter(has=page.locator("[data-active]"))).to_have_attribute("data-run", str(last))
    page.keyboard.press("ArrowUp")
    expect(page.locator("[role=columnheader][data-active]")).to_have_count(1)
    assert violations_in_each_theme(page) == []
    pinned.get_by_role("button", name="Unpin").click()
    expect(pinned).to_have_count(0)


def menu(page: Any, column: str, choice: str) -> None:
    page.locator(f"[role=columnheader][data-column='{column}']").click(button="right")
    page.get_by_role("menu").get_by_text(choice, exact=True).click()


def test_a_pinned_column_stays_at_the_left_with_any_statistic(table: Callable[..., Any]) -> None:
    page = table("?cols=params.seed,metrics.accuracy,metrics.val/loss")
    menu(page, "metrics.val/loss", "Pin column")
    heads = page.locator("[role=columnheader]")
    expect(heads.nth(3)).to_have_attribute("data-column", "metrics.val/loss")
    menu(page, "metrics.val/loss", "min")
    expect(heads.nth(3)).to_have_attribute("data-column", "metrics.val/loss:min")
    assert "fix=metrics.val/loss:min" in page.url
    menu(page, "metrics.val/loss:min", "Unpin column")
    expect(heads.nth(3)).to_have_attribute("data-column", "started")


def test_cells_draw_curves_bars_and_heat(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    cells = "cells=spark:metrics.train/loss,spark:metrics.val/loss,bar:metrics.seconds,heat:metrics.accuracy"
    columns = "cols=metrics.accuracy,metrics.seconds,metrics.train/loss,metrics.val/loss"
    watched = open_page(drawn("few", f"?{columns}&{cells}"))
    page = watched.page
    expect(page.locator("[data-column='metrics.train/loss'] svg[data-spark] path")).to_have_count(20)
    expect(page.locator("[data-column='metrics.val/loss'] svg[data-spark] path")).to_have_count(20)
    assert len([url for url in watched.requests if url.endswith("/runs/series")]) == 1, "one question for all that is in sight"
    few = page.locator("[data-column='metrics.train/loss'] svg[data-spark]").first.get_attribute("data-spark")
    assert int(few) <= 60
    shares = page.locator("[data-column='metrics.seconds'] [data-share]").evaluate_all(
        "all => all.map(e => Number(e.dataset.share))"
    )
    assert (min(shares), max(shares), len(shares)) == (0, 1, 20)
    # the least and the greatest are those of all runs that match, not of those drawn so far
    page.get_by_test_id("filter-input").fill("metrics.seconds < 20")
    expect(page.get_by_test_id("run-count")).to_have_text("10 of 20")
    expect(page.locator("[data-column='metrics.seconds'] [data-share='1.000']")).to_have_text("19")
    expect(page.locator("[data-column='metrics.accuracy'] [data-share='1.000']").first).to_be_visible()
    assert violations_in_each_theme(page) == []
    menu(page, "metrics.seconds", "Numbers alone")
    expect(page.locator("[data-column='metrics.seconds'] [data-share]")).to_have_count(0)


def test_params_that_the_filter_makes_equal_are_folded_away(table: Callable[..., Any]) -> None:
    page = table()
    depth = page.locator("[role=columnheader][data-column='params.max_depth']")
    expect(depth).to_have_count(1)
    page.get_by_test_id("filter-input").fill("params.max_depth = '10' and params.n_estimators != '50'")
    expect(page.get_by_test_id("run-count")).to_have_text("6 of 24")
    expect(depth).to_have_count(0)
    expect(page.locator("[role=columnheader][data-column='params.n_estimators']")).to_have_count(1)
    page.get_by_role("button", name=re.compile("params equal")).click()
    box = page.get_by_role("dialog")
    expect(box.locator("div", has=page.get_by_text("max_depth", exact=True)).last).to_contain_text("10")
    assert violations_in_each_theme(page, within="[role=dialog]") == []
    box.get_by_role("button", name="Show max_depth as a column").click()
    expect(depth).to_have_count(1)
    page.get_by_role("button", name="Clear the filter").click()
    expect(page.get_by_test_id("run-count")).to_have_text("24 runs")


def test_the_winner_is_right_under_a_filter_and_in_a_tree(table: Callable[..., Any]) -> None:
    page = table("?sort=attributes.run_name")
    best = page.locator("[data-testid=run-row][data-best]")
    name = best.get_by_role("link").inner_text()
    page.get_by_test_id("filter-input").fill(f"attributes.run_name != '{name}'")
    expect(page.get_by_test_id("run-count")).to_have_text(re.compile("of 24"))
    expect(best.get_by_role("link")).not_to_have_text(name)
    # NaN alone never wins
    page.get_by_test_id("filter-input").fill("metrics.accuracy = NaN")
    expect(page.get_by_test_id("run-count")).to_have_text("1 of 24")
    expect(best).to_have_count(0)


def test_columns_are_picked_from_a_tree_of_prefixes(
    server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    page = open_page("about:blank").page
    answer = page.request.get(f"{server.url}/api/runstone/v1/runs/{realistic['wide']}").json()
    page.goto(f"{server.url}/experiments/{answer['info']['experiment_id']}/runs")
    page.get_by_role("button", name="Columns").click()
    box = page.get_by_role("dialog", name="Columns")
    layers = box.locator("[data-prefix='layer/']").get_by_role("button")
    expect(layers).to_contain_text("701")
    layers.click()
    box.locator("[data-prefix='layer/0/norm/']").get_by_role("button").click()
    box.get_by_role("checkbox", name="All of layer/1/norm/").check()
    expect(box.locator("[data-prefix='layer/1/norm/'] small")).to_have_text("10 of 10")
    box.get_by_role("checkbox", name="layer/0/norm/3").uncheck()
    expect(box.locator("[data-prefix='layer/0/norm/'] small")).to_have_text("9 of 10")
    assert "layer/1/norm/9" in page.url
    assert page.evaluate("document.querySelectorAll('*').length") <= 3_000
    assert violations_in_each_theme(page, within="[role=dialog]") == []
