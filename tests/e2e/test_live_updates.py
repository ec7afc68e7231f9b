"""What is logged while a page is open appears by itself, and a page that nobody sees asks for nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import environment
from playwright.sync_api import expect


@pytest.fixture
def trainer(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """A process of its own that logs into the test's store: ``trainer("loss", 3, 0.5)`` returns when it is stored."""
    script = Path(__file__).with_name("trainer.py")
    process = subprocess.Popen(
        [sys.executable, script, tmp_path / "store"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def tell(*words: object) -> None:
        stdin.write(" ".join(map(str, words)) + "\n")
        stdin.flush()
        assert stdout.readline() == "ok\n"

    yield tell
    stdin.close()
    process.wait(30)
    stdout.close()


#: As a browser does when the tab is left or looked at again.
HIDE = """hidden => {
  Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
}"""


def live(page: Any) -> None:
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")


def test_first_run_replaces_the_welcome(
    serve: Callable[..., Any], open_page: Callable[..., Any], trainer: Callable[..., None]
) -> None:
    page = open_page(serve().url).page
    expect(page.get_by_role("heading", name="Waiting for the first run…")).to_be_visible()
    live(page)
    trainer("start", "mine", "first-steps")
    expect(page.get_by_test_id("recent-run").first).to_contain_text("first-steps")
    page.goto(page.url + "experiments")
    expect(page.get_by_test_id("experiment-row").filter(has_text="mine")).to_contain_text("1 running")
    trainer("end")
    expect(page.get_by_test_id("experiment-row").filter(has_text="mine")).not_to_contain_text("running")


def test_a_run_appears_and_moves_in_the_open_table(
    serve: Callable[..., Any], open_page: Callable[..., Any], trainer: Callable[..., None]
) -> None:
    trainer("start", "mine", "older")
    trainer("end")
    page = open_page(f"{serve().url}/experiments/1/runs").page
    expect(page.get_by_test_id("run-row")).to_have_count(1)
    live(page)
    page.evaluate("window.same = true")
    trainer("start", "mine", "newcomer")
    row = page.get_by_test_id("run-row").filter(has_text="newcomer")
    expect(row).to_contain_text("Running")
    expect(page.get_by_test_id("run-count")).to_have_text("2 runs")
    trainer("loss", 0, 0.75)
    expect(row.locator("[data-column='metrics.loss']")).to_contain_text("0.7500")
    expect(page.locator("[data-testid=run-row][data-best]")).to_contain_text("newcomer")
    trainer("loss", 1, 0.25)
    expect(row.locator("[data-column='metrics.loss']")).to_contain_text("0.2500")
    trainer("end")
    expect(row).to_contain_text("Finished")
    assert page.evaluate("window.same"), "the page was never loaded again"


def test_one_point_becomes_a_line(
    serve: Callable[..., Any], open_page: Callable[..., Any], trainer: Callable[..., None]
) -> None:
    trainer("start", "mine", "growing")
    trainer("loss", 0, 1.0)
    page = open_page(f"{serve().url}/experiments/1/runs").page
    page.get_by_role("link", name="growing").click()
    page.get_by_role("link", name="Metrics").click()
    expect(page.get_by_role("region", name="loss")).to_contain_text("1")
    live(page)
    trainer("loss", 1, 0.5)
    trainer("loss", 2, 0.125)
    chart = page.locator("[data-testid=chart]")
    expect(chart).to_have_attribute("data-points", "3")
    expect(chart).to_have_attribute("data-drawn", "true")
    expect(page.get_by_role("region", name="loss")).to_contain_text("0.1250")


def test_a_hidden_page_asks_nothing_and_catches_up(
    serve: Callable[..., Any], open_page: Callable[..., Any], trainer: Callable[..., None]
) -> None:
    trainer("start", "mine", "long")
    trainer("loss", 0, 1.0)
    watched = open_page(f"{serve().url}/experiments/1/runs")
    page = watched.page
    row = page.get_by_test_id("run-row").filter(has_text="long")
    expect(row).to_contain_text("1")
    live(page)
    page.evaluate(HIDE, True)
    watched.requests.clear()
    trainer("loss", 1, 0.0625)
    # Long enough for three rounds of events, had there been any.
    page.wait_for_timeout(3_000)
    assert watched.requests == []
    page.evaluate(HIDE, False)
    expect(row.locator("[data-column='metrics.loss']")).to_contain_text("0.06250")


def test_a_curve_grows_beside_the_table(
    serve: Callable[..., Any], open_page: Callable[..., Any], trainer: Callable[..., None]
) -> None:
    trainer("start", "mine", "steps")
    for step in range(3):
        trainer("loss", step, 1 / (step + 1))
    page = open_page(f"{serve().url}/experiments/1/runs?panel=split").page
    loss = page.locator("[data-testid=chart][data-chart=loss][data-drawn=true]")
    expect(loss).to_have_attribute("data-points", "3")
    live(page)
    trainer("loss", 3, 7.5)
    expect(loss).to_have_attribute("data-points", "4")
    expect(loss).to_have_attribute("data-max", "7.5")
