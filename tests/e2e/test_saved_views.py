"""Whole views under a name: saved, shared, changed, opened by default; links to what is no longer there.

On the same store: its traces."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from browsing import Server, say, violations


def expect(thing: Any) -> Any:
    from playwright.sync_api import expect as look

    return look(thing)


def test_a_view_is_saved_shared_changed_and_opened_by_default(
    crowd: Server, open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(f"{crowd.url}/experiments/1/runs?q=metrics.loss+<+0.9&cols=metrics.loss,params.lr&sort=-params.lr").page
    count = page.get_by_test_id("run-count")
    expect(count).to_have_text("4 of 5")
    page.get_by_role("button", name="Views").click()
    box = page.get_by_role("dialog", name="Views")
    box.get_by_label("Save this view as").fill("good <b>ones</b>")
    box.get_by_role("button", name="Save", exact=True).click()
    bar = page.get_by_role("group", name="Saved view")
    expect(bar).to_contain_text("View good <b>ones</b>")
    key = re.search(r"v=([\w-]+)", page.url)
    assert key
    # Its short address shows all of it again, and adds nothing to the way back.
    page.goto(f"{crowd.url}/v/{key[1]}")
    expect(count).to_have_text("4 of 5")
    assert "cols=metrics.loss,params.lr" in page.url
    expect(page.get_by_test_id("run-row").first).to_contain_text("try-4")
    expect(page.locator("[role=columnheader][data-column='params.seed']")).to_have_count(0)
    page.get_by_test_id("filter-input").fill("metrics.loss < 0.7")
    expect(bar).to_contain_text("changed")
    bar.get_by_role("button", name="As it was saved").click()
    expect(count).to_have_text("4 of 5")
    page.get_by_test_id("filter-input").fill("metrics.loss < 0.7")
    expect(count).to_have_text("2 of 5")
    bar.get_by_role("button", name="Update the view").click()
    expect(bar).not_to_contain_text("changed")
    page.get_by_role("button", name="Views").click()
    box.get_by_role("button", name="Open good <b>ones</b> by default").click()
    expect(box.get_by_test_id("saved-view")).to_contain_text("default")
    assert violations(page, within="[role=dialog]") == []
    page.goto(f"{crowd.url}/experiments/1/runs")
    expect(count).to_have_text("2 of 5")
    expect(bar).to_be_visible()
    page.get_by_role("button", name="Views").click()
    page.get_by_role("dialog", name="Views").get_by_role("button", name="Plain table").click()
    expect(count).to_have_text("5 runs")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("button", name="Delete good <b>ones</b>").click()
    expect(page.get_by_test_id("saved-view")).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Undo").click()
    page.goto(f"{crowd.url}/v/{key[1]}")  # under the address that it had
    expect(count).to_have_text("2 of 5")
    say(crowd, "DELETE", f"views/{key[1]}")


def test_a_view_of_all_runs_is_saved_without_an_experiment(crowd: Server, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{crowd.url}/runs?q=metrics.loss+<+0.9&cols=metrics.loss").page
    count = page.get_by_test_id("run-count")
    expect(count).to_have_text(re.compile("^4 of"))
    page.get_by_role("button", name="Views").click()
    box = page.get_by_role("dialog", name="Views")
    expect(box.get_by_label("Open it by default")).to_have_count(0)
    box.get_by_label("Save this view as").fill("low everywhere")
    box.get_by_role("button", name="Save", exact=True).click()
    bar = page.get_by_role("group", name="Saved view")
    expect(bar).to_have_text("View low everywhere")
    key = re.search(r"v=([\w-]+)", page.url)
    assert key
    page.goto(f"{crowd.url}/v/{key[1]}")
    expect(count).to_have_text(re.compile("^4 of"))
    assert "/runs?" in page.url
    page.get_by_test_id("filter-input").fill("metrics.loss < 0.7")
    expect(bar).to_contain_text("changed")
    page.get_by_role("button", name="Views").click()
    box.get_by_role("button", name="low everywhere").first.click()
    expect(count).to_have_text(re.compile("^4 of"))
    expect(bar).not_to_contain_text("changed")
    page.goto(f"{crowd.url}/experiments/0/runs?view=deleted")
    page.get_by_role("button", name="Views").click()
    expect(box).to_contain_text("No view is saved yet")
    say(crowd, "DELETE", f"views/{key[1]}")


def test_a_view_of_what_is_gone_says_so(crowd: Server, open_page: Callable[..., Any]) -> None:
    search = {"cols": "metrics.loss,metrics.gone,params.lost", "sort": "-metrics.gone"}
    made = say(crowd, "POST", "views", {"experiment_id": "1", "name": "old", "search": search})
    watched = open_page(f"{crowd.url}/v/{made['key']}", "dark")
    page = watched.page
    lost = page.get_by_test_id("lost-columns")
    expect(lost).to_contain_text("No run here has “metrics.gone”, “params.lost”.")
    assert violations(page) == []
    lost.get_by_role("button").click()
    expect(lost).to_have_count(0)
    assert "cols=metrics.loss" in page.url
    assert "gone" not in page.url
    expect(page.get_by_role("group", name="Saved view")).to_contain_text("View old, changed")
    say(crowd, "DELETE", f"views/{made['key']}")
    page.goto(f"{crowd.url}/v/{made['key']}")
    expect(page.get_by_role("heading", name="This view is not here")).to_be_visible()
    watched.mishaps.clear()  # the browser notes the 404 in its console


def test_traces_are_found_and_read_span_by_span(crowd: Server, open_page: Callable[..., Any]) -> None:
    watched = open_page(f"{crowd.url}/experiments/1/runs")
    page = watched.page
    page.get_by_role("link", name="Traces").click()
    rows = page.get_by_test_id("trace-row")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("why <b>so</b>?")
    expect(rows.nth(1)).to_contain_text("1,234")
    assert violations(page) == []
    page.get_by_label("Filter").fill("execution_time >")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    watched.mishaps.clear()  # the browser notes the 400 in its console
    page.get_by_label("Filter").fill("execution_time > 100")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="answer").click()
    spans = page.get_by_test_id("span-row")
    expect(spans).to_have_count(3)
    page.get_by_role("tree").press("End")
    panel = page.get_by_test_id("span-panel")
    expect(panel).to_contain_text("too slow")
    expect(panel).to_contain_text("why?")
    expect(panel).to_contain_text("Timeout")
    assert page.url.endswith("/traces/tr-ask?span=model")
    page.get_by_role("tree").press("ArrowLeft")  # to its parent, then fold it
    page.get_by_role("tree").press("ArrowLeft")
    expect(spans).to_have_count(1)
    expect(page.get_by_test_id("assessment")).to_contain_text("correct false judge: invented")
    assert violations(page) == []
    dark = open_page(f"{crowd.url}/traces/tr-ask?span=search", "dark").page
    expect(dark.get_by_test_id("span-panel")).to_contain_text("Outputs")
    assert violations(dark) == []
