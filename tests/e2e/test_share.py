"""Share: one file out of the screen, opened by file:// with nothing behind it; and the frame of a notebook."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pytest
from browsing import environment, violations, violations_in_each_theme
from playwright.sync_api import expect

from runstone.export.page import is_built

pytestmark = pytest.mark.skipif(not is_built(), reason="the UI is not built: make ui")


@pytest.fixture
def exported(realistic: dict[str, Any], tmp_path: Path) -> Callable[..., str]:
    """Write a file with ``runstone export``; returns its address."""

    def write(*arguments: str) -> str:
        target = tmp_path / "out.html"
        command = [
            sys.executable,
            "-m",
            "runstone.cli.main",
            "export",
            "--store",
            str(realistic["store"]),
            "--html",
            str(target),
        ]
        subprocess.run([*command, *arguments], check=True, env=environment(), capture_output=True)
        return target.as_uri()

    return write


def test_a_table_sorts_searches_and_marks_the_best(exported: Callable[..., str], open_page: Callable[..., Any]) -> None:
    watched = open_page(exported("-x", "digits-forest"))
    page = watched.page
    rows = page.get_by_test_id("runs").locator("tr")
    expect(rows).to_have_count(24)
    expect(page.locator("tr.best")).to_contain_text("★ forest-")
    assert violations_in_each_theme(page) == []
    page.get_by_role("button", name="accuracy").click()
    expect(page.get_by_role("columnheader", name="accuracy")).to_have_attribute("aria-sort", "descending")
    values = [re.sub("[^0-9.]", "", one) for one in page.locator("[data-testid=runs] td:nth-child(4)").all_inner_texts()]
    numbers = [float(one) for one in values if one]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) > 15
    page.get_by_role("searchbox").fill("max_depth=10 accuracy>0.9")
    expect(page.get_by_role("status")).to_have_text("9 of 24 runs")
    assert watched.requests == [page.url]
    assert page.title() == "24 runs of digits-forest", "nothing in the data was executed"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440


def test_a_run_with_its_spike_and_a_comparison(
    exported: Callable[..., str], realistic: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    page = open_page(exported(realistic["deep"]), width=320).page
    expect(page.get_by_test_id("metrics")).to_contain_text("1235 at 7321")
    chart = page.locator("[data-chart='train/loss']")
    expect(chart.locator("text", has_text=re.compile("^1,000$"))).to_be_visible()
    expect(page.locator("[data-chart=all_nan]")).to_contain_text("12 points, none of them a number")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    chart.scroll_into_view_if_needed()
    box = chart.locator("svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 40)
    page.mouse.up()
    expect(chart.locator("text", has_text=re.compile("^1,000$"))).to_have_count(0)
    chart.locator("svg").dblclick()
    expect(chart.locator("text", has_text=re.compile("^1,000$"))).to_be_visible()
    page = open_page(exported(*realistic["runs"][:6], realistic["hostile"]), "dark").page
    expect(page.get_by_test_id("verdict")).to_contain_text("max_depth")
    expect(page.get_by_test_id("params").first).to_contain_text("onerror")
    expect(page.get_by_test_id("metrics")).to_contain_text("★")
    assert violations(page) == []


def test_the_screen_saves_what_it_shows(
    server: Any, realistic: dict[str, Any], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(
        f"{server.url}/experiments/{realistic['experiment']}/runs?q=params.max_depth+=+'5'&sort=-metrics.accuracy"
    ).page
    page.get_by_test_id("run-row").first.wait_for()
    first = page.get_by_test_id("run-row").first.inner_text()
    page.get_by_role("button", name="Share").click()
    with page.expect_download() as waiting:
        page.get_by_role("menuitem", name="Save as one HTML file").click()
    target = tmp_path / waiting.value.suggested_filename
    assert target.name == "9-runs-of-digits-forest.html"
    waiting.value.save_as(target)
    found = json.loads(re.findall(r'id="runstone-data">(.*?)</script', target.read_text("utf-8"), re.DOTALL)[0])
    assert len(found["runs"]) == 9
    assert found["runs"][0]["name"] in first
    page.goto(f"{server.url}/models")
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("menuitem", name="Print")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Save as one HTML file")).to_have_count(0)


def test_a_notebook_shows_it_in_a_frame(exported: Callable[..., str], open_page: Callable[..., Any], tmp_path: Path) -> None:
    source = Path(exported("-x", "digits-forest").removeprefix("file://")).read_text("utf-8")

    frame = (
        f'<iframe title="runs" srcdoc="{escape(source)}" sandbox="allow-scripts allow-downloads" style="width:100%"></iframe>'
    )
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!doctype html><title>notebook</title><body>{frame}</body>", "utf-8")
    page = open_page(notebook.as_uri()).page
    expect(page.frame_locator("iframe").get_by_test_id("runs").locator("tr")).to_have_count(24)
    assert page.title() == "notebook"
