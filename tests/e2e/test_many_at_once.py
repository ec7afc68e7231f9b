"""Many runs at once: moved, stopped, their models registered; the trash, back from it and out of it for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from browsing import Server, say, violations


def expect(thing: Any) -> Any:
    from playwright.sync_api import expect as look

    return look(thing)


def select(page: Any, *names: str) -> Any:
    for name in names:
        page.locator("[data-testid=run-row]", has_text=name).locator("[data-column=select]").click()
    return page.get_by_role("region", name="Selected runs")


def test_runs_move_to_another_experiment_and_back(crowd: Server, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{crowd.url}/experiments/1/runs").page
    bar = select(page, "try-1", "try-2")
    assert violations(page) == []
    bar.get_by_role("button", name="Move", exact=False).first.click()
    box = page.get_by_role("dialog")
    box.get_by_label("Experiment").fill("finalists")
    assert violations(page) == []
    box.get_by_role("button", name="Make it and move").click()
    expect(page.get_by_text("Moved 2 runs to “finalists”.")).to_be_visible()
    expect(page.get_by_test_id("run-count")).to_have_text("3 runs")
    expect(bar).to_have_count(0)
    tab = open_page(f"{crowd.url}/runs/{1:032x}/artifacts/report.txt", "dark").page
    expect(tab.get_by_text("kept through a move")).to_be_visible()
    expect(tab.get_by_role("navigation", name="Where you are")).to_contain_text("finalists")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_test_id("run-count")).to_have_text("5 runs")


def test_runs_are_stopped_and_their_models_registered(crowd: Server, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{crowd.url}/experiments/1/runs", "dark").page
    bar = select(page, "try-2", "try-3", "try-4")
    bar.get_by_role("button", name="Stop").click()
    assert violations(page) == []
    page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Asked 1 run to stop. 2 runs left as before")).to_be_visible()
    assert say(crowd, "GET", f"runs/{4:032x}")["tags"]["runstone.stop"] == "the UI"
    bar.get_by_role("button", name="Register").click()
    box = page.get_by_role("dialog")
    expect(box.get_by_role("combobox", name="Model", exact=True)).to_contain_text("clf (2 of 3 runs)")
    box.get_by_label("Registered model (a new").fill("tried")
    assert violations(page) == []
    box.get_by_role("button", name="Register").click()
    expect(page.get_by_text("Registered versions 1 to 2 of tried")).to_be_visible()


def test_the_trash_gives_back_and_takes_for_ever(crowd: Server, open_page: Callable[..., Any]) -> None:
    say(crowd, "POST", "runs/edit", {"run_ids": [f"{number:032x}" for number in (1, 3, 9)], "deleted": True})
    say(crowd, "PATCH", "experiments/2", {"deleted": True})
    page = open_page(f"{crowd.url}/experiments").page
    page.get_by_role("link", name="Trash", exact=True).click()
    runs = page.get_by_test_id("trashed-run")
    expect(runs).to_have_count(3)
    expect(page.get_by_test_id("trashed-experiment")).to_contain_text("keepers")
    assert violations(page) == []
    page.get_by_role("button", name="Restore spare").click()
    expect(runs).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(runs).to_have_count(3)
    page.get_by_label("Select spare").check()
    page.get_by_label("Select try-1").check()
    page.get_by_role("button", name="Remove 2 for ever").click()
    box = page.get_by_role("dialog")
    expect(box).to_contain_text("Remove 2 runs for ever?")
    box.get_by_role("button", name="Cancel").click()
    expect(runs).to_have_count(3)
    page.get_by_role("button", name="Remove keepers for ever").click()
    box.get_by_role("button", name="Remove for ever").click()
    expect(page.get_by_test_id("trashed-experiment")).to_have_count(0)
    page.get_by_role("button", name="Remove spare for ever").click()
    box.get_by_role("button", name="Remove for ever").click()
    expect(runs).to_have_count(2)
    page.get_by_role("button", name="Restore try-1").click()
    page.get_by_role("button", name="Restore try-3").click()
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()
