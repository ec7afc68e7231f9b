"""The table that people live in: what it shows unasked, sorting, filtering, choosing, by mouse and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import Held, violations_in_each_theme


@pytest.fixture
def table(server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> Callable[..., Any]:
    """Open the runs of the realistic experiment: ``table("?sort=…")``; the page, once rows are there."""

    def start(query: str = "", **look: Any) -> Any:
        page = open_page(f"{server.url}/experiments/{realistic['experiment']}/runs{query}", **look).page
        page.get_by_test_id("run-row").first.wait_for()
        return page

    return start


def heads(page: Any) -> list[str]:
    return [head.get_attribute("data-column") for head in page.locator("[role=columnheader]").all()]


def column(page: Any, name: str) -> list[str]:
    """What is written in a column, from the top, gaps to the best left out."""
    cells = page.locator(f"[data-testid=run-row] [data-column='{name}']")
    texts = cells.evaluate_all("cells => cells.map(c => [Number(c.parentElement.ariaRowIndex), c.firstChild.textContent])")
    return [text for _, text in sorted(texts)]


def names(page: Any) -> list[str]:
    return list(page.locator("[data-testid=run-row] [data-column=name] a").all_text_contents())


def expect(thing: Any) -> Any:
    from playwright.sync_api import expect as look

    return look(thing)


def test_first_look_shows_what_differs_and_the_metrics(table: Callable[..., Any]) -> None:
    page = table()
    shown = heads(page)
    assert {"params.max_depth", "params.n_estimators", "params.seed", "metrics.val/loss", "metrics.accuracy"} <= set(shown)
    assert "params.dataset" not in shown
    assert shown.index("params.seed") < shown.index("metrics.val/loss") < shown.index("metrics.accuracy")
    expect(page.get_by_test_id("run-count")).to_have_text("24 runs")
    page.get_by_role("button", name=re.compile("param.* equal")).click()
    expect(page.get_by_role("dialog")).to_contain_text("digits")


def test_best_run_is_marked_and_others_say_how_far(table: Callable[..., Any]) -> None:
    page = table()
    best = page.locator("[data-testid=run-row][data-best]")
    expect(best).to_have_count(1)
    expect(best.locator("[data-column=name]")).to_contain_text("★")
    losses = {
        name: float(text) for name, text in zip(names(page), column(page, "metrics.val/loss"), strict=True) if text != "–"
    }
    assert min(losses, key=lambda name: losses[name]) == best.locator("[data-column=name] a").inner_text()
    other = page.locator("[data-testid=run-row]:not([data-best])", has_text="forest-200-10-0")
    expect(other.locator("[data-column='metrics.val/loss']")).to_contain_text("%")


def test_best_follows_the_filter(table: Callable[..., Any]) -> None:
    page = table("?q=params.n_estimators+%3D+'200'")
    expect(page.get_by_test_id("run-count")).to_have_text("6 of 24")
    expect(page.locator("[data-testid=run-row][data-best]")).to_have_count(1)


def test_a_click_sorts_and_the_address_says_so(table: Callable[..., Any]) -> None:
    page = table()
    head = page.locator("[role=columnheader][data-column='metrics.accuracy']")
    head.click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert "sort=-metrics.accuracy" in page.url
    page.locator("[aria-rowindex='2'] [data-column='metrics.accuracy']").filter(has_text="0.98").wait_for()
    values = [text for text in column(page, "metrics.accuracy")]
    numbers = [float(text) for text in values if text not in ("–", "NaN")]
    assert numbers == sorted(numbers, reverse=True)
    assert values[-2:] in (["NaN", "–"], ["–", "NaN"]), "what is no number comes last"
    page.locator("[role=columnheader][data-column='params.seed']").click(modifiers=["Shift"])
    expect(page.locator("[role=columnheader][data-column='params.seed']")).to_have_attribute("aria-sort", "ascending")
    assert "sort=-metrics.accuracy,params.seed" in page.url
    page.go_back()
    expect(page.locator("[role=columnheader][data-column='params.seed']")).to_have_attribute("aria-sort", "none")


def test_filter_while_typing_with_true_counts(table: Callable[..., Any]) -> None:
    page = table()
    page.keyboard.press("/")
    page.keyboard.type("metrics.accuracy > 0.97 and params.max_depth = '10'")
    expect(page.get_by_test_id("run-count")).to_have_text(re.compile(r"^\d+ of 24$"))
    expect(page.get_by_test_id("run-row")).not_to_have_count(24)
    assert all(float(text) > 0.97 for text in column(page, "metrics.accuracy"))
    assert "q=metrics.accuracy" in page.url
    page.get_by_role("button", name="Clear the filter").click()
    expect(page.get_by_test_id("run-count")).to_have_text("24 runs")


def test_a_filter_that_comes_at_once_is_asked_for_at_once(table: Callable[..., Any]) -> None:
    page = table(fresh=True)
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))  # so that no pause ends
    with page.expect_request("**/runs/table") as asked:
        page.get_by_test_id("filter-input").fill("params.max_depth = '10'")
    assert asked.value.post_data_json["filter"] == "params.max_depth = '10'"
    page.clock.resume()
    expect(page.get_by_test_id("run-count")).to_contain_text(" of ")


def test_rows_are_drawn_again_by_their_answer_alone(table: Callable[..., Any]) -> None:
    page = table()
    held = Held(page, re.compile(r"/runs/(table|equal)"), "POST")
    page.evaluate("""() => {
        window.touched = 0;
        new MutationObserver(all => { window.touched += all.length; }).observe(
            document.querySelector("[data-testid=runs-grid] [role=rowgroup]:last-child"),
            { subtree: true, childList: true, attributes: true, characterData: true });
    }""")
    page.get_by_test_id("filter-input").fill("params.max_depth = '10'")
    held.arrived()
    expect(page.get_by_test_id("runs-grid")).to_have_attribute("aria-busy", "true")
    assert page.evaluate("window.touched") == 0
    held.release()
    expect(page.get_by_test_id("runs-grid")).to_have_attribute("aria-busy", "false")
    assert page.evaluate("window.touched") > 0


def test_a_name_opens_in_a_tab_of_its_own_where_that_is_meant(table: Callable[..., Any]) -> None:
    page = table()
    name = page.get_by_test_id("run-row").first.locator("[data-column=name] a")
    run = page.get_by_test_id("run-row").first.get_attribute("data-run")
    with page.context.expect_page() as tab:
        name.click(modifiers=["Control"])
    tab.value.wait_for_url(f"**/runs/{run}")
    assert "/experiments/" in page.url
    name.click()
    expect(page).to_have_url(re.compile(f"/runs/{run}$"))


def test_filter_completes_keys(table: Callable[..., Any]) -> None:
    page = table()
    field = page.get_by_test_id("filter-input")
    field.click()
    page.keyboard.type("metrics.acc")
    expect(page.get_by_role("option")).to_have_text(re.compile("metrics.accuracy"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value("metrics.accuracy ")
    expect(page.get_by_role("option").first).to_have_text("=")


def test_wrong_filter_marks_the_place_and_keeps_the_rows(
    server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    watched = open_page(f"{server.url}/experiments/{realistic['experiment']}/runs")
    page = watched.page
    page.get_by_test_id("run-row").first.wait_for()
    page.get_by_test_id("filter-input").fill("metrics.accuracy >> 0.5")
    expect(page.get_by_role("alert")).to_contain_text("comparator")
    marked = page.locator("[data-wrong] span[class*=error]")
    expect(marked).to_have_text(">>")
    expect(page.get_by_test_id("runs-grid")).to_have_attribute("aria-busy", "false")
    assert page.get_by_test_id("run-row").count() == 24
    page.get_by_test_id("filter-input").fill("metrics.accuracy > 0.5")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_test_id("run-count")).to_contain_text("of 24")
    assert all("400" in mishap for mishap in watched.mishaps)
    watched.mishaps.clear()


def test_filter_that_fits_nothing_says_so(table: Callable[..., Any]) -> None:
    page = table()
    page.get_by_test_id("filter-input").fill("metrics.accuracy > 2 and params.seed = '1'")
    expect(page.get_by_role("heading", name="No run matches")).to_be_visible()
    page.get_by_role("button", name="6 runs without").click()
    expect(page.get_by_test_id("run-count")).to_have_text("6 of 24")
    expect(page.get_by_test_id("filter-input")).to_have_value("params.seed = '1'")
    page.get_by_test_id("filter-input").fill("metrics.acuracy > 0.1 and metrics.seed = 1")
    expect(page.get_by_test_id("slip")).to_have_text(
        [re.compile("No run here has metrics.acuracy"), re.compile("metrics.seed.*params.seed")]
    )
    page.get_by_test_id("slip").get_by_role("button", name="metrics.accuracy").click()
    expect(page.get_by_test_id("filter-input")).to_have_value("metrics.accuracy > 0.1 and metrics.seed = 1")


def test_why_a_run_failed_is_in_the_table(table: Callable[..., Any]) -> None:
    row = table().locator("[data-testid=run-row]", has_text="too-deep")
    expect(row.locator("[data-column=status]")).to_contain_text("Failed")
    expect(row.locator("[data-column=status]")).to_contain_text("max_depth must be positive")


def test_columns_are_chosen_by_search(table: Callable[..., Any]) -> None:
    page = table()
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("button", name="Params", exact=True).click()
    page.get_by_role("searchbox", name="Search keys").fill("data")
    page.get_by_role("checkbox", name=re.compile("dataset")).click()
    expect(page.locator("[role=columnheader][data-column='params.dataset']")).to_have_count(1)
    assert "cols=" in page.url
    page.get_by_role("button", name="Default").click()
    expect(page.locator("[role=columnheader][data-column='params.dataset']")).to_have_count(0)
    assert "cols=" not in page.url


def test_another_statistic_of_a_metric(table: Callable[..., Any]) -> None:
    page = table("?cols=metrics.train/loss")
    page.locator("[role=columnheader][data-column='metrics.train/loss']").click(button="right")
    page.get_by_role("menuitemradio", name="max").click()
    expect(page.locator("[role=columnheader][data-column='metrics.train/loss:max']")).to_contain_text("max")
    deep = page.locator("[data-testid=run-row]", has_text="deep-dive")
    expect(deep.locator("[data-column='metrics.train/loss:max']")).to_have_text("1235")


def test_a_link_reproduces_the_view(table: Callable[..., Any]) -> None:
    query = "?q=metrics.accuracy+>+0.95&sort=metrics.fit_seconds&cols=params.seed,metrics.fit_seconds,metrics.val/loss:min"
    page = table(query)
    flowing = ["params.seed", "metrics.fit_seconds", "metrics.val/loss:min"]
    assert heads(page) == ["select", "name", "status", "started", "took", *flowing]
    times = [float(text) for text in column(page, "metrics.fit_seconds")]
    assert times == sorted(times)


def test_keyboard_alone(table: Callable[..., Any]) -> None:
    page = table()
    grid = page.get_by_test_id("runs-grid")
    grid.focus()
    page.keyboard.press("End")
    active = grid.get_attribute("aria-activedescendant") or ""
    expect(page.locator(f"#{active}")).to_be_in_viewport()
    assert page.locator(f"#{active}").evaluate("c => c.closest('[role=row]').ariaRowIndex") == "25"
    page.keyboard.press("Home")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(page.get_by_role("region", name="Selected runs")).to_contain_text("2 selected")
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Selected runs")).to_have_count(0)
    page.keyboard.press("*")
    best = page.locator("[data-testid=run-row][data-best]")
    row = int(best.get_attribute("aria-rowindex") or 0) - 2
    expect(grid).to_have_attribute("aria-activedescendant", re.compile(f"^cell-{row}-"))
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("metric-row").first).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(page.get_by_test_id("experiment-row").first).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()


def test_selected_runs_are_compared(table: Callable[..., Any]) -> None:
    page = table("?sort=-metrics.accuracy")
    for row in (2, 3):
        page.locator(f"[aria-rowindex='{row}'] [data-column=select]").click()
    assert "sel=" in page.url
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare 2 runs")
    metrics = page.locator("[data-testid=compare-table][data-part=metrics]")
    expect(metrics).to_contain_text("★")
    expect(metrics).to_contain_text("baseline")
    assert page.locator("[data-testid=compare-table][data-part=params]").inner_text().count("gini") == 0, (
        "equal params are folded"
    )


def test_a_comparison_opens_on_whether_it_is_better(table: Callable[..., Any]) -> None:
    page = table("?q=params.max_depth%20IN%20('5'%2C'10')%20AND%20params.n_estimators%20%3D%20'100'&sort=attributes.run_name")
    expect(page.get_by_test_id("run-row")).to_have_count(6)
    for row in range(2, 8):
        page.locator(f"[aria-rowindex='{row}'] [data-column=select]").click()
    asked = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/compare") else None)
    page.get_by_role("button", name="Compare").click()
    verdict = page.get_by_test_id("verdict")
    expect(verdict).to_contain_text("Can't tell yet whether")
    expect(verdict).to_contain_text("max_depth=5")
    expect(verdict).to_contain_text("3 runs each")
    assert len(asked) == 1, "one question for all runs"
    verdict.get_by_label("by").select_option("train/loss")
    expect(verdict).to_contain_text("on train/loss")
    assert "metric=train" in page.url
    page.reload()
    expect(verdict).to_contain_text("on train/loss")


def test_trash_and_undo(table: Callable[..., Any]) -> None:
    page = table("?sort=attributes.run_name")
    for name in ("trial-0", "trial-1"):
        page.locator("[data-testid=run-row]", has_text=name).locator("[data-column=select]").click()
    page.get_by_role("button", name="Move to trash").click()
    expect(page.get_by_test_id("run-count")).to_have_text("22 runs")
    page.get_by_role("button", name="Trash", exact=True).click()
    expect(page.get_by_test_id("run-row")).to_have_count(2)
    page.go_back()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_test_id("run-count")).to_have_text("24 runs")


def test_hostile_names_are_text(table: Callable[..., Any]) -> None:
    page = table()
    row = page.locator("[data-testid=run-row]", has_text="<img src=x")
    expect(row).to_have_count(1)
    assert page.locator("img").count() == 0
    assert "owned" not in page.title()


def test_the_filter_is_built_from_rows_and_read_back_from_text(
    server: Any, realistic: dict[str, Any], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(f"{server.url}/experiments/{realistic['experiment']}/runs").page
    page.get_by_role("button", name="Build", exact=True).click()
    panel = page.get_by_role("dialog", name="Build the filter")
    panel.get_by_label("Field").fill("params.n_estimators")
    panel.get_by_label("Value").fill("200")
    text = page.get_by_test_id("filter-input")
    expect(text).to_have_value("params.n_estimators = '200'")
    expect(page.get_by_test_id("run-count")).to_have_text("6 of 24")
    panel.get_by_role("button", name="Add a condition").click()
    second = panel.get_by_role("group", name="Condition 2")
    second.get_by_label("Field").fill("metrics.accuracy")
    second.get_by_label("Operator").select_option("IS NULL")
    panel.get_by_label("Runs that meet").select_option("or")
    expect(text).to_have_value("params.n_estimators = '200' or metrics.accuracy IS NULL")
    page.screenshot(path=tmp_path / "builder.png")
    assert violations_in_each_theme(page, within="[role=dialog]") == []
    second.get_by_role("button", name="Remove condition 2").click()
    expect(text).to_have_value("params.n_estimators = '200'")
    page.keyboard.press("Escape")
    text.fill("params.n_estimators != '200' and min(metrics.accuracy) > 0")
    expect(page).to_have_url(re.compile("min"))
    page.get_by_role("button", name="Build", exact=True).click()
    expect(panel.get_by_label("Operator")).to_have_value("!=")
    expect(panel).to_contain_text("min(metrics.accuracy) > 0")


@pytest.mark.parametrize("late", ["table", "equal"])
def test_columns_fold_away_with_the_rows_of_a_filter(table: Callable[..., Any], late: str) -> None:
    """Whichever answer comes last: nothing moves under rows of an older question, and no row waits for long."""
    page = table("?sort=attributes.run_name")
    seed = page.locator("[role=columnheader][data-column='params.seed']")
    expect(seed).to_be_visible()
    held: list[Any] = []
    page.route(re.compile(f"/runs/{late}$"), lambda route: held.append(route))
    page.get_by_test_id("filter-input").fill("params.seed = '1'")
    if late == "equal":
        expect(page.get_by_test_id("run-count")).to_contain_text(" of 24")
        expect(seed).to_be_visible()
    else:
        page.wait_for_timeout(500)
        expect(page.get_by_test_id("run-count")).to_have_text("…")
        expect(seed).to_be_visible()
    for one in held:
        one.continue_()
    expect(seed).to_have_count(0)
    expect(page.get_by_test_id("run-count")).to_contain_text(" of 24")


def test_a_cell_says_all_of_it_when_pointed_at(table: Callable[..., Any]) -> None:
    page = table("?sort=attributes.run_name")
    cell = page.locator("[aria-rowindex='3'] [data-column='metrics.accuracy']")
    expect(cell).not_to_have_attribute("title", re.compile("."))
    cell.hover()
    expect(cell).to_have_attribute("title", re.compile(r"^[01]\.\d+$"))
    page.get_by_test_id("filter-input").hover()
    expect(cell).not_to_have_attribute("title", re.compile("."))
    cell.click()
    page.get_by_test_id("filter-input").hover()
    expect(cell).to_have_attribute("title", re.compile(r"^[01]\.\d+$"))
