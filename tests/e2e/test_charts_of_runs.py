"""Charts that a person adds: points, parallel axes, boxes, bars, surfaces, importance, expressions; kept in the address."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import curves
import pytest
from browsing import AXE, Server, violations
from playwright.sync_api import expect
from test_charts_panel import chart

PARALLEL = "parallel;k=params.lr|params.optimizer|params.depth|metrics.accuracy;z=metrics.accuracy;h=320"
ALL = [
    "scatter;x=params.lr;y=metrics.accuracy;z=metrics.seconds;t=1", PARALLEL, "box;y=metrics.accuracy;x=params.depth",
    "violin;y=metrics.accuracy;x=params.optimizer", "contour;x=params.depth;y=metrics.seconds;z=metrics.accuracy",
    "bar;y=metrics.accuracy", "bar;y==metrics.accuracy * 100;x=params.lr", "importance;y=metrics.accuracy",
    "line;y==`train/loss` - `val/loss`",
]  # fmt: skip


def with_charts(*charts: str, more: str = "") -> str:
    return f"?panel=charts&fold=-,train,val{more}&chart={quote(','.join(charts))}"


def kind(page: Any, name: str) -> Any:
    return page.locator(f"[data-testid=chart][data-kind={name}]")


def test_a_chart_is_added_with_axes_that_tell_something(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("few", "?panel=split")).page
    page.get_by_role("button", name="Chart", exact=True).click()
    page.get_by_role("menuitem", name="Scatter").click()
    expect(kind(page, "scatter")).to_have_attribute("data-points", str(curves.FEW))
    expect(page).to_have_url(re.compile(r"chart=scatter.*params\.(depth|lr|optimizer)"))
    name = kind(page, "scatter").get_attribute("data-chart")
    assert "seed" not in name
    page.get_by_role("button", name=f"More of {name}").click()
    page.get_by_label("Colour").select_option("metrics.seconds")
    page.get_by_label("x", exact=True).select_option("params.lr")
    expect(page).to_have_url(re.compile(r"z(=|%3D)metrics.seconds"))
    page.keyboard.press("Escape")
    page.reload()
    expect(page.get_by_role("region", name=re.compile("against lr"))).to_be_visible()
    page.go_back()


def test_a_brush_over_points_filters_the_table(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("few", "?panel=split&fold=-,train,val&chart=scatter;x=params.lr;y=metrics.accuracy")).page
    points = kind(page, "scatter")
    points.wait_for()
    box = points.bounding_box()
    page.mouse.move(box["x"] + 62, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60, steps=3)
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + box["height"] * 0.45, steps=3)
    page.mouse.up()
    count = page.get_by_test_id("run-count")
    expect(count).to_have_text(re.compile(rf"^(?!{curves.FEW})\d+ of {curves.FEW}$"))
    matched = int(count.inner_text().split()[0])
    assert 0 < matched < curves.FEW
    expect(page.get_by_test_id("filter-input")).to_have_value(
        re.compile(r"metrics\.accuracy >= 0\.\d+ and metrics\.accuracy <= ")
    )
    expect(points).to_have_attribute("data-inside", str(matched))
    expect(page.get_by_test_id("run-row")).to_have_count(matched)
    page.get_by_role("button", name=re.compile("^Reset the zoom")).click()
    expect(count).to_have_text(f"{curves.FEW} runs")


def test_parallel_axes_are_brushed_and_moved(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("few", with_charts(PARALLEL))).page
    lines = kind(page, "parallel")
    lines.wait_for()
    axes = page.locator("[data-axis]")
    box, last = lines.bounding_box(), axes.nth(3).bounding_box()
    x = last["x"] + last["width"] / 2
    page.mouse.move(x, box["y"] + 36)
    page.mouse.down()
    page.mouse.move(x, box["y"] + 80, steps=3)
    page.mouse.move(x, box["y"] + 120, steps=3)
    page.mouse.up()
    expect(page.get_by_test_id("filter-input")).to_have_value(re.compile("^metrics.accuracy >= "))
    expect(page.get_by_test_id("run-count")).to_have_text(re.compile(rf"^(?!{curves.FEW})\d+ of {curves.FEW}$"))
    matched = int(page.get_by_test_id("run-count").inner_text().split()[0])
    expect(lines).to_have_attribute("data-inside", str(matched))
    expect(lines).to_have_attribute("data-points", str(curves.FEW))
    # Categories, and the order, by the keyboard alone.
    axes.nth(1).press("Enter")
    page.get_by_role("checkbox", name="sgd").click()  # it is ticked once the address says so
    expect(page.get_by_test_id("filter-input")).to_have_value(re.compile(r"params.optimizer IN \('sgd'\)$"))
    page.get_by_role("button", name="Move left").click()
    expect(axes.first).to_have_text("optimizer")
    # By the mouse: the first axis beyond the second.
    first, second = axes.nth(0).bounding_box(), axes.nth(1).bounding_box()
    page.mouse.move(first["x"] + 10, first["y"] + 10)
    page.mouse.down()
    page.mouse.move(second["x"] + 30, second["y"] + 10, steps=4)
    page.mouse.move(second["x"] + second["width"] + 40, second["y"] + 10, steps=4)
    page.mouse.up()
    expect(axes.first).to_have_text("lr")


def test_every_kind_draws_what_there_is(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("few", with_charts(*ALL)), height=2400).page
    for name in ("scatter", "parallel", "violin", "contour"):
        expect(kind(page, name)).to_have_attribute("data-points", str(curves.FEW))
    expect(kind(page, "box")).to_have_attribute("data-groups", "5")
    expect(kind(page, "bar").nth(1)).to_have_attribute("data-points", "3")
    expect(kind(page, "bar").nth(1)).to_contain_text("n=7")
    expect(kind(page, "importance")).to_have_attribute(
        "aria-label", re.compile(r"explain \d+ % of the variance.*most of it lr")
    )
    expect(kind(page, "importance")).to_contain_text("p < 0.001")
    line = chart(page, "`train/loss` - `val/loss`")
    expect(line).to_have_attribute("data-series", str(curves.FEW))
    if AXE.exists():
        assert violations(page) == []
    assert page.evaluate("document.querySelectorAll('*').length") <= 3_000


def test_a_wrong_expression_is_told_where_it_is_written(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("few", with_charts("line;y==accuracy"))).page
    page.get_by_role("button", name="More of accuracy").first.click()
    field = page.get_by_label("Expression of Value")
    field.fill("fetch(1)")
    field.press("Enter")
    expect(page.get_by_text("There is no function fetch")).to_be_visible()
    field.fill("log(tokens + 1)")
    field.press("Enter")
    expect(chart(page, "log(tokens + 1)")).to_have_attribute("data-series", str(curves.FEW))


def test_charts_are_moved_resized_removed_and_brought_back(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("few", "?panel=charts&fold=train,val")).page
    names = page.get_by_test_id("charts-panel").locator("h3")
    expect(names).to_have_text(["accuracy", "seconds", "tokens"])
    page.locator("[data-grip=tokens]").drag_to(page.locator("[data-panel=accuracy]"))
    expect(names).to_have_text(["tokens", "accuracy", "seconds"])
    page.get_by_role("button", name="More of accuracy").click()
    page.get_by_label("Width").select_option("2")
    page.get_by_role("button", name="Earlier").click()
    expect(names).to_have_text(["accuracy", "tokens", "seconds"])
    wide, usual = (page.locator(f"[data-panel={name}]").bounding_box()["width"] for name in ("accuracy", "seconds"))
    assert wide > 1.8 * usual
    corner = page.locator("[data-corner=tokens]").bounding_box()
    page.mouse.move(corner["x"] + 8, corner["y"] + 8)
    page.mouse.down()
    page.mouse.move(corner["x"] + 8, corner["y"] + 140, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"m=tokens;h=384|m=tokens%3Bh=384"))
    page.get_by_role("button", name="More of seconds").click()
    page.get_by_role("button", name="Remove").click()
    expect(names).to_have_text(["accuracy", "tokens"])
    page.reload()
    expect(names).to_have_text(["accuracy", "tokens"])
    page.get_by_role("button", name="1 removed chart back").click()
    expect(names).to_have_text(["accuracy", "tokens", "seconds"])


@pytest.mark.parametrize(("which", "ending"), [(ALL[1], "SVG"), (ALL[0], "PNG"), (ALL[7], "CSV")])
def test_they_become_files_too(
    which: str, ending: str, drawn: Callable[..., str], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(drawn("few", with_charts(which)), theme="dark").page
    page.locator("[data-testid=chart][data-drawn=true]").first.wait_for()
    page.get_by_role("button", name=re.compile("^Save ")).first.click()
    with page.expect_download() as waiting:
        page.get_by_role("menuitem", name=ending).click()
    path = tmp_path / "file"
    waiting.value.save_as(path)
    if ending == "PNG":
        assert path.read_bytes().startswith(b"\x89PNG")
    elif ending == "SVG":
        text = path.read_text("utf-8")
        assert "var(" not in text
        assert all(f">{name}<" in text for name in ("lr", "optimizer", "depth", "accuracy", "sgd"))
    else:
        lines = path.read_text("utf-8").splitlines()
        assert lines[0].startswith("param,importance,low,high,correlation,correlation low")
        assert lines[1].startswith("lr,")


def test_a_link_to_what_is_not_there_says_so(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    gone = ("scatter;x=params.gone;y=metrics.accuracy", "line;y==gone + 1", "scatter;x==alert(1);y=metrics.accuracy", "pie;x=1")
    page = open_page(drawn("few", with_charts(*gone))).page
    expect(page.get_by_text("No run has both gone and accuracy")).to_be_visible()
    expect(page.get_by_text("No points in this range")).to_be_visible()
    expect(page.get_by_text("There is no function alert")).to_be_visible()
    expect(page.locator("[data-panel^=own]")).to_have_count(3)


def test_a_run_whose_value_is_no_number_is_shown_or_counted(
    server: Server, realistic: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    charts = with_charts("bar;y=metrics.accuracy", "scatter;x=metrics.accuracy;y=metrics.f1")
    page = open_page(f"{server.url}/experiments/{realistic['experiment']}/runs{charts}").page
    bars = kind(page, "bar").filter(has_text="deep-dive").first
    expect(bars.locator("text").last).to_have_text("NaN")  # at the end, whichever way is better
    expect(page.locator("section[aria-label='f1 against accuracy']")).to_contain_text("without 1 of NaN or ∞")
