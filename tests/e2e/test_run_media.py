"""Pictures and tables that a run logged again and again, at one step for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from browsing import Server, violations, violations_in_each_theme
from playwright.sync_api import expect

import runstone


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[tuple[str, str]]:
    """Addresses of a run with media, and of one without."""
    folder = tmp_path_factory.mktemp("media") / "store"
    runstone.set_tracking_uri(str(folder))
    runstone.set_experiment("media")
    with runstone.start_run(run_name="painter") as run:
        for step in (0, 5, 10):
            runstone.log_image(np.full((24, 32, 3), 20 * step, np.uint8), key="samples/grid", step=step)
        runstone.log_image(np.zeros((8, 8, 3), np.uint8), key="late", step=10)
        for step in (0, 10):
            runstone.log_table({"text": [f"<b>said at {step}</b>"], "score": [step / 10]}, f"eval_{step}.json")
    with runstone.start_run(run_name="plain") as plain:
        pass
    runstone.flush()
    server = Server(folder).start()
    yield f"{server.url}/runs/{run.info.run_id}/media", f"{server.url}/runs/{plain.info.run_id}/media"
    server.stop()


def test_one_slider_moves_all_that_was_logged(pages: tuple[str, str], open_page: Callable[..., Any]) -> None:
    page = open_page(pages[0]).page
    samples, late = page.get_by_role("region", name="samples/grid"), page.get_by_role("region", name="late")
    table = page.get_by_role("region", name="eval_#.json")
    expect(samples.get_by_role("img")).to_have_attribute("alt", "samples/grid at step 10")
    assert samples.get_by_role("img").evaluate("img => img.decode().then(() => img.naturalWidth)") == 32
    expect(table).to_contain_text("<b>said at 10</b>")
    assert violations_in_each_theme(page) == []
    slider = page.get_by_role("slider", name="Step")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(samples.get_by_role("img")).to_have_attribute("alt", "samples/grid at step 5")
    expect(table).to_contain_text("<b>said at 0</b>")
    expect(late).to_contain_text("Nothing yet at this step; the first is step 10")
    expect(page.get_by_text("step 5 · 2 of 3 steps")).to_be_visible()
    page.keyboard.press("End")
    expect(late.get_by_role("img")).to_be_visible()


def test_a_run_without_says_how_to_log_some(pages: tuple[str, str], open_page: Callable[..., Any]) -> None:
    page = open_page(pages[1]).page
    expect(page.get_by_text("No pictures or tables were logged")).to_be_visible()
    assert violations(page) == []
