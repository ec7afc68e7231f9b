"""Asking of all runs at once: groups, values while typing, the table as a file."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import say, violations_in_each_theme


def expect(thing: Any) -> Any:
    from playwright.sync_api import expect as look

    return look(thing)


@pytest.fixture
def watched(server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> Callable[..., Any]:
    def start(query: str = "", theme: str = "light") -> Any:
        return open_page(f"{server.url}/experiments/{realistic['experiment']}/runs{query}", theme=theme)

    return start


def test_groups_by_all_but_the_seed_and_back_to_the_runs_of_one(watched: Callable[..., Any]) -> None:
    page = watched("?group=auto").page
    expect(page.get_by_test_id("group-count")).to_contain_text("of 24 runs")
    heads = page.get_by_test_id("group-table").get_by_role("columnheader").all_text_contents()
    assert not any("seed" in head for head in heads)
    best = page.locator("[data-testid=group-row][data-best]")
    expect(best).to_have_count(1)
    best.get_by_role("button").click()
    expect(page.get_by_test_id("group-member").first.get_by_role("link")).not_to_be_empty()
    assert violations_in_each_theme(page) == []
    page.get_by_role("button", name="Grouped").click()
    page.get_by_role("checkbox", name=re.compile("max_depth")).check()
    expect(page).to_have_url(re.compile("group=params.max_depth"))
    page.keyboard.press("Escape")
    page.get_by_test_id("group-table").get_by_role("button", name=re.compile("accuracy")).click()
    expect(page).to_have_url(re.compile("sort="))
    page.reload()
    expect(page.get_by_test_id("group-table").locator("[aria-sort=descending]")).to_contain_text("accuracy")


def test_only_columns_on_the_screen_are_grouped(server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> None:
    experiment = say(server, "GET", f"runs/{realistic['wide']}")["info"]["experiment_id"]
    names = [f"metrics.layer/{number}/norm/0" for number in range(20)]
    page = open_page("about:blank", width=1000).page
    asked: list[list[str]] = []
    page.on("request", lambda one: one.url.endswith("/runs/groups") and asked.append(one.post_data_json["columns"]))
    page.goto(f"{server.url}/experiments/{experiment}/runs?group=attributes.status&sort=-{names[17]}&cols={','.join(names)}")
    table, row = page.get_by_test_id("group-table"), page.get_by_test_id("group-row").first
    expect(table.get_by_role("columnheader")).to_have_count(22)
    expect(row).to_contain_text("17")  # what orders them is not far
    expect(row).to_contain_text("…")
    assert asked == [[*names[:5], names[17]]]
    table.evaluate("table => table.scrollTo({ left: 3_000 })")
    expect(row).not_to_contain_text("…")
    assert asked[1:] == [names]


def test_values_are_offered_with_their_counts(watched: Callable[..., Any]) -> None:
    page = watched().page
    box = page.get_by_test_id("filter-input")
    box.press_sequentially("params.max_depth = ")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("runs")
    assert violations_in_each_theme(page) == []
    box.press("ArrowDown")
    box.press("Enter")
    assert re.fullmatch(r"params\.max_depth = '\d+' ", box.input_value())
    expect(page.get_by_test_id("run-count")).to_contain_text("of 24")


def test_the_table_as_a_file_is_what_is_shown(watched: Callable[..., Any], tmp_path: Path) -> None:
    page = watched("?cols=accuracy,params.max_depth&sort=-metrics.accuracy&q=metrics.accuracy%20>%200").page
    page.get_by_test_id("run-row").first.wait_for()
    shown = page.locator("[data-testid=run-row] [data-column=name] a").all_text_contents()
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as coming:
        page.get_by_role("menuitem", name=re.compile("CSV")).click()
    coming.value.save_as(tmp_path / "runs.csv")
    with open(tmp_path / "runs.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert coming.value.suggested_filename.endswith(".csv")
    assert list(rows[0])[-2:] == ["metrics.accuracy", "params.max_depth"]
    assert [row["run_name"] for row in rows][: len(shown)] == shown
    page.goto(page.url.partition("?")[0] + "?group=params.max_depth&cols=accuracy&sort=-runs&hide=" + rows[0]["run_id"])
    expect(page.get_by_test_id("group-count")).to_contain_text("23 runs")  # groups, without what is hidden
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as coming:
        page.get_by_role("menuitem", name=re.compile("JSON")).click()
    coming.value.save_as(tmp_path / "groups.json")
    groups = json.loads((tmp_path / "groups.json").read_text())
    assert sum(row["runs"] for row in groups) == 23
    assert list(groups[0])[:3] == ["params.max_depth", "runs", "metrics.accuracy:mean"]


def test_a_filter_used_before_is_offered_and_never_applied(watched: Callable[..., Any]) -> None:
    page = watched("?q=metrics.accuracy%20>%200.9").page
    expect(page.get_by_test_id("run-count")).to_contain_text("of 24")
    kept = "(localStorage.getItem('runstone.filters') ?? '').includes('accuracy')"
    page.evaluate(f"new Promise(done => {{ const look = () => {kept} ? done() : setTimeout(look, 50); look(); }})")
    page.goto(page.url.partition("?")[0])
    expect(page.get_by_test_id("run-count")).to_have_text("24 runs")
    page.get_by_test_id("filter-input").press("ArrowDown")
    offered = page.get_by_role("option").filter(has_text="used before")
    expect(offered).to_contain_text("metrics.accuracy > 0.9")
    offered.dispatch_event("pointerdown")
    expect(page.get_by_test_id("run-count")).to_contain_text("of 24")
