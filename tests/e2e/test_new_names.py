"""Names that were just changed: shown everywhere by the edit's own answer, while lists are still asked for again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import Held
from playwright.sync_api import expect

from runstone import connect
from runstone.contracts import Batch
from runstone.records import ExperimentCreated, RegisteredModelCreated, RunStarted

NIGHT = 1_760_000_000_000
RUN = f"{7:032x}"


@pytest.fixture
def page(tmp_path: Path, serve: Callable[..., Any], open_page: Callable[..., Any]) -> Any:
    store = connect.open_store(str(tmp_path / "store"))
    made = [ExperimentCreated("tries", time=NIGHT), RunStarted(RUN, "1", NIGHT, "first", status="FINISHED")]
    store.write(Batch([*made, RegisteredModelCreated("m-1", "digits", NIGHT)]))
    store.close()
    return open_page(f"{serve().url}/experiments").page


def rename(page: Any, to: str) -> None:
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_role("textbox", name="Name").fill(to)
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def in_palette(page: Any, typed: str) -> None:
    """Found by the new name, and nothing of the old one is left; the server is not asked."""
    asked = Held(page, re.compile(r"/v1/search\?"), asked=False)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill(typed)
    expect(page.get_by_role("option", name=re.compile(typed)).first).to_be_visible()
    page.get_by_role("combobox").fill("")
    expect(page.get_by_role("option", name=re.compile(typed)).first).to_be_visible()
    page.keyboard.press("Escape")
    asked.release(status=200, json={"runs": [], "experiments": [], "models": [], "metrics": [], "params": []})


def test_an_experiments_new_name_is_shown_at_once(page: Any) -> None:
    page.get_by_role("link", name="tries").click()
    page.get_by_role("link", name="first").click()
    expect(page.get_by_role("banner")).to_contain_text("tries")
    page.get_by_role("link", name="Experiments").first.click()
    row = page.get_by_role("row").filter(has_text="tries")
    row.get_by_role("button").click()
    held = Held(page, re.compile(r"/v1/experiments"))
    rename(page, "quests")
    expect(page.get_by_role("row").filter(has_text="quests")).to_have_count(1)
    expect(page.get_by_role("row").filter(has_text="tries")).to_have_count(0)
    in_palette(page, "quests")
    page.get_by_role("link", name="quests").click()
    expect(page.get_by_role("banner")).to_contain_text("quests")
    expect(page.get_by_role("heading", level=1)).to_have_text("quests")
    held.release()


def test_a_runs_new_name_is_shown_at_once(page: Any) -> None:
    page.get_by_role("link", name="tries").click()
    page.get_by_role("link", name="first").click()
    page.get_by_role("button", name=re.compile("^More")).click()
    held = [Held(page, re.compile(r"/v1/runs/table"), "POST"), Held(page, re.compile(rf"/v1/runs/{RUN}$"))]
    rename(page, "second")
    expect(page.get_by_role("heading", level=1)).to_contain_text("second")
    expect(page.get_by_role("banner")).to_contain_text("second")
    in_palette(page, "second")
    page.get_by_role("link", name="tries").first.click()
    expect(page.get_by_test_id("run-row")).to_contain_text("second")
    for one in held:
        one.release()


def test_a_models_new_name_is_shown_at_once(page: Any) -> None:
    page.get_by_role("link", name="Models").first.click()
    page.get_by_role("link", name="digits").click()
    page.get_by_role("button", name=re.compile("^More")).click()
    held = Held(page, re.compile(r"/v1/models"))
    rename(page, "numbers")
    expect(page.get_by_role("heading", level=1)).to_contain_text("numbers")
    expect(page.get_by_role("banner")).to_contain_text("numbers")
    in_palette(page, "numbers")
    page.get_by_role("link", name="Models").first.click()
    expect(page.get_by_role("row").filter(has_text="numbers")).to_have_count(1)
    expect(page.get_by_role("row").filter(has_text="digits")).to_have_count(0)
    held.release()
