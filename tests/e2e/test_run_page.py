"""One run: its numbers, charts that keep extremes, files as what they are, and nothing that executes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from realistic import SPIKE


@pytest.fixture
def deep(server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> Callable[..., Any]:
    """Open a part of the rich run: ``deep("/metrics")``."""
    return lambda part="": open_page(f"{server.url}/runs/{realistic['deep']}{part}").page


def chart(page: Any, name: str) -> Any:
    return page.locator(f"[data-testid=chart][data-chart='{name}']")


def test_overview_says_it_all(deep: Callable[..., Any]) -> None:
    page = deep()
    expect(page.get_by_role("heading", level=1)).to_contain_text("deep-dive")
    assert page.title().startswith("deep-dive")
    loss = page.get_by_test_id("metric-row").filter(has_text="train/loss")
    expect(loss).to_contain_text("20,000")
    expect(page.get_by_test_id("metric-row").filter(has_text="all_nan")).to_contain_text("NaN")
    gone = page.get_by_role("region", name="Metrics that moved").get_by_role("row", name="val/loss")
    expect(gone.get_by_role("cell").last).to_have_text("–")
    for words in ("entropy", "Why does class 8 look like class 3?", "realistic.py", "Packages"):
        expect(page.get_by_role("main")).to_contain_text(words)


def test_notes_are_written(deep: Callable[..., Any]) -> None:
    page = deep()
    notes = page.get_by_role("region", name="Notes")
    notes.get_by_role("button").click()
    page.get_by_role("textbox", name="Notes").fill("Because of the loop.")
    page.get_by_role("button", name="Save").click()
    expect(notes).to_contain_text("Because of the loop.")
    expect(page.get_by_role("dialog")).to_have_count(0)
    notes.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Notes").fill("Why does class 8 look like class 3?")
    page.get_by_role("button", name="Save").click()
    expect(notes).to_contain_text("Why does class 8")


def test_one_wild_step_is_drawn(deep: Callable[..., Any]) -> None:
    page = deep("/metrics")
    loss = chart(page, "train/loss")
    expect(loss).to_have_attribute("data-drawn", "true")
    assert float(loss.get_attribute("data-max")) == SPIKE
    assert int(loss.get_attribute("data-points")) < 20_000
    expect(loss).to_have_attribute("aria-label", re.compile("lowest .* at step .*, highest 1235"))


def test_zoom_asks_for_finer_points(server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> None:
    page = open_page(f"{server.url}/runs/{realistic['deep']}/metrics").page
    loss = chart(page, "train/loss")
    expect(loss).to_have_attribute("data-drawn", "true")
    box = loss.locator(".u-over").bounding_box()
    page.evaluate("""() => {
      const plain = window.fetch; window.asked = [];
      window.fetch = (url, how) => {
        if (/"train.loss"/.test(how?.body) && /"start"/.test(how.body)) window.asked.push(location.search);
        return plain(url, how);
      };
    }""")
    with page.expect_request(lambda request: "runs/series" in request.url and '"start"' in (request.post_data or "")):
        page.mouse.move(box["x"] + box["width"] * 0.30, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.42, box["y"] + 60, steps=5)
        page.mouse.up()
    assert "zoom=" in page.url
    expect(loss).to_have_attribute("data-max", str(SPIKE))
    page.wait_for_load_state("networkidle")
    asked = page.evaluate("window.asked")
    assert len(asked) == 1, "the chart asks once"
    assert "zoom=" not in asked[0], "and before the page is drawn at the new zoom"
    page.get_by_role("button", name="Reset zoom").click()
    expect(page.get_by_role("button", name="Reset zoom")).to_have_count(0)
    assert "zoom=" not in page.url


def test_metrics_ask_together(server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> None:
    watched = open_page(f"{server.url}/runs/{realistic['runs'][0]}/metrics")
    expect(watched.page.locator("[data-testid=chart][data-drawn=true]")).to_have_count(2)
    assert len([url for url in watched.requests if url.endswith("runs/series")]) == 1


def test_a_series_of_nan_says_so(deep: Callable[..., Any]) -> None:
    expect(deep("/metrics").get_by_text("12 points, none a finite number, first at step 3")).to_be_visible()


def test_smoothing_axis_and_data_table(deep: Callable[..., Any]) -> None:
    page = deep("/metrics?smooth=0.9&x=relative&log=y")
    expect(page.get_by_role("slider")).to_have_value("0.9")
    expect(page.get_by_label("x axis")).to_have_value("relative")
    expect(page.get_by_role("checkbox", name="log y")).to_be_checked()
    page.get_by_role("checkbox", name="log y").uncheck()
    assert "log=" not in page.url
    page.get_by_role("button", name="Data of train/loss (d)").click()
    expect(page.get_by_role("region", name="Data of the chart").get_by_role("row").nth(1)).to_contain_text("0")


def test_another_metric_is_the_x_axis(deep: Callable[..., Any]) -> None:
    page = deep("/metrics?find=train")
    page.get_by_label("x axis").select_option("metrics.train/loss")
    expect(chart(page, "train/loss")).to_have_attribute("data-max", "1234.5")
    assert "x=metrics.train/loss" in page.url


def test_system_metrics_have_their_tab(deep: Callable[..., Any]) -> None:
    expect(chart(deep("/system"), "system/cpu_utilization_percentage")).to_have_attribute("data-points", "2")


def test_system_metrics_lie_on_one_stretch_of_time(deep: Callable[..., Any]) -> None:
    page = deep("/system")
    memory, processor = chart(page, "system/memory_used"), chart(page, "system/cpu_utilization_percentage")
    expect(memory).to_have_attribute("data-span", re.compile(r"^-?[\d.]+,6\d(\.\d+)?$"))
    assert processor.get_attribute("data-span") == memory.get_attribute("data-span")
    page.get_by_role("combobox", name="Metric on the same time axis").select_option("train/loss")
    loss = chart(page, "train/loss")
    expect(loss).to_have_attribute("data-span", memory.get_attribute("data-span"))
    assert "with=train/loss" in page.url
    page.reload()
    expect(loss).to_be_visible()


def test_arrows_walk_through_the_files(deep: Callable[..., Any]) -> None:
    page = deep("/artifacts")
    files = page.get_by_role("navigation", name="Files")
    files.get_by_role("button", name="model").focus()
    for key, name in [
        ("ArrowDown", "tables"), ("ArrowRight", "tables"), ("ArrowRight", "predictions.csv"), ("ArrowDown", "confusion.png"),
        ("ArrowUp", "predictions.csv"), ("ArrowLeft", "tables"), ("ArrowLeft", "tables"), ("ArrowDown", "confusion.png"),
        ("End", "report.json"), ("Home", "model"),
    ]:  # fmt: skip
        page.keyboard.press(key)
        if name == "predictions.csv":
            expect(files.get_by_role("link", name=re.compile("predictions.csv"))).to_be_visible()
        if key == "ArrowRight":
            expect(files.get_by_role("button", name="tables")).to_have_attribute("aria-expanded", "true")
            files.get_by_role("link", name=re.compile("predictions.csv")).wait_for()
        expect(page.locator(":focus")).to_contain_text(name)
    assert files.get_by_role("button", name="tables").get_attribute("aria-expanded") == "false"
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Content")).to_contain_text("classes")


def test_of_very_many_metrics_come_those_that_are_seen(
    server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    watched = open_page(f"{server.url}/runs/{realistic['wide']}")
    page = watched.page
    rows = page.get_by_test_id("metric-row")
    expect(rows.first).to_contain_text("layer/0/norm/0")
    expect(page.get_by_role("link", name="Metrics 701")).to_be_visible()
    assert len({url for url in watched.requests if "/metrics?" in url}) == 1  # one may be asked again, when the server says so
    page.get_by_test_id("metrics-list").evaluate("list => list.scrollTo(0, 1e6)")
    expect(rows.last).to_contain_text("layer/69/norm/9")
    page.get_by_role("searchbox", name="Search metrics").fill("LAYER/12/NORM/7")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("12.7")
    page.get_by_role("link", name="Metrics 701").click()
    expect(page.get_by_role("button", name="layer/0/norm 10")).to_be_visible()
    page.get_by_role("main").evaluate("main => main.scrollTo(0, 1e6)")
    expect(page.get_by_role("region", name="layer/69/norm/9")).to_contain_text("69.9")
    page.get_by_role("searchbox", name="Search metrics").fill("69/c")
    expect(chart(page, "layer/69/curve")).to_have_attribute("data-points", "3")


def test_files_have_links_and_viewers(deep: Callable[..., Any]) -> None:
    page = deep("/artifacts")
    page.get_by_role("button", name="tables").click()
    page.get_by_role("link", name=re.compile("predictions.csv")).click()
    assert page.url.endswith("/artifacts/tables/predictions.csv")
    page.get_by_role("button", name=re.compile("^p")).click()
    expect(page.get_by_role("cell").first).to_have_text("1")
    page.go_back()
    page.get_by_role("link", name=re.compile("report.json")).click()
    expect(page.get_by_role("region", name="Content")).to_contain_text("<script>alert(1)</script>")
    page.get_by_role("link", name=re.compile("confusion.png")).click()
    assert page.get_by_role("img", name="confusion.png").evaluate("i => i.decode().then(() => i.naturalWidth)") == 1
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "confusion.png"


@pytest.mark.parametrize("path", ["notes.md", "report.json"])
def test_hostile_files_do_not_run(path: str, deep: Callable[..., Any]) -> None:
    page = deep(f"/artifacts/{path}")
    expect(page.get_by_role("region", name="Content")).to_contain_text("<script>")
    assert "owned" not in page.title()
    assert page.locator("main script").count() == 0


def test_a_file_that_is_gone(server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> None:
    watched = open_page(f"{server.url}/runs/{realistic['deep']}/artifacts/lost.txt")
    expect(watched.page.get_by_role("heading", name="This file is not there")).to_be_visible()
    watched.mishaps.clear()


def test_a_run_that_is_not_there(server: Any, open_page: Callable[..., Any]) -> None:
    watched = open_page(f"{server.url}/runs/{'0' * 32}")
    expect(watched.page.get_by_role("heading", name="There is no such run")).to_be_visible()
    watched.mishaps.clear()


def test_a_failed_run_says_why(server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> None:
    page = open_page(f"{server.url}/experiments/{realistic['experiment']}/runs").page
    page.get_by_role("link", name="too-deep").click()
    expect(page.get_by_role("main")).to_contain_text("Failed")
    expect(page.get_by_role("main")).to_contain_text("max_depth must be positive")
    expect(page.get_by_role("main")).to_contain_text("Traceback (most recent call last)")


def test_parent_and_children_know_each_other(server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> None:
    page = open_page(f"{server.url}/runs/{realistic['parent']}").page
    family = page.get_by_role("region", name="Nested runs")
    expect(family).to_contain_text("trial-0")
    family.get_by_role("link", name="open").first.click()
    expect(page.get_by_role("region", name="Nested runs").get_by_role("link", name="search")).to_be_visible()


def test_old_links_still_lead_there(server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> None:
    page = open_page(f"{server.url}/#/experiments/{realistic['experiment']}/runs/{realistic['deep']}").page
    expect(page.get_by_role("heading", level=1)).to_contain_text("deep-dive")
