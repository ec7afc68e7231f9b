"""What is changed from the runs table: names, notes, tags, colours, what is hidden; undone, refused, by the keyboard."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Server, environment, take_back, violations, violations_in_each_theme

SEED = """
import runstone
runstone.set_tracking_uri("store")
runstone.set_experiment("edits")
for number in range(4):
    with runstone.start_run(run_name=f"run-{number}"):
        runstone.log_param("lr", number)
        runstone.set_tag("team", "vision")
        for step in range(3):
            runstone.log_metric("loss", number + step, step=step)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("edits")
    subprocess.run([sys.executable, "-c", SEED], cwd=folder, env=environment(), check=True)
    running = Server(Path(folder) / "store").start()
    yield running
    running.stop()


@pytest.fixture
def table(site: Server, open_page: Callable[..., Any]) -> Callable[..., Any]:
    def start(query: str = "?sort=attributes.run_name", theme: str = "light") -> Any:
        page = open_page(f"{site.url}/experiments/1/runs{query}", theme).page
        page.get_by_test_id("run-row").first.wait_for()
        return page

    return start


def expect(thing: Any) -> Any:
    from playwright.sync_api import expect as look

    return look(thing)


def names(page: Any) -> Any:
    return page.locator("[data-testid=run-row] [data-column=name] a")


def test_a_run_is_renamed_in_its_cell_and_undone(table: Callable[..., Any]) -> None:
    page = table()
    grid, field = page.get_by_test_id("runs-grid"), page.get_by_label("Name of the run")
    grid.focus()
    page.keyboard.press("F2")
    expect(field).to_have_value("run-0")
    assert violations_in_each_theme(page) == []
    page.keyboard.type("gone")
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    expect(names(page).first).to_have_text("run-0")
    page.keyboard.press("F2")  # the keys are in the grid again
    field.fill("")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("A run has a name")
    field.fill("run-0 the first")
    page.keyboard.press("Enter")
    expect(names(page).first).to_have_text("run-0 the first")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.reload()
    expect(names(page).first).to_have_text("run-0 the first")
    grid.focus()
    page.keyboard.press("F2")
    field.fill("run-0")
    page.keyboard.press("F2")
    expect(names(page).first).to_have_text("run-0")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        page.keyboard.press("Control+z")
    expect(names(page).first).to_have_text("run-0 the first")
    page.keyboard.press("F2")
    expect(field).to_have_value("run-0 the first")
    field.fill("run-0")
    names(page).nth(3).locator("xpath=../..").locator("[data-column=status]").click()  # leaving saves
    expect(names(page).first).to_have_text("run-0")


def test_tags_and_notes_are_written_in_their_cells(table: Callable[..., Any]) -> None:
    page = table("?sort=attributes.run_name&cols=tags.team,tags.mlflow.note.content")
    team = page.locator("[data-testid=run-row] [data-column='tags.team']")
    note = page.locator("[data-testid=run-row] [data-column='tags.mlflow.note.content']")
    note.first.dblclick()
    page.get_by_label("Tag mlflow.note.content").fill("two\nlines")
    page.keyboard.press("Enter")
    expect(note.first).to_have_attribute("title", "two\nlines")
    team.nth(1).click()
    page.keyboard.press("Enter")
    page.get_by_label("Tag team").fill("")
    page.keyboard.press("Enter")
    expect(team).to_have_text(["vision", "–", "vision", "vision"])
    expect(page.get_by_test_id("runs-grid")).to_be_focused()
    take_back(page, "Removed team")
    expect(team).to_have_text(["vision"] * 4)
    note.first.click()
    page.keyboard.press("F2")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(note.first).to_have_text("–")


def test_several_runs_are_tagged_at_once(table: Callable[..., Any]) -> None:
    page = table("?sort=attributes.run_name&cols=tags.team")
    cells = page.locator("[data-testid=run-row] [data-column='tags.team']")
    page.get_by_test_id("runs-grid").focus()
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("t")
    box = page.get_by_role("dialog", name="Tag 2 runs")
    box.get_by_label("Key").fill("team")
    box.get_by_label("Value").fill("speech")
    assert violations_in_each_theme(page) == []
    box.get_by_role("button", name="Set").click()
    expect(cells).to_have_text(["speech", "speech", "vision", "vision"])
    page.get_by_role("button", name="Undo").click()
    expect(cells).to_have_text(["vision"] * 4)


def test_a_run_looks_the_same_everywhere_also_with_a_colour_of_its_own(table: Callable[..., Any], site: Server) -> None:
    page = table()
    dot = page.locator("[aria-rowindex='2'] [data-column=name] .run-dot")
    look = {name: dot.get_attribute(name) or "" for name in ("style", "data-mark")}
    assert "var(--run-" in look["style"]
    names(page).first.click()
    for name, value in look.items():
        expect(page.locator("h1 .run-dot")).to_have_attribute(name, value)
    page.go_back()
    page.get_by_test_id("runs-grid").focus()
    page.keyboard.press("C")
    page.get_by_role("dialog").get_by_label("Colour 8").check()
    assert violations(page) == []
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(dot).to_have_attribute("style", "--of: var(--run-7);")
    names(page).first.click()
    expect(page.locator("h1 .run-dot")).to_have_attribute("style", "--of: var(--run-7);")
    page.goto(site.url)
    expect(page.get_by_test_id("recent-run").locator("[style='--of: var(--run-7);']")).to_have_count(1)


def test_hidden_runs_are_out_of_the_count_and_the_winner(table: Callable[..., Any]) -> None:
    page = table()
    expect(page.locator("[data-best] [data-column=name]")).to_contain_text("run-0")
    page.get_by_test_id("runs-grid").focus()
    page.keyboard.press("h")
    expect(page.get_by_test_id("run-count")).to_have_text("3 of 4")
    assert "hide=" in page.url
    expect(page.locator("[data-best] [data-column=name]")).to_contain_text("run-1")
    page.reload()
    expect(page.get_by_test_id("run-count")).to_have_text("3 of 4")
    page.get_by_test_id("filter-input").fill("params.lr = '3' or params.lr = '0'")
    expect(page.get_by_test_id("run-count")).to_have_text("1 of 4")
    page.get_by_role("button", name="Show 1 hidden").click()
    expect(page.get_by_test_id("run-count")).to_have_text("2 of 4")


def test_the_statistic_of_a_column_goes_on_and_sorting_follows(table: Callable[..., Any]) -> None:
    page = table("?cols=metrics.loss&sort=metrics.loss")
    page.get_by_test_id("runs-grid").focus()
    page.keyboard.press("ArrowUp")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("m")
    head = page.locator("[role=columnheader][data-column='metrics.loss:min']")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert "sort=metrics.loss:min" in page.url
    expect(page.locator("[aria-rowindex='2'] [data-column='metrics.loss:min']")).to_have_text("0")


def test_a_change_that_is_refused_turns_back_and_says_so(site: Server, open_page: Callable[..., Any]) -> None:
    watched = open_page(f"{site.url}/experiments/1/runs?sort=attributes.run_name")
    page = watched.page
    page.get_by_test_id("run-row").first.wait_for()
    refusal = '{"error_code": "PERMISSION_DENIED", "message": "You may only read this."}'
    page.route(
        "**/api/runstone/v1/runs/*",
        lambda route: (
            route.fulfill(status=403, body=refusal, content_type="application/json")
            if route.request.method == "PATCH"
            else route.continue_()
        ),
    )
    page.get_by_test_id("runs-grid").focus()
    page.keyboard.press("F2")
    field = page.get_by_label("Name of the run")
    field.fill("mine now")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("You may only read this.")
    expect(names(page).first).to_have_text("run-0")
    expect(field).to_have_value("mine now")
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    watched.mishaps.clear()  # the browser notes the 403 in its console


def test_what_a_metric_means_is_said_on_its_heading_and_undone(table: Callable[..., Any]) -> None:
    page = table("?cols=metrics.loss,metrics.loss:max&sort=attributes.run_name&panel=split")
    expect(page.locator("[data-best] [data-column=name]")).to_contain_text("run-0")
    page.locator("[role=columnheader][data-column='metrics.loss:max']").click(button="right")
    page.get_by_role("menuitem", name="Meaning…").click()
    box = page.get_by_role("dialog", name="What “loss” means")
    box.get_by_label("Runs are ranked by it").check()
    box.get_by_label("Better is").select_option("higher")
    box.get_by_label("Of a run’s values counts").select_option("the greatest")
    box.get_by_label("Unit").fill("nats")
    assert violations_in_each_theme(page) == []
    box.get_by_role("button", name="Save").click()
    head = page.locator("[role=columnheader][data-column='metrics.loss:max']")
    expect(head).to_have_text("★ lossmax, nats")
    expect(page.get_by_role("button", name="best loss (max) 5 nats")).to_be_visible()
    expect(page.locator("[data-best] [data-column=name]")).to_contain_text("run-3")
    expect(page.locator("[data-testid=chart][data-chart=loss]").first).to_have_attribute("data-unit", "nats")
    ids = [row.get_attribute("data-run") for row in page.get_by_test_id("run-row").all()]
    page.get_by_role("button", name="Undo").click()
    expect(head).to_have_text("lossmax")
    expect(page.locator("[data-best] [data-column=name]")).to_contain_text("run-0")
    assert len(ids) == 4
