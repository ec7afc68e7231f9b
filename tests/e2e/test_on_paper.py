"""What goes to the printer: the whole page, light, without what only works on a screen."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from runstone import connect
from runstone.contracts import Batch
from runstone.records import ExperimentCreated, RunStarted

PAGES = {
    "run": ("/runs/{deep}", "[data-testid=metric-row]"),
    "charts": ("/runs/{deep}/metrics", "[data-testid=chart][data-drawn=true]"),
    "version": ("/models/digits/versions/2", "[data-testid=lineage]"),
    "compare versions": ("/models/digits/compare?v=1,2,3", "[data-testid=compare-table]"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_prints_whole_and_light(
    name: str, server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    path, proof = PAGES[name]
    page = open_page(server.url + path.format(**realistic), "dark", height=900 if name == "charts" else 300).page
    page.locator(proof).first.wait_for()
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
    expect(page.get_by_role("banner")).to_be_hidden()
    assert page.evaluate("(m => getComputedStyle(m).overflowY)(document.querySelector('main'))") == "visible"
    whole = page.evaluate("document.querySelector('main').scrollHeight")
    assert page.evaluate("document.documentElement.scrollHeight") >= whole > 300
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(width="600px", height="300px", margin={"top": "0", "bottom": "0"})))
    assert sheets > 1, "more than what the window shows"
    expect(page.get_by_text("Skip to the content")).to_be_hidden()


#: Between the margins of a sheet of A4 that lies on its side, and of one that stands.
LYING, STANDING = 1032, 703


def on_paper(page: Any, width: int = LYING) -> Any:
    """The page as a sheet of this width shows it, whatever the window was."""
    expect(page.locator("[data-paper]")).to_have_count(0)
    page.set_viewport_size({"width": width, "height": 400})
    page.emulate_media(media="print", color_scheme="dark")
    page.locator("[data-paper], [data-testid=paper-chart]").first.wait_for()
    return page


def reach(page: Any, what: str) -> float:
    """How far to the right the furthest of them goes."""
    return float(
        page.evaluate(
            "what => Math.max(...[...document.querySelectorAll(what)].map(e => e.getBoundingClientRect().right))", what
        )
    )


@pytest.mark.parametrize("width", [LYING, STANDING])
def test_runs_print_with_every_row_and_column(
    width: int, server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    # so low and narrow that the screen's table leaves out most of both
    page = open_page(f"{server.url}/experiments/{realistic['experiment']}/runs", "dark", width=800, height=500).page
    page.get_by_test_id("run-row").first.wait_for()
    assert page.get_by_role("columnheader").count() < 14
    assert page.get_by_test_id("run-row").count() < 24
    on_paper(page, width)
    table = page.locator("[data-paper]")
    expect(table).to_have_count(1)
    expect(page.get_by_test_id("runs-grid")).to_be_hidden()
    expect(page.get_by_role("searchbox")).to_have_count(0)
    names = table.locator("tbody tr td:first-child a").all_inner_texts()
    assert len(names) == 24
    assert {"forest-50-5-0", "deep-dive", "trial-1"} <= set(names)
    heads = table.locator("th").all_inner_texts()
    assert heads[:4] == ["Run", "Status", "Started", "Took"]
    assert {"max_depth", "accuracy", "train/loss", "all_nan"} <= set(heads)
    assert reach(page, "[data-paper] :is(th, td)") <= width + 1
    assert table.locator("thead").evaluate("e => getComputedStyle(e).display") == "table-header-group", "on each sheet"
    best = table.locator("tr[data-best]")
    expect(best).to_have_count(1)
    expect(best).to_contain_text("★")
    assert best.locator("td").first.evaluate("e => getComputedStyle(e).color") == "rgb(20, 23, 28)"
    expect(page.get_by_test_id("paper")).to_contain_text("24 runs")


def test_runs_are_whole_before_the_sheets_are_laid_out(
    server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{server.url}/experiments/{realistic['experiment']}/runs", height=500).page
    page.get_by_test_id("run-row").first.wait_for()
    printed = "event => (window.dispatchEvent(new Event(event)), document.querySelectorAll('[data-paper] tbody tr').length)"
    on_paper(page).emulate_media(media="screen")
    expect(page.locator("[data-paper]")).to_have_count(0)
    page.emulate_media(media="null")
    assert page.evaluate(printed, "beforeprint") == 24
    expect(page.locator("[data-paper]")).to_be_hidden()  # the screen behind the dialog stays as it was
    assert page.evaluate(printed, "afterprint") == 0
    sheet = re.search(rb"/MediaBox *\[0 0 ([\d.]+) ([\d.]+)", page.pdf(format="A4", prefer_css_page_size=True))
    assert sheet
    assert float(sheet[1]) > float(sheet[2]), "it lies on its side"


def test_what_is_left_out_is_said(tmp_path: Path, serve: Callable[..., Any], open_page: Callable[..., Any]) -> None:
    store = connect.open_store(str(tmp_path / "store"))
    store.write(Batch([ExperimentCreated("long", time=1)]))
    store.write(Batch([RunStarted(uuid.UUID(int=i + 1).hex, "1", 1_700_000_000_000 + i, f"run-{i:03}") for i in range(450)]))
    store.close()
    columns = ",".join(f"metrics.m{i}" for i in range(70))
    page = open_page(f"{serve().url}/experiments/1/runs?cols={columns}&q=attributes.run_id != 'x'").page
    page.get_by_test_id("run-row").first.wait_for()
    on_paper(page)
    note = page.get_by_test_id("paper").locator("p")
    expect(note).to_contain_text("the first 200 of 450 runs")
    expect(note).to_contain_text("the first 60 of 73 columns")
    expect(note).to_contain_text("where attributes.run_id != 'x'")
    tables = page.locator("[data-paper]")
    assert tables.count() > 1, "more columns than a sheet has room for"
    heads = tables.locator("th").all_inner_texts()
    assert heads.count("Run") == tables.count()
    assert {f"m{i}" for i in range(57)} <= set(heads)
    assert reach(page, "[data-paper] :is(th, td)") <= LYING + 1


def test_a_tree_and_groups_print_whole(server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> None:
    address = f"{server.url}/experiments/{realistic['experiment']}/runs"
    page = open_page(f"{address}?tree=1&open=*", height=400).page
    page.get_by_test_id("run-row").first.wait_for()
    on_paper(page)
    rows = page.locator("[data-paper] tbody tr")
    assert rows.count() == 24
    under = {row: rows.filter(has_text=row).locator("td a").bounding_box()["x"] for row in ("search", "trial-0")}
    assert under["trial-0"] > under["search"]
    page.emulate_media(media="screen")
    page.goto(f"{address}?group=params.n_estimators,params.max_depth")
    page.get_by_test_id("group-row").first.wait_for()
    page.get_by_role("button", name="Open the group of 3 runs").first.click()
    expect(page.get_by_test_id("group-member")).to_have_count(3)
    expect(page.get_by_test_id("group-member").last).not_to_contain_text("…")
    on_paper(page)
    expect(page.get_by_test_id("group-table")).to_be_hidden()
    expect(page.locator("[data-paper] tbody tr")).to_have_count(8 + 3)
    expect(page.locator("[data-paper] tr[data-best]")).to_contain_text("★")
    assert reach(page, "[data-paper] :is(th, td)") <= LYING + 1


def test_charts_are_drawn_for_paper(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("few", "?panel=split"), "dark", height=500).page
    page.locator("[data-testid=chart][data-drawn=true]").first.wait_for()
    told = page.evaluate("(window.dispatchEvent(new Event('beforeprint')), document.querySelector('main').textContent)")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert re.search(r"and \d charts? not scrolled to before printing", told)
    on_paper(page)
    expect(page.locator("[data-paper] tbody tr")).to_have_count(20)
    picture = page.get_by_test_id("paper-chart").first
    expect(picture.locator("svg")).to_be_visible()
    assert picture.locator("text").first.evaluate("e => getComputedStyle(e).fill") == "rgb(20, 23, 28)"
    expect(picture).to_contain_text("few-06")  # the screen has no names beside the lines
    expect(page.locator("canvas").first).to_be_hidden()
    assert reach(page, "section[aria-label=Charts] svg") <= LYING + 1
    below = page.get_by_role("region", name="Charts").bounding_box() or page.get_by_test_id("charts-panel").bounding_box()
    table = page.locator("[data-paper]").bounding_box()
    assert below["y"] >= table["y"] + table["height"], "below the table, not beside it"
    page.emulate_media(media="screen")
    expect(page.locator("canvas").first).to_be_visible()
    expect(page.locator("[data-paper]")).to_have_count(0)


def test_compared_runs_print_all_of_them(server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> None:
    page = open_page(f"{server.url}/compare?runs={','.join(realistic['runs'][:14])}", width=900, height=500).page
    page.get_by_test_id("compare-table").first.wait_for()
    on_paper(page, STANDING)
    heads = page.locator("[data-paper=Metrics] th").all_inner_texts()
    assert len([head for head in heads if head.strip().startswith("forest-")]) == 14
    assert reach(page, "main :is(th, td)") <= STANDING + 1
    expect(page.locator("[data-paper=Metrics] td", has_text="★").first).to_be_visible()


def test_the_page_stands_where_what_it_prints_with_did_not_come(
    server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    watched = open_page(f"{server.url}/experiments/{realistic['experiment']}/runs")
    page = watched.page
    asked: list[str] = []
    page.route("**/assets/paper-*", lambda route: (asked.append(route.request.url), route.abort()))
    page.reload()
    page.get_by_test_id("run-row").first.wait_for()
    with page.expect_event("requestfailed"):
        pass
    page.wait_for_timeout(200)
    expect(page.get_by_test_id("run-row").first).to_be_visible()
    assert asked
    watched.mishaps.clear()
