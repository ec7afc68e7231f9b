"""Ten minutes and four hundred runs: open, filter, find the winner, hold it against the runner-up, see why, take it along."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_from_the_front_door_to_a_file(
    theme: str, server: Any, realistic: dict[str, Any], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(f"{server.url}/experiments", theme).page

    # open
    page.get_by_test_id("experiment-row").filter(has_text="digits-forest").get_by_role("link").first.click()
    expect(page.get_by_test_id("run-count")).to_have_text("24 runs")

    # filter
    page.get_by_test_id("filter-input").fill("params.n_estimators = '200'")
    expect(page.get_by_test_id("run-count")).to_have_text("6 of 24")

    # find the winner: one key, whatever the order, and it stays the winner of what the filter leaves
    winner = page.locator("[data-testid=run-row][data-best]")
    expect(winner).to_have_count(1)
    best = winner.locator("[data-column=name] a").inner_text()
    assert best.startswith("forest-200")

    # the runner-up is the second by the objective, whose best values come first
    objective = page.locator("[role=columnheader]").filter(has_text="★")
    objective.click()
    expect(objective).not_to_have_attribute("aria-sort", "none")
    expect(page.locator("[aria-rowindex='2'] [data-column=name] a")).to_have_text(best)
    runner_up = page.locator("[aria-rowindex='3'] [data-column=name] a").inner_text()

    # compare with the runner-up
    for row in (2, 3):
        page.locator(f"[aria-rowindex='{row}'] [data-column=select]").click()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare 2 runs")
    expect(page.get_by_test_id("verdict")).to_contain_text(re.compile("differ only in their seed|Can't tell|better|too few"))

    # two runs tell little: their other seeds are one press away, and the answer is then about groups
    page.get_by_test_id("verdict").get_by_role("button", name="only in the seed").click()
    expect(page.get_by_test_id("verdict").get_by_role("rowheader")).to_have_count(2)
    expect(page.get_by_test_id("verdict")).not_to_contain_text("too few")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare 2 runs")

    # why: what differs, by how much, in curves
    metrics = page.locator("[data-testid=compare-table][data-part=metrics]")
    expect(metrics.get_by_role("columnheader").nth(1)).to_contain_text(best)
    expect(metrics.get_by_role("columnheader").nth(2)).to_contain_text(runner_up)
    expect(metrics).to_contain_text("★")
    expect(page.locator("[data-testid=compare-table][data-part=params]")).to_contain_text("max_depth")
    page.get_by_role("searchbox", name="Search metrics").fill("val/loss")
    curve = page.locator("[data-testid=chart][data-chart='val/loss'][data-drawn=true]")
    expect(curve).to_have_attribute("data-series", "2")

    # export: one file that says the same
    page.get_by_role("button", name="Share").click()
    with page.expect_download() as coming:
        page.get_by_role("menuitem", name="Save as one HTML file").click()
    target = tmp_path / coming.value.suggested_filename
    coming.value.save_as(target)
    found = json.loads(re.findall(r'id="runstone-data">(.*?)</script', target.read_text("utf-8"), re.DOTALL)[0])
    assert {one["name"] for one in found["runs"]} == {best, runner_up}
