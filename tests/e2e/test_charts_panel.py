"""Charts beside the table: all runs of the filter, true at every zoom, one selection with the table."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import curves
import pytest
from playwright.sync_api import expect


def chart(page: Any, name: str) -> Any:
    return page.locator(f"[data-testid=chart][data-chart='{name}'][data-drawn=true]")


def drag(page: Any, over: Any, start: float, end: float) -> None:
    """Along the middle of an element, from one share of its width to another."""
    box = over.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (start + end) / 2, y, steps=3)
    page.mouse.move(box["x"] + box["width"] * end, y, steps=3)
    page.mouse.up()


def test_all_filtered_runs_are_drawn_with_every_spike(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    watched = open_page(drawn("few", "?panel=split&find=train"))
    page = watched.page
    loss = chart(page, "train/loss")
    expect(loss).to_have_attribute("data-series", str(curves.FEW))
    peaks = [float(peak) for peak in loss.get_attribute("data-peaks").split(",")]
    assert sorted(peaks) == [curves.SPIKE + place for place in range(curves.FEW)]
    assert int(loss.get_attribute("data-points")) < curves.FEW * 1_000
    expect(page.get_by_test_id("runs-grid")).to_be_visible()
    assert sum("/runs/series" in url for url in watched.requests) == 1
    page.get_by_test_id("filter-input").fill("params.optimizer = 'sgd'")
    expect(loss).to_have_attribute("data-series", str(curves.FEW // 2))
    expect(page.get_by_test_id("charts-runs")).to_have_text("10 runs")
    # A wrong filter leaves rows and curves as they are; only the answer that says no is an error on the console.
    page.get_by_test_id("filter-input").fill("params.optimizer >> 1")
    expect(page.get_by_role("alert")).to_contain_text("is no comparator")
    expect(loss).to_have_attribute("data-series", str(curves.FEW // 2))
    watched.mishaps.clear()


def test_a_spike_among_a_hundred_thousand_steps_stays_at_every_zoom(
    drawn: Callable[..., str], open_page: Callable[..., Any]
) -> None:
    watched = open_page(drawn("few", "?panel=charts&find=train&q=run_name+%3D+'few-00'"))
    page = watched.page
    loss = chart(page, "train/loss")
    expect(loss).to_have_attribute("data-max", str(curves.SPIKE))
    loss.locator(".u-over").wait_for()
    for _ in range(3):
        before = page.url
        watched.requests.clear()
        drag(page, loss.locator(".u-over"), 0.1, 0.95)
        expect(page).not_to_have_url(before)
        expect(loss).to_have_attribute("data-max", str(curves.SPIKE))
        assert "zoom=" in page.url
    # Far in, around the step itself: the points are those that were logged, one by one.
    page.goto(drawn("few", f"?panel=charts&find=train&q=run_name+%3D+'few-00'&zoom={spike_step() - 40},{spike_step() + 40}"))
    expect(loss).to_have_attribute("data-max", str(curves.SPIKE))
    expect(loss).to_have_attribute("data-points", re.compile(r"^[1-4]?\d\d$"))
    loss.focus()
    page.keyboard.press("0")
    expect(page).not_to_have_url(re.compile("zoom="))


def spike_step() -> int:
    import numpy as np

    records = curves.few("1", np.random.default_rng(3))
    loss = next(np.frombuffer(one.values, "<f8") for one in records if isinstance(one, curves.Metrics))
    return int(loss.argmax())


def test_many_runs_are_a_band_with_the_selected_on_top(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("many", "?panel=split")).page
    loss = chart(page, "loss")
    expect(loss).to_have_attribute("data-bands", "1")
    expect(loss).to_have_attribute("data-runs", str(curves.MANY))
    expect(loss).to_have_attribute("data-max", str(curves.SPIKE))
    page.locator("[data-testid=run-row]", has_text="many-40").locator("[data-column=select]").click()
    expect(loss).to_have_attribute("data-lit", "1")
    expect(loss).to_have_attribute("data-series", "1")
    page.locator("[data-testid=run-row]", has_text="many-30").hover()
    expect(loss).to_have_attribute("data-lit", "2")
    page.get_by_role("button", name="Axes and groups").click()
    page.get_by_label("Group by param").select_option("params.lr")
    expect(loss).to_have_attribute("data-bands", "4")
    page.get_by_label("Runs drawn").select_option("mean")
    expect(page).to_have_url(re.compile(r"draw=mean.*by=params.lr|by=params.lr.*draw=mean"))
    page.get_by_label("Runs drawn").select_option("lines")
    expect(loss).to_have_attribute("data-series", str(curves.MANY))
    # Into the stretch around the spike, and into one without it: the band says the truth of both.
    page.goto(drawn("many", "?panel=charts&zoom=110,130"))
    expect(loss).to_have_attribute("data-max", str(curves.SPIKE))
    page.goto(drawn("many", "?panel=charts&zoom=130,150"))
    expect(loss).to_have_attribute("data-max", re.compile(r"^0\."))


def test_a_chart_lights_up_its_run_in_the_table(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("few", "?panel=split&find=loss")).page
    chart(page, "train/loss").wait_for()
    over = chart(page, "val/loss").locator(".u-over")
    box = over.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2 + 2)
    expect(page.locator("[data-lit-row]")).to_have_count(1)
    # One cursor for all charts: what the others say there is to be read too.
    expect(chart(page, "train/loss").get_by_text(re.compile(r"^step \d+"))).to_be_visible()
    name = page.locator("[data-lit-row] a").inner_text()
    expect(chart(page, "val/loss").locator("[data-nearest]")).to_contain_text(name)
    values = chart(page, "val/loss").locator("b").all_inner_texts()
    numbers = [float(text) for text in values]
    assert numbers == sorted(numbers, reverse=True)


def test_sections_fold_and_can_be_searched(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("few", "?panel=charts")).page
    fold = page.get_by_role("button", name=re.compile(r"^train \d"))
    chart(page, "train/loss").wait_for()
    fold.click()
    expect(page.locator("[data-chart='train/loss']")).to_have_count(0)
    page.reload()
    expect(fold).to_have_attribute("aria-expanded", "false")
    page.get_by_label("Search metrics").fill("acc")
    expect(page.get_by_test_id("charts-panel").locator("h3")).to_have_text(["accuracy"])


def test_outliers_are_cut_by_choice_and_said(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("few", "?panel=charts&find=train&clip=1&smooth=gauss:20&log=x")).page
    loss = chart(page, "train/loss")
    expect(loss).to_have_attribute("data-clipped", str(curves.FEW))
    note = page.get_by_role("button", name="points above")
    expect(note).to_contain_text("20 points above, up to 1,254".replace("1,254", "1254"))
    note.click()
    expect(note).to_have_count(0)
    assert "clip=" not in page.url


def test_other_axes(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("few", "?panel=charts&find=val")).page
    for x in ("relative", "time", "metrics.tokens"):
        chart(page, "val/loss").wait_for()
        page.get_by_label("x axis").select_option(x)
        expect(chart(page, "val/loss")).to_have_attribute("data-series", str(curves.FEW))
        assert f"x={x}" in page.url


def test_keys_show_data_and_full_size(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("few", "?panel=charts&find=val")).page
    loss = chart(page, "val/loss")
    expect(loss).to_have_attribute(
        "aria-label", re.compile(r"^val/loss, 20 runs, lowest [\d.e−]+ in few-\d\d at step \d+, highest")
    )
    loss.focus()
    page.keyboard.press("ArrowRight")
    expect(loss).to_contain_text("step")
    page.keyboard.press("d")
    expect(page.get_by_role("region", name="Data of the chart")).to_contain_text("few-19")
    page.get_by_role("button", name="Chart of val/loss").focus()
    page.keyboard.press("d")
    loss.focus()
    page.keyboard.press("f")
    expect(page.get_by_role("dialog", name="val/loss")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="val/loss")).to_have_count(0)
    expect(loss).to_be_visible()
    loss.focus()  # a key that is pressed while the focus is on its way back from the dialog goes nowhere
    page.keyboard.press("v")
    expect(page.get_by_test_id("runs-grid")).to_be_visible()


@pytest.mark.parametrize("kind", ["PNG", "SVG", "CSV"])
def test_a_chart_becomes_a_file(kind: str, drawn: Callable[..., str], open_page: Callable[..., Any], tmp_path: Path) -> None:
    page = open_page(drawn("few", "?panel=charts&find=val"), theme="dark").page
    chart(page, "val/loss").wait_for()
    page.get_by_role("button", name="Save val/loss").click()
    with page.expect_download() as waiting:
        page.get_by_role("menuitem", name=kind).click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    assert path.name == f"val-loss.{kind.lower()}"
    content = path.read_bytes()
    if kind == "PNG":
        assert content.startswith(b"\x89PNG")
        assert int.from_bytes(content[16:20], "big") == 640 * 3
    elif kind == "SVG":
        text = content.decode()
        assert "var(" not in text
        assert 'fill="#fff' in text
        assert all(f"few-{place:02}" in text for place in range(curves.FEW))
    else:
        rows = content.decode().splitlines()
        assert rows[0] == "run,step,value"
        assert len(rows) == 1 + curves.FEW * 200


def test_many_runs_of_one_value_each_are_a_distribution(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("few", "?panel=charts&find=acc&draw=band&by=params.lr")).page
    values = page.locator("[data-testid=chart][data-kind=violin]")
    expect(values).to_have_attribute("data-groups", "3")
    expect(values).to_have_attribute("data-points", str(curves.FEW))
    expect(page.get_by_test_id("charts-panel").locator("h3")).to_have_text(["accuracy"])


def test_charts_follow_the_groups_of_the_table(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page("about:blank").page
    with page.expect_request(lambda request: "runs/bands" in request.url) as asked:
        page.goto(drawn("many", "?panel=split&group=auto"))
    assert (asked.value.post_data_json["group"], asked.value.post_data_json["kind"]) == (["params.lr"], "mean")
    expect(chart(page, "loss")).to_have_attribute("data-bands", "4")
    page.get_by_role("button", name="Axes and groups").click()
    page.get_by_role("combobox", name="Runs drawn").select_option("lines")
    expect(chart(page, "loss")).to_have_attribute("data-series", str(curves.MANY))


def test_more_runs_than_can_be_told_apart_are_a_band(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    ids = [uuid.UUID(int=1000 + place).hex for place in range(curves.MANY)]
    address = drawn("many").partition("/experiments/")[0]
    page = open_page(f"{address}/compare?runs={','.join(ids)}&find=loss").page
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Compare {curves.MANY} runs")
    expect(chart(page, "loss")).to_have_attribute("data-bands", "1")
    page.get_by_role("combobox", name="Runs drawn").select_option("lines")
    expect(chart(page, "loss")).to_have_attribute("data-series", str(curves.MANY))


def test_a_chart_of_nothing_says_so(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    panel = open_page(drawn("few", "?panel=charts&chart=scatter,bar")).page.get_by_test_id("charts-panel")
    expect(panel.get_by_text("Nothing is chosen to be drawn.")).to_have_count(2)
    expect(panel.get_by_text("Scatter", exact=True)).to_be_visible()
